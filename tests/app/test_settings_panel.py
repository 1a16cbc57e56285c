"""The settings drawer: what it offers, what it does with a folder, and how it shares a narrow window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from app.application import Application
from app.audio_devices import AudioError
from app.capture.camera import CameraInfo
from app.media import MediaKind
from app.settings import SettingsStore
from app.view_models.conversation import Notice, Phase
from app.view_models.message import Attachment, AttachmentState
from app.window.controls import IconButton
from app.window.settings.keys_page import SHORTCUTS
from app.window.settings_panel import SettingsPanel
from tests.app.conftest import FACTORY
from tests.app.media import media_files
from tests.app.sound_doubles import RecordedVoice, TimedSpeaker
from tests.app.test_window import answered, type_and_send


@pytest.fixture
def panel(application: Application) -> SettingsPanel:
    application.window.toggle_panel()
    return application.window.panel


def choose(panel: SettingsPanel, index: int) -> None:
    panel.model.model.setCurrentIndex(index)
    panel.model.model.activated.emit(index)


def test_model_of_a_folder(
    qtbot: QtBot, application: Application, panel: SettingsPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my-model"
    assert [panel.model.model.itemData(index) for index in range(panel.model.model.count())] == ["nano", None]
    assert not panel.model.load.isEnabled()  # it is what is loaded already

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    choose(panel, 1)
    assert panel.model.model.currentData() == "nano" and not panel.model.load.isEnabled()  # nothing was chosen

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    choose(panel, 1)
    assert panel.model.model.currentData() == str(folder) and panel.model.model.currentText() == "my-model"
    assert panel.model.load.isEnabled()
    panel.model.load.click()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    assert application.shown.model is not None and application.shown.model.name == str(folder)
    assert not panel.model.load.isEnabled()
    assert SettingsStore().current.model == str(folder)

    choose(panel, 0)
    assert panel.model.load.isEnabled()  # nano again


def test_model_that_cannot_be_loaded_can_be_tried_again(
    qtbot: QtBot, application: Application, panel: SettingsPanel
) -> None:
    application.settings.change(model="none")
    application.session.reload()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.FAILED, timeout=15_000)
    assert panel.model.load.isEnabled()
    application.settings.change(model="nano")
    panel.model.load.click()
    assert not panel.model.load.isEnabled()  # while it is being loaded
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)


def test_narrow_window_shows_one_thing_at_a_time(qtbot: QtBot, application: Application) -> None:
    window = application.window
    window.resize(480, 700)
    window.toggle_panel()
    qtbot.waitUntil(lambda: window.panel.width() == 480, timeout=15_000)
    assert not window.input.isVisible()
    window._escape()
    assert window.input.isVisible() and not window.panel.isVisible()
    window.toggle_panel()
    window.resize(1000, 700)
    qtbot.waitUntil(window.input.isVisible, timeout=15_000)
    assert window.panel.width() < 400


def test_every_file_is_seen_in_a_narrow_window(qtbot: QtBot, application: Application, tmp_path: Path) -> None:
    application.window.resize(480, 700)
    for name in ("one", "two", "three", "four"):
        attachment = Attachment(tmp_path / f"{name} with a long name.wav", MediaKind.AUDIO, state=AttachmentState.READY)
        application.shown.attach(attachment)
    bar = application.window.input

    def all_seen() -> bool:
        lowest = max(chip.geometry().bottom() for chip in bar._chip_flow.widgets())
        return bar._chips.height() > lowest > 100  # more than one row

    qtbot.waitUntil(all_seen, timeout=15_000)
    qtbot.waitUntil(lambda: bar._card.rect().contains(bar._chips.geometry()), timeout=15_000)


# pages


def test_every_page_opens_by_its_button_and_is_named(application: Application, panel: SettingsPanel) -> None:
    names = set()
    for name in panel.pages:
        button = panel.findChild(IconButton, name)
        assert button is not None
        button.click()
        assert button.isChecked() and panel._title.text() == button.toolTip()
        names.add(panel._title.text())
    assert len(names) == len(panel.pages)


def test_banner_leads_to_the_models(application: Application) -> None:
    application.shown.set_notice(Notice("No model.", "error", "settings"))
    application.window.banner.button.click()
    assert application.window.panel.model.isVisible()


def test_volume_and_speed(application: Application, panel: SettingsPanel) -> None:
    panel.voice.volume.setValue(10)
    panel.voice.tempo.setValue(15)
    player = application.session._answering._player
    assert player._speaker.volume == 0.5
    player.begin(7)
    assert player._speaker.tempo == 1.5
    kept = SettingsStore().current
    assert (kept.volume, kept.tempo) == (50, 150)
    assert panel.voice.tempo.accessibleDescription() == "150 %"


def test_microphone_is_tried_out(
    qtbot: QtBot, application: Application, panel: SettingsPanel, voice: RecordedVoice
) -> None:
    panel.show_page("devices")
    voice.say(media_files.tone(3.0))
    meter = panel.devices.meter
    panel.devices.test_microphone.click()
    qtbot.waitUntil(lambda: meter._history.max() > 0.3, timeout=15_000)
    panel.show_page("voice")  # nobody looks at it any more
    assert not application.trials.microphone.running and not panel.devices.test_microphone.isChecked()
    panel.show_page("devices")
    panel.devices.test_microphone.click()
    application.window.toggle_panel()
    assert not application.trials.microphone.running


def test_microphone_that_cannot_be_tried_is_told(
    qtbot: QtBot, application: Application, panel: SettingsPanel, voice: RecordedVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise AudioError("No microphone could be opened; connect one.")

    monkeypatch.setattr(voice, "open", refuse)
    panel.show_page("devices")
    panel.devices.test_microphone.click()
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
    assert "connect one" in application.window.banner.text
    assert not panel.devices.test_microphone.isChecked()


def test_loudspeaker_is_tried_out(
    qtbot: QtBot, application: Application, panel: SettingsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[TimedSpeaker] = []

    def make(device: str) -> TimedSpeaker:
        made.append(TimedSpeaker(device))
        return made[-1]

    monkeypatch.setattr(application.trials, "make_speaker", make)
    application.settings.change(speaker="Headphones", volume=40)
    panel.devices.test_speaker.click()
    qtbot.waitUntil(lambda: bool(made) and made[0]._seconds > 0.5, timeout=15_000)
    assert made[0].device == "Headphones" and made[0].volume == 0.4

    monkeypatch.setattr(TimedSpeaker, "open", lambda self: setattr(self, "problem", "It has gone.") or False)
    panel.devices.test_speaker.click()
    qtbot.waitUntil(application.window.banner.isVisible, timeout=15_000)
    assert application.window.banner.text == "It has gone."


def test_persona_is_told_before_everything_else(qtbot: QtBot, application: Application, panel: SettingsPanel) -> None:
    page = panel.persona
    assert not page.use.isEnabled()
    page.words.setPlainText("You are a pirate.")
    page.use.click()
    assert not page.use.isEnabled()
    type_and_send(qtbot, application, "recite history")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.messages[-1].text.startswith("user: You are a pirate. | assistant: ")
    application.session.restart()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    application.session.new_conversation()
    type_and_send(qtbot, application, "recite history")
    qtbot.waitUntil(answered(application), timeout=15_000)
    assert application.shown.messages[-1].text.startswith("user: You are a pirate. | assistant: ")
    assert SettingsStore().current.persona == "You are a pirate."


def test_context_is_limited_when_the_model_is_loaded(
    qtbot: QtBot, application: Application, panel: SettingsPanel
) -> None:
    page = panel.model
    index = page.context.findData("4096")
    page.context.setCurrentIndex(index)
    page.context.activated.emit(index)
    assert page.load.isEnabled()
    page.load.click()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=15_000)
    assert application.shown.model is not None and application.shown.model.context_length == 4096
    assert "4096" in page._told.text() and not page.load.isEnabled()


def test_text_grows_with_its_size(qtbot: QtBot, application: Application, panel: SettingsPanel) -> None:
    before = application.window.input.field.fontMetrics().height(), panel.voice.speak.fontMetrics().height()
    panel.look.font_size.setValue(15)
    after = application.window.input.field.fontMetrics().height(), panel.voice.speak.fontMetrics().height()
    assert all(b > 1.35 * a for a, b in zip(before, after))
    panel.look.font_size.setValue(10)
    assert application.window.input.field.fontMetrics().height() == before[0]


def test_all_conversations_are_deleted_when_that_is_confirmed(
    qtbot: QtBot, application: Application, panel: SettingsPanel
) -> None:
    entries = application.remembering.history
    type_and_send(qtbot, application, "hello")
    qtbot.waitUntil(answered(application), timeout=15_000)
    qtbot.waitUntil(lambda: len(entries.entries) == 1, timeout=15_000)
    for words, left in (("Keep", 1), ("Delete all", 0)):
        panel.history.delete_all.click()
        box = panel.findChild(QMessageBox)
        assert box is not None
        next(button for button in box.buttons() if button.text() == words).click()
        qtbot.waitUntil(lambda: len(entries.entries) == left, timeout=15_000)  # noqa: B023
        qtbot.wait(50)
    assert application.shown.messages == []


def test_every_key_of_the_window_is_in_the_list(application: Application) -> None:
    told = {QKeySequence(keys).toString() for keys, _ in SHORTCUTS}
    works = {shortcut.key().toString() for shortcut in application.window.findChildren(QShortcut)}
    assert works and works <= told


def test_damaged_settings_are_kept_aside_and_told(qtbot: QtBot, qapp: QApplication, profile: Path) -> None:
    profile.mkdir()
    (profile / "settings.json").write_text('{"theme": "dark", ', "utf-8")
    store = SettingsStore(profile)
    made = Application(qapp, store, FACTORY)
    assert "settings.damaged.json" in made.window.banner.text
    assert (profile / "settings.damaged.json").read_text("utf-8") == '{"theme": "dark", '
    made.remembering.history_damaged(profile / "history.damaged-1.sqlite")  # both at once, as a broken disk leaves them
    assert "settings.damaged.json" in made.window.banner.text
    made.window.banner.closed.emit()
    assert "history.damaged-1.sqlite" in made.window.banner.text
    made.window.banner.closed.emit()
    assert made.shown.notice is None
    store.change(theme="light")
    assert SettingsStore(profile).current.theme == "light"
    made.close()


def test_odd_values_in_the_settings_file_are_left_out(profile: Path) -> None:
    profile.mkdir()
    odd = {"volume": 300, "tempo": "fast", "font_size": 10_000, "language": "tlh", "retention": "7", "context": 12}
    (profile / "settings.json").write_text(json.dumps(odd), "utf-8")
    current = SettingsStore(profile).current
    assert (current.volume, current.tempo, current.font_size, current.language) == (100, 100, 100, "system")
    assert current.retention == "7" and current.context == "auto"


def test_camera_is_tried_out(qtbot: QtBot, application: Application, panel: SettingsPanel, tmp_path: Path) -> None:
    film = str(media_files.write_video(tmp_path / "camera.mp4", seconds=10.0, fps=20, size=(320, 240)))
    page = panel.devices
    panel.show_page("devices")
    page.show_cameras([CameraInfo("Integrated Camera", film)])
    page.camera.setCurrentIndex(1)
    page.camera.activated.emit(1)
    assert application.settings.current.camera == film
    page.test_camera.click()
    qtbot.waitUntil(page.picture.isVisible, timeout=15_000)
    assert application.shown.view is None, "what is tried out is not what the model is shown"
    panel.show_page("look")
    assert not page.picture.isVisible() and not page.test_camera.isChecked()
    panel.show_page("devices")
    page.changed.emit("camera", "/dev/video99")
    page.test_camera.click()
    qtbot.waitUntil(lambda: "No camera could be opened" in page.camera_note.text(), timeout=15_000)
    assert not page.test_camera.isChecked()


def test_key_of_every_window_says_where_there_is_none(
    qtbot: QtBot, application: Application, panel: SettingsPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    page = panel.system
    page.key.setCurrentIndex(page.key.findData("F12"))
    page.key.activated.emit(page.key.currentIndex())
    qtbot.waitUntil(lambda: "no display" in page._key_note.text(), timeout=15_000)
    assert application.settings.current.global_key == "F12"


def test_ring_around_a_page_goes_with_a_click(qtbot: QtBot, panel: SettingsPanel) -> None:
    """The panel opens with the focus on its first page; a click on another one must not leave the ring behind."""
    buttons = {button.objectName(): button for button in panel._buttons.buttons()}
    qtbot.waitUntil(lambda: any(button.hasFocus() for button in buttons.values()), timeout=3000)
    qtbot.mouseClick(buttons["look"], Qt.MouseButton.LeftButton)
    assert panel.page == "look" and buttons["look"].hasFocus()
