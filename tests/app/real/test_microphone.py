"""The microphone, spoken into: what is said arrives whole, turns are found in it, and a missing device is told."""

from __future__ import annotations

import queue
import time

import numpy as np
import pytest
import soundfile
import soxr

from app.call.ears import TurnChange
from app.call.listener import Heard, Listener, ListenMode
from app.capture.microphone import SAMPLE_RATE, Microphone
from tests.app.real.speech import QUESTION, framed
from tests.app.rig.programs import wait_for
from tests.app.rig.sound import RATE, PrivateSound, position_of
from tests.app.sound_doubles import spoken


def read_for(microphone: Microphone, seconds: float) -> np.ndarray:
    pieces, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        pieces.append(microphone.read())
        time.sleep(0.02)
    return np.concatenate(pieces)


def test_what_is_said_arrives_whole(sound: PrivateSound) -> None:
    said = np.random.default_rng(1).uniform(-0.4, 0.4, 2 * 12_000).astype(np.float32)
    microphone = Microphone()
    microphone.open()
    # Said before the device delivers, the first milliseconds would be lost: how soon it does is the next test's matter.
    wait_for(lambda: len(microphone.read()) > 0, "for the microphone's first samples", 3)
    with sound.say(said, 12_000):
        heard = read_for(microphone, 2.8)
    microphone.close()
    # At 48 kHz, because the two may be a part of one 16 kHz sample apart.
    expected, arrived = soxr.resample(said, 12_000, RATE, "HQ"), soxr.resample(heard, SAMPLE_RATE, RATE, "HQ")
    _, alike = position_of(expected, arrived)
    assert alike > 0.99


def test_opens_quickly(sound: PrivateSound) -> None:
    delays = []
    for _ in range(3):  # the best of three: how long it takes where nothing else runs
        microphone = Microphone()
        began = time.monotonic()
        microphone.open()
        wait_for(lambda: len(microphone.read()) > 0, "for the first samples", 3)  # noqa: B023
        delays.append(time.monotonic() - began)
        microphone.close()
    assert min(delays) < 0.25, f"the first {min(delays):.2f} s of what is said would be lost"


class Told:
    """What a listener tells, in order, with the time."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[tuple[float, Heard]] = queue.SimpleQueue()
        self.started = self.ended = 0.0
        self.pieces: list[np.ndarray] = []
        self.turns = 0
        self.notices: list[str] = []
        self.problem: str | None = None

    def __call__(self, heard: Heard) -> None:
        self._told.put((time.monotonic(), heard))

    def has_ended(self) -> bool:
        while not self._told.empty():
            at, heard = self._told.get()
            if heard.samples is not None:
                self.pieces.append(heard.samples)
            elif heard.change is TurnChange.STARTED:
                self.started, self.turns = at, self.turns + 1
            elif heard.change is TurnChange.ENDED:
                self.ended = at
            if heard.notice is not None:
                self.notices.append(heard.notice)
            self.problem = self.problem or heard.problem
        return self.ended > 0 or self.problem is not None


@pytest.mark.parametrize("name", ["made", "recorded"])
def test_hands_free_finds_the_turn(sound: PrivateSound, name: str) -> None:
    said = spoken(1.8) if name == "made" else soundfile.read(QUESTION, dtype="float32")[0]
    told = Told()
    listener = Listener(told)
    listener.start(ListenMode.HANDS_FREE)
    time.sleep(0.6)  # silence first
    with sound.say(framed(said)) as speaking:
        wait_for(lambda: told.has_ended() or speaking.poll() is not None, "for the voice to be played", 8)
        wait_for(told.has_ended, "for the end of the turn", 3)
    listener.stop()
    assert told.problem is None and told.turns == 1
    heard = np.concatenate(told.pieces)
    # Everything that was said is in it, its first syllable too, and the turn ends soon after it.
    _, alike = position_of(said, heard)
    assert alike > 0.97
    first = said[: SAMPLE_RATE // 2]
    _, alike = position_of(first, heard[: 2 * SAMPLE_RATE])
    assert alike > 0.95, "the beginning is missing"
    assert len(heard) / SAMPLE_RATE < len(said) / SAMPLE_RATE + 1.3


def test_deaf_listener_hears_nothing(sound: PrivateSound) -> None:
    told = Told()
    listener = Listener(told)
    listener.deaf.set()
    listener.start(ListenMode.HANDS_FREE)
    time.sleep(0.3)
    with sound.say(spoken(1.2)):
        time.sleep(1.6)
    assert not told.has_ended() and told.turns == 0
    listener.deaf.clear()
    with sound.say(framed(spoken(1.2))):
        wait_for(told.has_ended, "for the turn after it", 6)
    listener.stop()
    assert told.turns == 1
