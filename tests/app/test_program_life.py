"""How the program lives on a desktop: its first run, one window for each profile, the tray, its place on the screen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import machine
from app.application import Application
from app.machine import MachineReport
from app.settings import SettingsStore, home
from app.single_instance import SingleInstance
from app.window.tray import Tray
from app.window.wizard import Wizard
from tests.app.conftest import FACTORY
from tests.app.media import media_files
from tests.app.sound_doubles import RecordedVoice

ROOT = Path(__file__).resolve().parents[2]
REPORT = MachineReport(
    True,
    {"Model nano": "ok", "Memory": "ok", "Graphics card": "missing", "Microphone": "missing", "Camera": "ok"},
    {"Model nano": {"needed_gib": 1.83}, "Memory": {"available": 2 << 30, "total": 4 << 30}},
)


# the first run


@pytest.fixture
def wizard(application: Application, monkeypatch: pytest.MonkeyPatch) -> Wizard:
    monkeypatch.setattr(machine, "examine", lambda tell: tell(REPORT))
    application.welcome()
    made = application.wizard
    assert made is not None and made.isVisible()
    return made


def words(wizard: Wizard) -> str:
    from PySide6.QtWidgets import QLabel

    return " ".join(label.text() for label in wizard.machine.findChildren(QLabel))


def test_wizard_from_end_to_end_by_keyboard(
    qtbot: QtBot, application: Application, wizard: Wizard, voice: RecordedVoice
) -> None:
    qtbot.keyClick(wizard, Qt.Key.Key_Return)
    assert wizard.step == 1
    qtbot.waitUntil(lambda: wizard.devices.speaker.count() == 3, timeout=15_000)  # what is plugged in is offered
    wizard.devices.speaker.setCurrentIndex(1)
    wizard.devices.speaker.activated.emit(1)
    assert application.settings.current.speaker == "Headphones"
    voice.say(media_files.tone(2.0))
    wizard.devices.test_microphone.click()
    qtbot.waitUntil(lambda: wizard.devices.meter._history.max() > 0.3, timeout=15_000)
    wizard.next.click()
    assert wizard.step == 2 and not application.trials.microphone.running
    qtbot.waitUntil(lambda: "1.8" in words(wizard), timeout=15_000)
    assert "2.0 of 4.0" in words(wizard) and "nano runs well without" in words(wizard)
    wizard.back.click()
    assert wizard.step == 1
    wizard.next.click()
    wizard.next.click()
    assert application.wizard is None and application.window.input.field.isEnabled()
    assert not SettingsStore().fresh  # it does not come again


def test_wizard_can_be_skipped_and_the_window_is_used(qtbot: QtBot, application: Application, wizard: Wizard) -> None:
    qtbot.keyClick(wizard, Qt.Key.Key_Escape)
    assert application.wizard is None
    assert not SettingsStore().fresh
    application.window.toggle_panel()
    application.trials.look_for_devices()
    qtbot.waitUntil(lambda: application.window.panel.devices.speaker.count() == 3, timeout=15_000)


def test_machine_report_is_what_the_command_says(qtbot: QtBot) -> None:
    """The real `doctor` in its own process; every finding that the window knows is there."""
    reports: list[MachineReport | None] = []
    machine.examine(reports.append)
    qtbot.waitUntil(lambda: bool(reports), timeout=200_000)
    (report,) = reports
    assert report is not None
    assert {"Model nano", "Processor", "Memory", "Graphics card", "Microphone", "Camera", "Disk"} <= set(
        report.verdicts
    )
    assert report.facts["Memory"]["total"] > 0 and report.facts["Processor"]["usable"] >= 1


def test_machine_that_cannot_be_looked_at_is_told(
    qtbot: QtBot, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "examine", lambda tell: tell(None))
    application.window.toggle_panel()
    page = application.window.panel.model
    page.doctor.click()
    qtbot.waitUntil(lambda: "could not be looked at" in page.machine._verdict.text(), timeout=15_000)


# one window


@pytest.fixture
def first(qapp: QApplication, profile: Path) -> Iterator[SingleInstance]:
    made = SingleInstance(home())
    assert made.claim()
    yield made
    made.close()


def test_second_start_raises_the_window_of_the_first(
    qtbot: QtBot, application: Application, first: SingleInstance
) -> None:
    first.wanted.connect(application.raise_window)
    application.window.showMinimized()
    command = [sys.executable, "main.py", "--engine-factory", FACTORY]
    second = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stderr=subprocess.PIPE, text=True)
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=15_000)
    assert second.returncode == 0 and second.stderr is not None
    assert "raised" in second.stderr.read()
    qtbot.waitUntil(lambda: not application.window.isMinimized() and application.window.isVisible(), timeout=15_000)


def test_another_profile_has_a_window_of_its_own(qapp: QApplication, first: SingleInstance, tmp_path: Path) -> None:
    other = SingleInstance(tmp_path / "other")
    assert other.claim()
    other.close()


def test_what_a_killed_program_leaves_behind_is_no_obstacle(qapp: QApplication, tmp_path: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom PySide6.QtCore import QCoreApplication\n"
        "from app.single_instance import SingleInstance\n"
        "application = QCoreApplication([])\n"
        "assert SingleInstance(Path(sys.argv[1])).claim()\nos.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, timeout=30, check=False)
    again = SingleInstance(tmp_path)
    assert again.claim() and again._server.isListening()
    again.close()


# tray and place


@pytest.fixture
def with_tray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tray, "available", staticmethod(lambda: True))


def test_tray_keeps_the_program_when_its_window_is_closed(
    qtbot: QtBot, with_tray: None, application: Application, qapp: QApplication
) -> None:
    switch = application.window.panel.system.tray
    assert switch.isEnabled() and qapp.quitOnLastWindowClosed()
    switch.click()
    assert application.tray is not None and not qapp.quitOnLastWindowClosed()
    application.session.set_hands_free(True)
    application.window.close()
    assert not application.window.isVisible()
    assert not application.shown.hands_free  # nobody is listened to without a window
    actions = {action.text(): action for action in application.tray.menu.actions()}
    actions["Open the window"].trigger()
    assert application.window.isVisible()
    quits: list[bool] = []
    qapp.aboutToQuit.connect(lambda: quits.append(True))
    switch.click()
    assert qapp.quitOnLastWindowClosed()


def test_desktop_without_a_tray_is_told(application: Application) -> None:
    page = application.window.panel.system
    if Tray.available():
        pytest.skip("waits for a desktop without a tray")
    assert not page.tray.isEnabled()


def test_quit_by_key_ends_the_program(qtbot: QtBot, application: Application) -> None:
    with qtbot.waitSignal(application.window.quit_wanted, timeout=15_000):
        qtbot.keyClick(application.window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)


def test_window_comes_back_as_it_was(qtbot: QtBot, qapp: QApplication, profile: Path) -> None:
    def start() -> Application:
        made = Application(qapp, SettingsStore(profile), FACTORY)
        made.window.show() if not made.settings.current.maximized else made.window.showMaximized()
        return made

    def end(application: Application) -> None:
        application.window.close()
        application.close()
        application.window.deleteLater()

    first = start()
    first.window.setGeometry(60, 70, 700, 600)
    first.window.toggle_history()
    end(first)
    second = start()
    assert second.window.geometry().getRect() == (60, 70, 700, 600) and second.window.history.isVisible()
    second.window.showMaximized()
    qtbot.wait(50)
    end(second)
    third = start()
    assert third.window.isMaximized()
    end(third)
    SettingsStore(profile).change(window=(30_000, 30_000, 700, 600), maximized=False)  # on a screen that has gone
    fourth = start()
    assert fourth.window.geometry().left() < 10_000
    end(fourth)
