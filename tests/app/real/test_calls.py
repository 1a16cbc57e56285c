"""The window with a real microphone and a real loudspeaker: speak, be answered, be told what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.application import Application
from app.view_models.conversation import Phase
from tests.app.real.speech import framed
from tests.app.rig.heartbeat import LONGEST_STALL, Heartbeat
from tests.app.rig.sound import PrivateSound, position_of
from tests.app.sound_doubles import spoken
from tests.app.test_window import answered, type_and_send


def is_idle(application: Application) -> bool:
    return application.shown.phase is Phase.IDLE


def test_holding_the_button(qtbot: QtBot, call: Application, sound: PrivateSound, heard: Path) -> None:
    said = spoken(1.2)
    talk = call.window.input.talk
    with sound.recording() as recording:
        qtbot.mousePress(talk, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: call.shown.phase is Phase.LISTENING, timeout=15_000)
        with sound.say(framed(said, before=0.1, after=0.1)) as speaking:
            qtbot.waitUntil(lambda: speaking.poll() is not None, timeout=15_000)
        qtbot.wait(200)  # what is still on its way through the sound server
        qtbot.mouseRelease(talk, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(answered(call), timeout=15_000)
        qtbot.waitUntil(lambda: is_idle(call), timeout=15_000)
        qtbot.wait(200)
    _, alike = position_of(said, np.load(heard / "1.npy"))
    assert alike > 0.85  # the echo canceller's high-pass filter turns the lowest tones
    assert recording.loud_seconds == pytest.approx(0.5, abs=0.1)  # five words


def test_hands_free_beside_a_loudspeaker(qtbot: QtBot, call: Application, sound: PrivateSound, heard: Path) -> None:
    """The microphone hears the loudspeaker 60 ms later, as on any desk: the answer must not become a question."""
    said = spoken(1.5)
    call.window.input.hands_free.click()
    qtbot.wait(500)
    sound.feed_back()
    try:
        with sound.recording() as recording:
            sound.say(framed(said)).wait()
            qtbot.waitUntil(lambda: len(call.shown.messages) == 2, timeout=15_000)
            qtbot.waitUntil(answered(call), timeout=15_000)
            qtbot.waitUntil(lambda: is_idle(call), timeout=15_000)
            qtbot.wait(1200)
        assert recording.loud_seconds == pytest.approx(0.5, abs=0.1)
        assert len(call.shown.messages) == 2, "it answered itself"
        type_and_send(qtbot, call, "slow " + "words " * 10)  # more than a second of voice from the loudspeaker
        qtbot.waitUntil(lambda: call.shown.phase is Phase.SPEAKING, timeout=15_000)
        qtbot.waitUntil(lambda: is_idle(call), timeout=15_000)
        qtbot.wait(1200)
        assert len(call.shown.messages) == 4, "it answered itself"
    finally:
        sound.take_apart()
    _, alike = position_of(said, np.load(heard / "1.npy"))
    assert alike > 0.85  # the echo canceller's high-pass filter turns the lowest tones


def test_window_is_never_blocked_in_a_call(qtbot: QtBot, call: Application, sound: PrivateSound) -> None:
    worst, work = [], []
    call.window.input.hands_free.click()
    for turn in range(1, 4):
        heartbeat = Heartbeat(call.window)
        speaking = sound.say(framed(spoken(1.5)))
        qtbot.waitUntil(lambda: len(call.shown.messages) == 2 * turn, timeout=15_000)  # noqa: B023
        qtbot.waitUntil(lambda: is_idle(call), timeout=15_000)
        qtbot.wait(800)
        heartbeat.stop()
        speaking.wait()
        worst.append(heartbeat.longest)
        work.append(heartbeat.work)
        if worst[-1] < LONGEST_STALL:
            break
    print(f"busy at most {min(worst) * 1000:.0f} ms at a time, {min(work) * 1000:.0f} ms of them own work")
    assert min(worst) < LONGEST_STALL, f"the GUI thread was busy for {min(worst) * 1000:.0f} ms"


def test_microphone_is_free_when_it_is_not_used(qtbot: QtBot, call: Application, sound: PrivateSound) -> None:
    assert sound.listeners() == 0
    call.session.start_talking()
    qtbot.waitUntil(lambda: sound.listeners() == 1, timeout=15_000)
    qtbot.wait(400)
    call.session.stop_talking()
    qtbot.waitUntil(lambda: sound.listeners() == 0, timeout=15_000)
