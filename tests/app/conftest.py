"""What the window's tests share: a profile of their own, an engine that follows a script, sound without a device."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import audio_devices
from app.application import Application
from app.playback.reply_player import ReplyPlayer
from app.settings import HOME_VARIABLE, SettingsStore
from app.view_models.conversation import Phase
from tests.app.sound_doubles import RecordedVoice, TimedSpeaker

FACTORY = "tests.app.scripted_engine:load"
Start = Callable[[], Application]


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's own settings are read or written, nobody's own sound devices are looked for."""
    folder = tmp_path / "profile"
    monkeypatch.setenv(HOME_VARIABLE, str(folder))
    devices = audio_devices.Devices(inputs=("Desk microphone",), outputs=("Headphones", "Monitor"))
    monkeypatch.setattr(audio_devices, "list_devices", lambda: devices)
    return folder


@pytest.fixture
def voice() -> RecordedVoice:
    """What the microphone hears; silence until a test speaks."""
    return RecordedVoice()


@pytest.fixture
def application(qtbot: QtBot, qapp: QApplication, profile: Path, voice: RecordedVoice) -> Iterator[Application]:
    """The real window with the scripted engine in its own process, ready to be asked."""
    made = Application(
        qapp,
        SettingsStore(profile),
        FACTORY,
        source=lambda _device: voice,
        player=ReplyPlayer(TimedSpeaker),
    )
    made.start()
    qtbot.waitExposed(made.window)
    qtbot.waitUntil(lambda: made.shown.phase is Phase.IDLE, timeout=15_000)
    yield made
    made.window.close()
    made.close()
    made.window.deleteLater()
    made.deleteLater()


@pytest.fixture
def start(qtbot: QtBot, qapp: QApplication, profile: Path, voice: RecordedVoice) -> Iterator[Start]:
    """Start the program; whichever ran before has ended."""
    running: list[Application] = []

    def end() -> None:
        for application in running:
            application.window.close()
            application.close()
            application.window.deleteLater()
            application.deleteLater()
        running.clear()

    def start_one() -> Application:
        end()
        made = Application(
            qapp, SettingsStore(profile), FACTORY, source=lambda _: voice, player=ReplyPlayer(TimedSpeaker)
        )
        running.append(made)
        made.start()
        qtbot.waitExposed(made.window)
        qtbot.waitUntil(lambda: made.shown.phase is Phase.IDLE, timeout=15_000)
        return made

    yield start_one
    end()
