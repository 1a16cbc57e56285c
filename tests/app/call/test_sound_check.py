"""What is told of a microphone's sound, and that it is told once."""

from __future__ import annotations

import numpy as np

from app.capture import sound_check
from app.capture.sound_check import SoundCheck

SECOND = 48_000


def told(*seconds: np.ndarray) -> list[str]:
    check, complaints = SoundCheck(SECOND), []
    for second in seconds:
        check.push(second)
        while (complaint := check.complaint()) is not None:
            complaints.append(complaint)
    return complaints


def sound(level: float) -> np.ndarray:
    return np.clip(np.random.default_rng(0).normal(0, level, SECOND), -1, 1).astype(np.float32)


def test_good_sound_is_no_matter() -> None:
    assert told(*[sound(0.1)] * 20) == []


def test_silence_from_the_beginning_is_told_once() -> None:
    assert told(*[np.zeros(SECOND, np.float32)] * 30) == [sound_check.SILENT]


def test_device_that_is_silent_between_words_is_none_that_is_muted() -> None:
    assert told(sound(0.1), *[np.zeros(SECOND, np.float32)] * 30) == []


def test_overdriven_sound_is_told_once() -> None:
    assert told(*[sound(1.0)] * 5) == [sound_check.CLIPPED]


def test_what_is_no_number_is_told_once() -> None:
    broken = sound(0.1)
    broken[100] = np.nan
    assert told(broken, broken) == [sound_check.NO_NUMBERS]
