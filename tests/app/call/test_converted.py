"""Devices with another rate: the same sound, at their own pace."""

from __future__ import annotations

import numpy as np
import pytest

from app.audio_devices import SAMPLE_RATE, Stream, converted


@pytest.mark.parametrize("rate", [44_100, 16_000, 96_000])
def test_loudspeaker_with_another_rate(rate: int) -> None:
    played = 0

    def fill(block: np.ndarray) -> None:
        nonlocal played
        block[:] = np.sin(2 * np.pi * 440 * (played + np.arange(len(block))) / SAMPLE_RATE)
        played += len(block)

    use = converted(fill, rate, plays=True)
    out = np.zeros((rate // 100, 100), np.float32)
    for n in range(100):
        use(out[:, n])
    heard = out.T.reshape(-1)[rate // 10 :]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * rate / len(heard) == pytest.approx(440, abs=2)
    assert played / SAMPLE_RATE == pytest.approx(1.0, abs=0.05)


def test_microphone_with_another_rate() -> None:
    taken: list[np.ndarray] = []
    use = converted(lambda block: taken.append(block.copy()), 44_100, plays=False)
    tone = np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100).astype(np.float32)
    for start in range(0, len(tone), 441):
        use(tone[start : start + 441])
    heard = np.concatenate(taken)
    assert len(heard) / SAMPLE_RATE == pytest.approx(1.0, abs=0.05)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * SAMPLE_RATE / len(heard) == pytest.approx(440, abs=2)


class Clock:
    outputBufferDacTime = inputBufferAdcTime = currentTime = 0.0


def test_stereo_devices_are_one_voice() -> None:
    taken: list[np.ndarray] = []
    block = np.stack([np.full(480, 0.2, np.float32), np.full(480, 0.4, np.float32)], 1)
    Stream(lambda mono: taken.append(mono.copy()), plays=False).on_block(block, 480, Clock, None)
    assert np.allclose(taken[0], 0.3)
    Stream(lambda mono: mono.fill(0.5), plays=True).on_block(block, 480, Clock, None)
    assert np.allclose(block, 0.5)
