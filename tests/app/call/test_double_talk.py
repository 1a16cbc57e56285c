"""Somebody over the answer, by spectra: noticed at once, and neither the answer itself nor a fan is somebody."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from app.call.double_talk import DoubleTalk
from tests.app.real.speech import QUESTION
from tests.app.sound_doubles import spoken, through_room

RATE, BLOCK = 16_000, 160


@pytest.fixture(scope="module")
def answer() -> np.ndarray:
    """Six seconds of a voice."""
    voice = soundfile.read(QUESTION, dtype="float32")[0]
    return np.asarray(np.tile(voice / np.abs(voice).max() * 0.5, 4)[: 6 * RATE], np.float64)


def echo_of(answer: np.ndarray, gain: float = 0.6) -> np.ndarray:
    """The answer as a microphone on the same desk hears it."""
    rng = np.random.default_rng(3)
    tail = rng.standard_normal(RATE // 5) * np.exp(-np.arange(RATE // 5) / (0.04 * RATE))
    tail[: RATE // 200] *= 0.2
    tail[0] = 3.0
    heard = through_room(answer, gain * tail / np.linalg.norm(tail))
    return np.asarray(heard + rng.normal(0, 3e-4, len(answer)))


def begins(near: np.ndarray, far: np.ndarray) -> list[float]:
    """Seconds at which something begins."""
    found = DoubleTalk()
    times = []
    for start in range(0, len(near) - BLOCK + 1, BLOCK):
        block = slice(start, start + BLOCK)
        found.push(near[block].astype(np.float32), far[block].astype(np.float32))
        if found.begins:
            times.append((start + BLOCK) / RATE)
    return times


@pytest.mark.parametrize("gain", [0.6, 3.0, 0.0], ids=["loudspeaker", "loud", "headphones"])
def test_answer_is_nobody(answer: np.ndarray, gain: float) -> None:
    assert begins(echo_of(answer, gain), answer) == []


def test_loudspeaker_that_is_turned_up_is_learned(answer: np.ndarray) -> None:
    louder = np.where(np.arange(len(answer)) < 2 * RATE, 0.3, 1.0)
    assert len(begins(echo_of(answer * louder), answer)) <= 2


@pytest.mark.parametrize("gain", [0.6, 0.0], ids=["loudspeaker", "headphones"])
@pytest.mark.parametrize("at", [1.5, 4.0])
def test_voice_is_noticed_at_once(answer: np.ndarray, gain: float, at: float) -> None:
    voice = spoken(1.5)
    voice *= np.sqrt(np.mean(np.square(echo_of(answer)))) / np.sqrt(np.mean(np.square(voice)))  # as loud as the echo
    near = echo_of(answer, gain)
    near[int(at * RATE) : int(at * RATE) + len(voice)] += voice
    times = begins(near, answer)
    assert times and at < times[0] < at + 0.15, times


def test_fan_that_starts_is_somebody_for_a_moment_only(answer: np.ndarray) -> None:
    near = echo_of(answer)
    near[2 * RATE :] += np.random.default_rng(5).normal(0, 0.02, len(near) - 2 * RATE)
    times = begins(near, answer)
    assert all(2.0 < time < 3.5 for time in times), times


def test_silence_is_nothing() -> None:
    nothing = np.zeros(RATE)
    assert begins(nothing, nothing) == []
