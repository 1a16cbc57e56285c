"""The settings drawer: what it offers, what it does with a folder, and how it shares a narrow window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.application import Application
from app.media import MediaKind
from app.settings import SettingsStore
from app.view_models.conversation import Attachment, AttachmentState, Phase
from app.window.settings_panel import SettingsPanel


@pytest.fixture
def panel(application: Application) -> SettingsPanel:
    application.window.toggle_panel()
    return application.window.panel


def choose(panel: SettingsPanel, index: int) -> None:
    panel.model.setCurrentIndex(index)
    panel.model.activated.emit(index)


def test_model_of_a_folder(
    qtbot: QtBot, application: Application, panel: SettingsPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my-model"
    assert [panel.model.itemData(index) for index in range(panel.model.count())] == ["nano", None]
    assert not panel.load.isEnabled()  # it is what is loaded already

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    choose(panel, 1)
    assert panel.model.currentData() == "nano" and not panel.load.isEnabled()  # nothing was chosen

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    choose(panel, 1)
    assert panel.model.currentData() == str(folder) and panel.model.currentText() == "my-model"
    assert panel.load.isEnabled()
    panel.load.click()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=5000)
    assert application.shown.model is not None and application.shown.model.name == str(folder)
    assert not panel.load.isEnabled()
    assert SettingsStore().current.model == str(folder)

    choose(panel, 0)
    assert panel.load.isEnabled()  # nano again


def test_model_that_cannot_be_loaded_can_be_tried_again(
    qtbot: QtBot, application: Application, panel: SettingsPanel
) -> None:
    application.settings.change(model="none")
    application.session.reload()
    qtbot.waitUntil(lambda: application.shown.phase is Phase.FAILED, timeout=5000)
    assert panel.load.isEnabled()
    application.settings.change(model="nano")
    panel.load.click()
    assert not panel.load.isEnabled()  # while it is being loaded
    qtbot.waitUntil(lambda: application.shown.phase is Phase.IDLE, timeout=5000)


def test_narrow_window_shows_one_thing_at_a_time(qtbot: QtBot, application: Application) -> None:
    window = application.window
    window.resize(480, 700)
    window.toggle_panel()
    qtbot.waitUntil(lambda: window.panel.width() == 480, timeout=1000)
    assert not window.input.isVisible()
    window._escape()
    assert window.input.isVisible() and not window.panel.isVisible()
    window.toggle_panel()
    window.resize(1000, 700)
    qtbot.waitUntil(window.input.isVisible, timeout=1000)
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

    qtbot.waitUntil(all_seen, timeout=2000)
    assert bar._card.rect().contains(bar._chips.geometry())
