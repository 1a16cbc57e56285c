"""`python main.py` without a command: one window for each profile, from the settings to the exit code."""

from __future__ import annotations

import argparse
import signal
import sys

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app import display, translations
from app.application import Application
from app.settings import SettingsStore, home
from app.single_instance import SingleInstance
from app.window.icons import application_icon


def run(options: argparse.Namespace) -> int:
    """Open the window and stay until it is closed; with --screenshot, save a picture of it instead."""
    if options.screenshot:
        from app.screenshot import screenshot

        screenshot(options.screenshot, options.theme or "light", options.language or "en", options.size, options.page)
        return 0
    qt = make_qt()
    display.tell_when_it_goes()
    instance = SingleInstance(home())
    if not instance.claim():
        print("visavis: the window is open already; it has been raised.", file=sys.stderr)
        return 0
    settings = SettingsStore()
    names = ("model", "engine", "device", "precision", "theme", "language")
    given = {name: value for name in names if (value := getattr(options, name, None)) is not None}
    if given:
        settings.change(**given)
    translations.install(qt, translations.language_of(settings.current.language))
    application = Application(qt, settings, options.engine_factory)
    instance.wanted.connect(application.raise_window)
    # Python handles signals between two of its instructions, and Qt's loop runs none: the tick gives it the chance.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: qt.quit())
    application.start()
    if settings.fresh:
        application.welcome()
    code = qt.exec()
    instance.close()
    application.window.hide()
    application.close()
    return code


def make_qt() -> QApplication:
    """Qt, ready for widgets; CannotRunError where no window can open."""
    from model.errors import CannotRunError

    why_not = display.problem()
    if why_not is not None:
        raise CannotRunError(why_not)
    existing = QApplication.instance()
    qt = existing if isinstance(existing, QApplication) else QApplication(["visavis"])
    qt.setApplicationName("visavis")
    qt.setApplicationDisplayName("Vis-à-vis")
    qt.setDesktopFileName("visavis")
    qt.setWindowIcon(QIcon(application_icon()))
    return qt
