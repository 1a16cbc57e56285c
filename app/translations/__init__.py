"""The languages of the window: which one is wanted, and Qt's translators for it.

visavis_*.ts are the texts, for Qt Linguist or an editor; `packaging/translations.py` brings them up to date with the
program and makes the .qm files that Qt reads. English has one too, for its plurals.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

FOLDER = Path(__file__).resolve().parent
LANGUAGES = ("en", "zh_CN")
_spoken = ["en"]  # without a translator the texts are English


def language_of(choice: str) -> str:
    """One of LANGUAGES: the chosen one, or for "system" the one of the system, as far as the window has it."""
    if choice in LANGUAGES:
        return choice
    system = QLocale.system()
    simplified = system.script() is QLocale.Script.SimplifiedHanScript
    return "zh_CN" if system.language() is QLocale.Language.Chinese and simplified else "en"


def current() -> str:
    """The language that is spoken now."""
    return _spoken[-1]


def install(qt: QApplication, language: str) -> None:
    """Speak this language from now on: the window's texts, Qt's own, dates and numbers."""
    _spoken[:] = [language]
    QLocale.setDefault(QLocale(language) if language != "en" else _english())
    for translator in qt.findChildren(QTranslator):
        qt.removeTranslator(translator)
        translator.setParent(None)
    qts_own = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in ((f"qtbase_{language}", qts_own), (f"visavis_{language}", str(FOLDER))):
        translator = QTranslator(qt)
        if translator.load(name, folder):
            qt.installTranslator(translator)


def _english() -> QLocale:
    """As the system writes it, if it is English there: dates in the order that the person is used to."""
    system = QLocale.system()
    return system if system.language() is QLocale.Language.English else QLocale("en_GB")
