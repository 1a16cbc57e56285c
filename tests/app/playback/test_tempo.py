"""Another tempo: as long as it should be, at the same pitch, in a stream; positions are those of the voice."""

from __future__ import annotations

import numpy as np
import pytest

from app.playback.speaker import Speaker
from app.playback.tempo import Tempo

RATE = 24_000


def tone(seconds: float) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * 220 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))


@pytest.mark.parametrize("tempo", [0.5, 0.8, 1.3, 2.0])
def test_length_and_pitch(tempo: float) -> None:
    stretching = Tempo(tempo, RATE)
    sent = tone(3.0)
    pieces = [stretching.stretch(sent[start : start + 6000]) for start in range(0, len(sent), 6000)]
    assert sum(map(len, pieces[:3])) > 0.4 * 18_000 / tempo  # it comes while it is made
    got = np.concatenate([*pieces, stretching.end()])
    assert len(got) / RATE == pytest.approx(3.0 / tempo, abs=0.12)
    assert pitch(got[3000:-3000]) == pytest.approx(220, abs=3)


def played(speaker: Speaker, blocks: int) -> np.ndarray:
    got = []
    for _ in range(blocks):
        block = np.empty(480, np.float32)
        speaker._fill(block)
        got.append(block)
    return np.concatenate(got)


def test_position_is_counted_as_the_voice_speaks() -> None:
    speaker = Speaker()
    speaker.tempo = 2.0
    speaker.begin()
    speaker.play(tone(2.0), RATE)
    speaker.finish()
    played(speaker, 50)  # half a second
    assert speaker.played_seconds == pytest.approx(1.0, abs=0.02)
    played(speaker, 100)
    assert speaker.played_seconds == pytest.approx(2.0, abs=0.1)


def test_volume_changes_at_once_and_without_a_click() -> None:
    speaker = Speaker()
    speaker.begin()
    speaker.play(tone(2.0), RATE)
    speaker.finish()
    loud = played(speaker, 20)
    speaker.volume = 0.5
    change, quiet = played(speaker, 1), played(speaker, 20)
    assert np.abs(loud[4800:]).max() == pytest.approx(0.5, abs=0.01)
    assert np.abs(quiet).max() == pytest.approx(0.125, abs=0.01)
    steps = np.abs(np.diff(np.concatenate([loud[-50:], change, quiet[:50]])))
    assert steps.max() < 0.02  # of a tone of 220 Hz, which itself takes steps of 0.015
    speaker.volume = 0.0
    played(speaker, 1)
    assert np.abs(played(speaker, 5)).max() == 0.0
