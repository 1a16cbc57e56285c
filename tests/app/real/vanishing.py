"""Devices that go away. Run by `test_vanishing_devices` in a process of its own, whose stderr nobody keeps.

PortAudio up to 19.7 now and then turns in a circle after that, and writes a line to stderr each time round (its issue
1037); in the tests' own process that would go on until all of them are done.
"""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from pytestqt.qtbot import QtBot

from app.application import Application
from app.audio_devices import AudioError
from app.call.listener import GOES_ON, WAITS, Listener, ListenMode
from app.capture.microphone import Microphone
from app.playback.speaker import Speaker
from app.view_models.conversation import Phase
from app.view_models.message import MessageState
from tests.app.real.speech import framed
from tests.app.real.test_calls import is_idle
from tests.app.real.test_microphone import Told
from tests.app.real.test_speaker import SPEECH_RATE, noise, play_out
from tests.app.rig.programs import wait_for
from tests.app.rig.sound import PrivateSound
from tests.app.sound_doubles import spoken
from tests.app.test_window import answered, type_and_send


def test_loudspeaker_that_vanishes_is_told_and_comes_back(sound: PrivateSound) -> None:
    speaker = Speaker()
    assert speaker.open(), speaker.problem
    speaker.begin()
    speaker.play(noise(5.0), SPEECH_RATE)
    wait_for(lambda: speaker.played_seconds > 0.2, "for the reply to begin")
    sound.pull_out()
    try:
        wait_for(lambda: speaker.problem is not None, "to be told that the loudspeaker has gone", 0.8)
        assert speaker.problem is not None and "loudspeaker" in speaker.problem and "\n" not in speaker.problem
        assert not speaker.playing
        assert not speaker.open() and speaker.problem
    finally:
        sound.plug_in()
    with sound.recording() as recording:
        wait_for(speaker.open, "for the loudspeaker to open again", 3)
        speaker.begin()
        speaker.play(noise(0.5, 5), SPEECH_RATE)
        speaker.finish()
        play_out(speaker, recording)
    assert recording.loud_seconds == pytest.approx(0.5, abs=0.06)

    speaker.close()


def test_microphone_that_vanishes_while_a_button_is_held_is_told(sound: PrivateSound) -> None:
    told = Told()
    listener = Listener(told)
    listener.start(ListenMode.HOLD)
    wait_for(lambda: listener.level > 0 or sound.listeners() > 0, "for the microphone to open", 3)
    sound.pull_out()
    try:
        wait_for(told.has_ended, "to be told that the microphone has gone", 12)
        assert told.problem is not None and "microphone" in told.problem and "\n" not in told.problem
        with pytest.raises(AudioError, match="microphone"):
            Microphone().open()
    finally:
        sound.plug_in()
    microphone = Microphone()
    microphone.open()
    wait_for(lambda: len(microphone.read()) > 0, "for the microphone to be heard again", 3)
    microphone.close()


def test_call_waits_for_the_only_microphone(sound: PrivateSound) -> None:
    """A headset that is pulled out in the middle of a sentence, and put in again when somebody has found it."""
    told = Told()
    listener = Listener(told)
    listener.start(ListenMode.HANDS_FREE)
    wait_for(lambda: sound.listeners() > 0, "for the microphone to open", 5)
    time.sleep(0.5)
    with sound.say(framed(spoken(4.0))):
        wait_for(lambda: told.has_ended() or told.turns == 1, "for the turn to begin", 8)
        sound.pull_out()
    try:
        wait_for(lambda: told.has_ended() or bool(told.notices), "to be told", 12)
        assert told.notices == [WAITS] and told.problem is None
        assert told.ended > 0, "what was said until then is a turn"
        time.sleep(2.0)
    finally:
        sound.plug_in()
    wait_for(lambda: sound.listeners() > 0, "for the microphone to be opened again", 5)
    told.ended = 0.0
    time.sleep(0.5)
    with sound.say(framed(spoken(1.2))):
        wait_for(told.has_ended, "for the next turn", 12)
    assert told.turns == 2 and told.notices == [WAITS, GOES_ON] and told.problem is None
    sound.pull_out()
    try:
        wait_for(lambda: told.has_ended() and len(told.notices) == 3, "to be told again", 12)
        began = time.monotonic()
        listener.close()
        assert time.monotonic() - began < 1.5, "who waits can be stopped"
    finally:
        sound.plug_in()


def test_devices_that_vanish_are_told(qtbot: QtBot, call: Application, sound: PrivateSound) -> None:
    call.window.input.hands_free.click()
    qtbot.waitUntil(lambda: sound.listeners() == 1, timeout=3000)
    sound.pull_out()
    try:
        qtbot.waitUntil(call.window.banner.isVisible, timeout=12_000)
        assert call.window.banner.text == WAITS
        assert call.window.input.hands_free.isChecked()
        call.window.input.hands_free.click()
        qtbot.waitUntil(lambda: not call.shown.hands_free, timeout=4000)
        call.window.input.hands_free.click()
        qtbot.waitUntil(lambda: "No microphone could be opened" in call.window.banner.text, timeout=4000)
        assert not call.shown.hands_free
        type_and_send(qtbot, call, "is anybody there")
        qtbot.waitUntil(answered(call), timeout=6000)
        qtbot.waitUntil(call.window.banner.isVisible, timeout=2000)
        assert "No loudspeaker" in call.window.banner.text
    finally:
        sound.plug_in()
    with sound.recording() as recording:
        type_and_send(qtbot, call, "and now")
        qtbot.waitUntil(answered(call), timeout=4000)
        qtbot.waitUntil(lambda: is_idle(call), timeout=4000)
        qtbot.wait(200)
    assert not call.window.banner.isVisible()
    assert recording.loud_seconds > 0.2


def test_loudspeaker_lost_in_the_middle_of_an_answer(qtbot: QtBot, call: Application, sound: PrivateSound) -> None:
    type_and_send(qtbot, call, "long")
    qtbot.waitUntil(lambda: call.shown.phase is Phase.SPEAKING, timeout=4000)
    qtbot.wait(300)
    sound.crash()
    try:
        qtbot.waitUntil(call.window.banner.isVisible, timeout=12_000)
        assert "loudspeaker" in call.window.banner.text
        length = len(call.shown.messages[-1].text)
        qtbot.waitUntil(lambda: len(call.shown.messages[-1].text) > length + 50, timeout=4000)  # the text goes on
        call.session.stop()
        assert call.shown.messages[-1].state is MessageState.INTERRUPTED
    finally:
        sound.start()


def test_answer_goes_on_on_the_loudspeaker_that_is_there_next(
    qtbot: QtBot, call: Application, sound: PrivateSound
) -> None:
    """The loudspeaker goes in mid-answer, and another one comes: no word is lost, and it is told."""
    type_and_send(qtbot, call, "long")
    qtbot.waitUntil(lambda: call.shown.phase is Phase.SPEAKING, timeout=15_000)
    qtbot.wait(700)
    player = call.session._answering._player
    heard = player.played_seconds
    sound.crash()
    sound.start()
    with sound.recording() as recording:
        wait_for(lambda: bool(qtbot.wait(20)) or recording.loudness > 0.01, "for the answer to go on", 12)
    assert player.played_seconds < heard + 1.5, "what was made meanwhile was skipped"
    qtbot.waitUntil(lambda: call.window.banner.isVisible() and "goes on" in call.window.banner.text, timeout=5000)
    assert len(call.shown.messages[-1].speech) > 20 and call.shown.messages[-1].state is not MessageState.FAILED


def test_call_goes_on_on_the_microphone_that_is_there_next(sound: PrivateSound) -> None:
    told = Told()
    listener = Listener(told)
    listener.start(ListenMode.HANDS_FREE)
    wait_for(lambda: sound.listeners() > 0, "for the microphone to open", 5)
    sound.crash()
    sound.start()
    wait_for(lambda: sound.listeners() > 0, "for the microphone to be opened again", 12)
    with sound.say(framed(spoken(1.2))):
        wait_for(told.has_ended, "for the turn", 12)
    listener.close()
    assert told.problem is None and told.turns == 1


def test_closing_a_device_that_hangs(sound: PrivateSound) -> None:
    """In one more process, since what hangs at exit is known only then."""
    program = """
import time
from app.playback.speaker import Speaker
speaker = Speaker()
assert speaker.open()
stream = speaker._stream.portaudio
abort = stream.abort
stream.abort = lambda: (abort(), time.sleep(60))
began = time.monotonic()
speaker.close()
assert 0.9 < time.monotonic() - began < 3
from app import audio_devices
def never():
    raise AssertionError("PortAudio would wait for the stream for ever")
audio_devices.library()._terminate = never
assert audio_devices.list_devices().outputs
other = Speaker()
assert other.open() and not speaker.playing
other.close()
third = Speaker("one that is not there")  # for which devices would be looked for anew
assert third.open() and third.instead
third.close()
assert other.open()
other.close()
"""
    assert subprocess.run([sys.executable, "-c", program], timeout=20).returncode == 0
