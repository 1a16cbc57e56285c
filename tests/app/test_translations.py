"""The window in Chinese: nothing is left in English, nothing is lost in translation, and the files are up to date."""

from __future__ import annotations

import ast
import importlib.util
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QTextEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from app import translations
from app.application import Application
from app.settings import SettingsStore
from app.translations import LANGUAGES, install, language_of
from app.view_models.conversation import ConversationViewModel, ModelInfo, Notice, Phase
from app.view_models.message import MessageState
from app.window.messages import knows, retell
from tests.app.conftest import FACTORY
from tests.app.media import media_files
from tests.app.test_window import answered, type_and_send, visible_texts

ROOT = Path(__file__).resolve().parents[2]
# where sentences are made that end up in the window
_TELLING = (
    *("engine_life", "live", "global_key/__init__", "global_key/x11", "global_key/portal", "window/screen_source"),
    *("answering", "speaking", "session", "recordings", "remembering", "file_reader", "settings", "engine_line"),
    *(
        "engine_worker",
        "audio_devices",
        "capture/microphone",
        "capture/camera",
        "capture/eye",
        "playback/speaker",
        "playback/wav_file",
        "media/kinds",
    ),
    *("models/hub", "models/download", "models/store", "remote/engine", "remote/failures"),
)
_NOT_SHOWN = {  # by themselves
    "Say hello in one short sentence.",
    "What has been fetched is kept; the same command goes on from there.",
}


def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translations_tool", ROOT / "packaging" / "translations.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def messages(language: str) -> Iterator[tuple[str, str, list[str]]]:
    """Context, source, translations."""
    for context in ElementTree.parse(translations.FOLDER / f"visavis_{language}.ts").getroot().iter("context"):
        for message in context.iter("message"):
            told = message.find("translation")
            assert told is not None
            forms = [form.text or "" for form in told.iter("numerusform")] or [told.text or ""]
            yield context.findtext("name") or "", message.findtext("source") or "", forms


@pytest.fixture
def in_chinese(qapp: QApplication) -> Iterator[None]:
    before = QLocale()
    install(qapp, "zh_CN")
    yield
    install(qapp, "en")
    QLocale.setDefault(before)


# the files


def test_every_text_is_translated_and_the_files_are_up_to_date() -> None:
    checker = tool()
    for language in LANGUAGES:
        assert checker.untranslated(translations.FOLDER / f"visavis_{language}.ts") == []
    assert checker.outdated() == [], "run: python packaging/translations.py"


def test_every_text_of_the_program_is_in_the_file() -> None:
    """lupdate overlooks what stands inside an f-string or is no literal: told by reading the program once more."""
    known = {source for _, source, _ in messages("zh_CN")}
    found = 0
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in ("tr", "QT_TRANSLATE_NOOP"):
                continue
            text = node.args[1 if name == "QT_TRANSLATE_NOOP" else 0]
            assert isinstance(text, ast.Constant), f"{path.name}:{node.lineno}: not a literal"
            assert text.value in known, f"{path.name}:{node.lineno}: {text.value}"
            found += 1
    assert found > 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_shortcuts_survive(language: str) -> None:
    parts = re.compile(r"\{\w*\}|%(?:\.\d)?[sdfn%]|Ctrl\+\S|Esc|Enter|\*\.\w+")
    for context, source, forms in messages(language):
        for told in forms:
            wanted, got = sorted(parts.findall(source)), sorted(parts.findall(told))
            if context == "FilmStrip":  # a key that Chinese has a word for
                wanted, got = [p for p in wanted if p != "Enter"], [p for p in got if p != "Enter"]
            assert wanted == got, f"{context}: {source} → {told}"
            assert source.endswith("…") == told.endswith("…"), f"{context}: {source} → {told}"


# sentences


def sentences(path: Path) -> Iterator[str]:
    """Every sentence in a module, an X for each part that is filled in."""
    tree = ast.parse(path.read_text("utf-8"))
    bodies = [node.body[0] for node in ast.walk(tree) if hasattr(node, "body") and isinstance(node.body, list)]
    skipped = {id(body.value) for body in bodies if isinstance(body, ast.Expr)}  # docstrings
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    skipped |= {id(part) for node in joined for part in ast.walk(node) if part is not node}
    for node in ast.walk(tree):
        text = ""
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(p.value) if isinstance(p, ast.Constant) else "X" for p in node.values)
        if " " in text.strip() and text.endswith((".", "!", "?")):
            yield text


@pytest.mark.parametrize("module", _TELLING)
def test_every_sentence_that_is_told_has_a_form(module: str) -> None:
    for sentence in sentences(ROOT / "app" / f"{module}.py"):
        concrete = [sentence]
        if module == "audio_devices":
            concrete = [sentence.replace("X", noun, 1) for noun in ("microphone", "loudspeaker")]
        elif sentence.startswith("The engine has stopped (X)"):
            concrete = [sentence.replace("X", cause, 1) for cause in ("signal 9", "code 1")]
        elif "the model has forgotten X" in sentence:
            concrete = [sentence.replace("X", what, 1) for what in ("the oldest pictures", "its beginning")]
        elif "asks for a key (X)" in sentence:
            concrete = ["The engine at X asks for a key (X): set VISAVIS_ENGINE_KEY to yours."]
        for each in concrete:
            assert each in _NOT_SHOWN or knows(each), each


def test_what_the_decoder_says_has_a_form() -> None:
    nouns = ("a sound file", "a video")
    for sentence in sentences(ROOT / "app" / "media" / "decoder.py"):
        for noun in nouns:
            assert knows(f"a.mp4: {sentence.replace('is not X that', f'is not {noun} that')}"), sentence


def test_bad_files_are_told_in_chinese(tmp_path: Path, in_chinese: None) -> None:
    from app.media import load_media
    from model.errors import BadInputError

    for what, path in media_files.bad_files(tmp_path).items():
        with pytest.raises(BadInputError) as refused:
            load_media(path)
        told = retell(str(refused.value))
        assert told != str(refused.value) and told.startswith(f"{path.name}："), what


def test_retold_with_its_parts(in_chinese: None) -> None:
    told = retell("One question takes 8 files; 3 were left out, from sea.png on.")
    assert told == "一个问题最多 8 个文件；从 sea.png 起的 3 个未加入。"
    assert retell("Something that nobody has thought of.") == "Something that nobody has thought of."


# the window


def test_system_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for system, expected in {"zh_CN": "zh_CN", "zh_TW": "en", "de_DE": "en", "en_US": "en"}.items():
        monkeypatch.setattr(QLocale, "system", staticmethod(lambda system=system: QLocale(system)))
        assert language_of("system") == expected
    assert language_of("zh_CN") == "zh_CN" and language_of("en") == "en"


def test_english_has_plurals(qapp: QApplication) -> None:
    install(qapp, "en")
    for count, told in {1: "1 message", 2: "2 messages"}.items():
        assert QCoreApplication.translate("HistoryModel", "%n message(s)", "", count) == told


def test_qts_own_texts_are_chinese(in_chinese: None) -> None:
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "取消"


def test_no_english_is_left_in_the_window(
    qtbot: QtBot, qapp: QApplication, profile: Path, in_chinese: None, tmp_path: Path
) -> None:
    made = Application(qapp, SettingsStore(profile), FACTORY)
    window = made.window
    window.show()
    made.shown.set_model(ModelInfo("nano", "cpu", "bf16", ("heart",), "heart", 4096))
    made.shown.set_notice(Notice("The engine is not running; restart it, then ask again.", "error", "restart"))
    answer_and_question(made.shown)
    qtbot.wait(100)
    window.toggle_panel()
    made.welcome()
    try:
        left = []
        for page in window.panel.pages:
            window.panel.show_page(page)
            left += [text for top in (window, made.wizard) if top is not None for text in english(top)]
        assert sorted(set(left)) == []
    finally:
        assert made.wizard is not None
        made.wizard.reject()
        window.close()
        made.close()


def answer_and_question(shown: ConversationViewModel) -> None:
    shown.set_phase(Phase.IDLE)
    question = shown.new_turn("你好")
    question.state, question.reason = MessageState.FAILED, "The engine was restarted."
    answer = shown.new_answer()
    answer.text, answer.state, answer.speech = "你好！", MessageState.INTERRUPTED, [np.zeros(24_000, np.float32)]
    shown.changed(answer)


def english(top: QWidget) -> Iterator[str]:
    """Texts, tool tips and names for screen readers in which an English word is left."""
    names = r"Vis-à-vis|nano|cpu|cuda|bf16|fp32|int8|nf4|int4|heart|English|Markdown|Ctrl|Space|Esc|Enter|Return|Shift"
    names += r"|Desk microphone|Headphones|Monitor|Anna|Ben|Del|F2|F12|Alt|Pause|Wayland|GB|WAV|doctor|Tab|[A-Z,]$"
    for widget in [top, *top.findChildren(QWidget)]:
        texts = [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle()]
        if isinstance(widget, QLabel):
            texts.append(widget.text())
        elif isinstance(widget, QComboBox):
            texts += [widget.itemText(index) for index in range(widget.count())]
        elif isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit):
            texts.append(widget.placeholderText())
        elif callable(getattr(widget, "text", None)):
            texts.append(widget.text())
        for text in texts:
            if re.search(r"[A-Za-z]{2,}", re.sub(names, "", text)):
                yield f"{type(widget).__name__}: {text}"


def test_language_changes_without_a_restart(qtbot: QtBot, application: Application) -> None:
    """Another window in the same place, with the same conversation; nothing is left of the one before."""
    type_and_send(qtbot, application, "hello there")
    qtbot.waitUntil(answered(application), timeout=15_000)
    qtbot.keyClicks(application.window.input.field, "not sent yet")
    before = application.window
    before.setGeometry(60, 70, 900, 640)
    before.toggle_panel()
    before.panel.show_page("look")
    page = before.panel.look
    page.language.setCurrentIndex(page.language.findData("zh_CN"))
    page.language.activated.emit(page.language.currentIndex())
    try:
        qtbot.waitUntil(lambda: application.window is not before, timeout=15_000)
        if isValid(before):
            QApplication.sendPostedEvents(before, QEvent.Type.DeferredDelete)
        window = application.window
        assert window.isVisible() and window.geometry().getRect() == (60, 70, 900, 640)
        assert window.panel.isVisible() and window.panel.page == "look" and window.panel._title.text() == "外观"
        assert window.input.field.toPlainText() == "not sent yet"
        assert application.settings.current.language == "zh_CN"
        qtbot.waitUntil(lambda: visible_texts(application)[-1:] == ["You said: hello there"], timeout=15_000)
        application._change_setting("theme", "dark")  # whatever listened for the old window would fail now
        type_and_send(qtbot, application, "and now")
        qtbot.waitUntil(answered(application), timeout=15_000)
        assert list(english(window.panel)) == []
    finally:
        install(application._qt, "en")
