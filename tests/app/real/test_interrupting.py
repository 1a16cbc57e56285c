"""A loudspeaker and a microphone that hears it: the answer is interrupted by a voice, and not by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from pytestqt.qtbot import QtBot

from app.application import Application
from app.view_models.conversation import Phase
from app.view_models.message import MessageState
from tests.app.real.speech import QUESTION, framed
from tests.app.rig.sound import PrivateSound
from tests.app.test_window import answered, type_and_send


def test_voice_interrupts_beside_a_loudspeaker(
    qtbot: QtBot, call: Application, sound: PrivateSound, heard: Path
) -> None:
    """The microphone hears the loudspeaker 60 ms later. It says nothing of its own accord for seconds; then somebody
    speaks over it, and it falls silent for good, and what they said is the next question."""
    question = soundfile.read(QUESTION, dtype="float32")[0]
    call.window.input.hands_free.click()
    sound.feed_back()
    try:
        type_and_send(qtbot, call, "long")
        qtbot.waitUntil(lambda: call.shown.phase is Phase.SPEAKING, timeout=15_000)
        qtbot.wait(4000)
        assert len(call.shown.messages) == 2 and call.shown.phase is Phase.SPEAKING, "it interrupted itself"
        with sound.recording() as recording:
            with sound.say(framed(question)):
                qtbot.waitUntil(lambda: call.shown.phase is Phase.LISTENING, timeout=15_000)
                silent_from = recording.received
                qtbot.waitUntil(lambda: len(call.shown.messages) == 4, timeout=15_000)
            stopped = call.shown.messages[1]
            assert stopped.state is MessageState.INTERRUPTED
            assert stopped.heard_seconds is not None and stopped.heard_seconds < stopped.speech_seconds - 1.0
            assert recording.loud_seconds < 1.5, "it went on speaking"
        assert silent_from > 0
        qtbot.waitUntil(answered(call), timeout=15_000)
    finally:
        sound.take_apart()
    assert 1.2 < len(np.load(heard / "2.npy")) / 16_000 < 3.6  # with the silence after it


def test_mhm_makes_the_answer_wait_and_go_on(qtbot: QtBot, call: Application, sound: PrivateSound) -> None:
    call.window.input.hands_free.click()
    type_and_send(qtbot, call, "long")
    qtbot.waitUntil(lambda: call.shown.phase is Phase.SPEAKING, timeout=15_000)
    qtbot.wait(1500)
    mhm = soundfile.read(QUESTION, dtype="float32")[0][3200:9600]  # 0.4 s of a voice
    player = call.session.speaking.hearing._listener._loudspeaker
    held_at: list[float] = []
    with sound.recording() as recording, sound.say(framed(mhm, before=0.1, after=0.1)):
        qtbot.waitUntil(lambda: player._speaker.held, timeout=5000)
        held_at.append(player.played_seconds)
        qtbot.waitUntil(lambda: not player._speaker.held, timeout=5000)
        qtbot.wait(800)
    assert player.played_seconds > held_at[0] and call.shown.phase is Phase.SPEAKING
    assert len(call.shown.messages) == 2 and call.shown.messages[1].state is not MessageState.INTERRUPTED
    assert recording.loudness > 0.01
