"""A loudspeaker and a microphone for tests that play and listen, a display for those that look."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.application import Application
from app.settings import SettingsStore
from app.view_models.conversation import Phase
from tests.app.conftest import FACTORY
from tests.app.rig.display import PrivateDisplay
from tests.app.rig.sound import PrivateSound


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSound]:
    server = PrivateSound(tmp_path_factory.mktemp("sound") / "run")
    yield server
    server.close()


@pytest.fixture
def sound(_server: PrivateSound, monkeypatch: pytest.MonkeyPatch) -> PrivateSound:
    """Loudspeaker and microphone, which are this process's default devices."""
    for name, value in _server.environment.items():
        monkeypatch.setenv(name, value)
    return _server


@pytest.fixture(scope="session")
def display() -> Iterator[PrivateDisplay]:
    """A display that nobody sees."""
    made = PrivateDisplay()
    yield made
    made.close()


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the scripted engine writes down what it was told: 1.txt and 1.npy (the voice, 16 kHz), …"""
    folder = tmp_path / "heard"
    folder.mkdir()
    monkeypatch.setenv("VISAVIS_TEST_LOG", str(folder))
    return folder


@pytest.fixture
def call(qtbot: QtBot, qapp: QApplication, sound: PrivateSound, profile: Path, heard: Path) -> Iterator[Application]:
    """The real window with its real microphone and loudspeaker; only the model is a stand-in."""
    made = Application(qapp, SettingsStore(profile), FACTORY)
    made.start()
    qtbot.waitExposed(made.window)
    qtbot.waitUntil(lambda: made.shown.phase is Phase.IDLE, timeout=15_000)
    yield made
    made.window.close()
    made.close()
    made.window.deleteLater()
    made.deleteLater()
