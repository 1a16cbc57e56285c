"""The echo canceller on simulated streams: a room between the loudspeaker and the microphone, and two clocks."""

from __future__ import annotations

import time

import numpy as np
import pytest
import soundfile
import soxr

from app.call.echo import EchoFreeMicrophone, EchoWatch, Reference
from app.call.vad import FRAME, VoiceDetector
from app.capture.sound_clock import SoundClock
from app.playback.played import Played
from tests.app.real.speech import QUESTION
from tests.app.sound_doubles import spoken, through_room

RATE, BLOCK = 48_000, 480
pytest.importorskip("pywebrtc_audio", reason="waits for pywebrtc-audio, which has no wheel for this system")


class Room:
    """Two streams on clocks of their own. The loudspeaker is given its sound `ahead` of time, as devices are; the
    microphone hears it through a room, with the person in it. `drift`: by how much its clock is faster."""

    def __init__(self, played: np.ndarray, said: np.ndarray, gain: float = 0.6, drift: float = 0.0) -> None:
        rng = np.random.default_rng(3)
        tail = rng.standard_normal(RATE // 5) * np.exp(-np.arange(RATE // 5) / (0.04 * RATE))
        tail[: RATE // 200] *= 0.2
        tail[0] = 3.0
        heard = through_room(played, gain * tail / np.linalg.norm(tail))
        heard += said + rng.normal(0, 3e-4, len(played))
        if drift:
            heard = np.interp(np.arange(int(len(heard) * (1 + drift))) / (1 + drift), np.arange(len(heard)), heard)
        self._played_sound, self._heard = played.astype(np.float32), heard.astype(np.float32)
        self.played = Played(RATE)
        self.clock = SoundClock(RATE)
        self._drift, self._jitter = drift, np.random.default_rng(4)
        self._read = 0

    def open(self) -> None:
        pass

    def close(self) -> None:
        pass

    def read_captured(self) -> tuple[int, np.ndarray]:
        """The next 10 ms, and what the loudspeaker has been given until then; both tell their times imprecisely."""
        position = self._read
        now = (position + BLOCK) / RATE / (1 + self._drift)
        while self.played.written / RATE < now + 0.05:
            start = self.played.written
            block = np.zeros(BLOCK, np.float32)
            piece = self._played_sound[start : start + BLOCK]
            block[: len(piece)] = piece
            self.played.write(block, 100.0 + start / RATE + self._jitter.normal(0, 0.003))
        self.clock.note(position, 100.0 + position / RATE / (1 + self._drift) + self._jitter.normal(0, 0.003))
        self._read += BLOCK
        return position, self._heard[position : position + BLOCK]

    def cleaned(self) -> np.ndarray:
        """Everything that the microphone gives, 16 kHz."""
        microphone = EchoFreeMicrophone(self, lambda: self.played)  # type: ignore[arg-type]
        return np.concatenate([microphone.read() for _ in range(len(self._heard) // BLOCK)])


def decibels(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples)) + 1e-12))


def voiced(samples: np.ndarray) -> np.ndarray:
    """For each 32 ms whether there is a voice in it."""
    detector = VoiceDetector()
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return np.array([detector.probability(frame) > 0.5 for frame in frames])


def longest_run(frames: np.ndarray) -> int:
    """The most frames in a row."""
    return max(len(run) for run in "".join("x" if frame else " " for frame in frames).split(" "))


@pytest.fixture(scope="module")
def answer() -> np.ndarray:
    """Ten seconds of a voice, 48 kHz."""
    voice = soxr.resample(soundfile.read(QUESTION, dtype="float32")[0], 16_000, RATE)
    return np.asarray(np.tile(voice / np.abs(voice).max() * 0.5, 5)[: 10 * RATE], np.float64)


def said(at: float, length: int, level: float = 1.0) -> np.ndarray:
    """Another voice from then on, 48 kHz."""
    question = soxr.resample(spoken(1.5), 16_000, RATE)
    out = np.zeros(length)
    begin = int(at * RATE)
    out[begin : begin + len(question)] = question * level
    return out


@pytest.mark.parametrize("drift", [0.0, 0.0002, 0.001], ids=["one clock", "0.02 %", "0.1 %"])
def test_own_voice_is_gone_and_taken_for_nobodys(answer: np.ndarray, drift: float) -> None:
    room = Room(answer, np.zeros(len(answer)), drift=drift)
    clean = room.cleaned()
    raw = soxr.resample(room._heard, RATE, 16_000)
    after = slice(3 * 16_000, 9 * 16_000)
    assert decibels(raw[after]) - decibels(clean[after]) > (25 if drift < 0.001 else 12)
    assert voiced(raw).mean() > 0.5
    assert longest_run(voiced(clean)) < 3, "fewer frames in a row than it takes for a voice"


@pytest.mark.parametrize("gain", [0.6, 0.0], ids=["loudspeaker", "headphones"])
@pytest.mark.parametrize("at", [1.5, 6.0])
def test_voice_over_the_answer_is_heard(answer: np.ndarray, gain: float, at: float) -> None:
    level = 0.6  # about as loud as the answer
    clean = Room(answer, said(at, len(answer), level), gain).cleaned()
    alone = voiced(np.asarray(soxr.resample(said(at, len(answer), level), RATE, 16_000), np.float32))
    first = int(np.flatnonzero(alone)[0])
    heard = voiced(clean)
    assert longest_run(heard[: first - 2]) < 3
    noticed = first + int(np.flatnonzero(heard[first:])[0])
    assert noticed - first <= 5, f"noticed {(noticed - first) * 0.032:.2f} s late"
    assert heard[noticed : noticed + 16].mean() > 0.7  # then the loudspeaker is silent


def test_reference_is_what_was_heard_at_that_time() -> None:
    """Whatever the streams count, and whatever their rates."""
    played, heard_from = Played(RATE), 50.0
    ramp = np.arange(2 * RATE, dtype=np.float32)
    for start in range(0, len(ramp), BLOCK):
        played.write(ramp[start : start + BLOCK], heard_from + start / RATE)
    captured_from = heard_from + 0.5  # sample 0 of a microphone with 44.1 kHz
    reference = Reference().during(played, 4410, 441, captured_from, 44_100)
    expected = (0.5 + 0.1 + 0.015 + np.arange(441) / 44_100) * RATE
    assert np.abs(reference - expected).max() < 1.0


def test_what_was_heard_is_read_as_quickly_after_a_day() -> None:
    def quickest(seconds: int) -> float:
        """Of many reads, in a call that has gone on for so long."""
        played = Played(RATE)
        played.written = seconds * RATE
        played.write(np.arange(BLOCK, dtype=np.float32), float(seconds))
        taken = []
        for _ in range(50):
            begun = time.perf_counter()
            heard = played.read(played.written - BLOCK, BLOCK)
            taken.append(time.perf_counter() - begun)
            assert np.array_equal(heard, np.arange(BLOCK))
        return min(taken)

    assert quickest(24 * 3600) < 10 * quickest(12)


def test_gap_in_a_stream_is_followed_at_once() -> None:
    played, reference = Played(RATE), Reference()
    ramp = np.arange(3 * RATE, dtype=np.float32)
    for start in range(0, len(ramp), BLOCK):
        played.write(ramp[start : start + BLOCK], start / RATE)
    reference.during(played, 0, BLOCK, 0.5, RATE)
    after = reference.during(played, BLOCK, BLOCK, 1.0, RATE)  # half a second was lost
    assert after[0] == pytest.approx((1.0 + 0.01 + 0.015) * RATE, abs=1)


def followed(drift: float, seconds: float = 8.0) -> float:
    """Seconds by which the reference has moved, of two streams of equal samples whose told times drift apart."""
    played, reference = Played(RATE), Reference()
    ramp = np.arange(RATE, dtype=np.float32)
    moved = 0.0
    for start in range(0, int(seconds * RATE), BLOCK):
        played.write(ramp[start % RATE : start % RATE + BLOCK], start / RATE)
        if start >= RATE:
            position = start - RATE
            there = reference.during(played, position, BLOCK, (1 + drift) * position / RATE - position / RATE, RATE)
            moved = ((there[100] - position - 100) / RATE - 0.015 + 0.5) % 1.0 - 0.5
    return moved


def test_clocks_are_followed_as_far_as_clocks_drift() -> None:
    assert followed(0.0) == pytest.approx(0.0, abs=1e-4)
    assert followed(0.001) == pytest.approx(7 * 0.001, abs=0.004)
    assert followed(0.004) == pytest.approx(0.0, abs=1e-4), "no crystal does that: a busy machine tells wrong times"


def test_nothing_played_is_silence() -> None:
    assert not Reference().during(None, 0, BLOCK, 1.0, RATE).any()
    assert not Reference().during(Played(RATE), 0, BLOCK, 1.0, RATE).any()


def test_headphones_are_noticed_and_a_loudspeaker_too() -> None:
    rng = np.random.default_rng(0)
    watch = EchoWatch()
    loud = [rng.normal(0, 0.1, 160).astype(np.float32) for _ in range(100)]
    room = [rng.normal(0, 0.001, 160).astype(np.float32) for _ in range(100)]
    for frame in room:
        watch.push(frame, np.zeros(160, np.float32))
    assert not watch.absent, "nothing has been played"
    for frame, far in zip(room, loud):
        watch.push(frame, far)
    assert watch.absent
    for frame, far in zip(loud[:20], loud[20:]):
        watch.push(frame, far)
    assert watch.absent, "a syllable over the answer is no echo"
    for frame, far in zip(loud, loud[::-1]):
        watch.push(frame, far)
    assert not watch.absent


def test_loudspeaker_echoes_until_its_sound_and_the_rooms_are_over() -> None:
    rng = np.random.default_rng(0)
    watch, silence = EchoWatch(), np.zeros(160, np.float32)
    watch.push(silence, silence)
    assert not watch.echoing, "nothing has been played"
    watch.push(silence, rng.normal(0, 0.1, 160).astype(np.float32))
    assert watch.echoing
    echoing = []
    for _ in range(50):
        watch.push(silence, silence)
        echoing.append(watch.echoing)
    assert 0.1 <= 0.01 * sum(echoing) <= 0.3 and not echoing[-1]


def test_answer_is_minded_as_long_as_the_microphone_may_hear_it(answer: np.ndarray) -> None:
    """The loudspeaker has been given everything 50 ms before its end is heard, as devices are."""
    until = 1.3
    sound = np.where(np.arange(3 * RATE) < until * RATE, answer[: 3 * RATE], 0.0)
    room = Room(sound, np.zeros(len(sound)))
    microphone = EchoFreeMicrophone(room, lambda: room.played)  # type: ignore[arg-type]
    echoing = []
    for _ in range(len(sound) // BLOCK):
        microphone.read()
        echoing.append(microphone.echoing)
    last_sound = np.flatnonzero(np.abs(sound) > 0.02)[-1] / RATE
    assert echoing[round(last_sound * 100) - 10] and echoing[round(last_sound * 100) + 5]
    assert 0.01 * np.flatnonzero(echoing)[-1] == pytest.approx(last_sound + 0.2, abs=0.06)
