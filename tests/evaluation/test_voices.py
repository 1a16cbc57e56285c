"""Judges of a voice: which one it is, and how the figures come about."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

from evaluation import speech, voices
from model.errors import BadInputError


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    return 0.1 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * voices.RATE)) / voices.RATE).astype(np.float32)


class ByPitch:
    """A speaker encoder that knows voices by their spectrum."""

    def embed(self, samples: np.ndarray) -> np.ndarray:
        return voices.unit(np.abs(np.fft.rfft(samples[: voices.RATE // 2])))


@pytest.fixture(autouse=True)
def judges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "SpeakerEncoder", ByPitch)
    monkeypatch.setattr(voices, "DNSMOS", lambda: lambda samples: (2.0, 3.0))


def test_a_voice_that_sounds_like_another_is_not_told_apart() -> None:
    sounds = {"low": [tone(200), tone(200)], "high": [tone(800), tone(200)]}
    rows = {row.name: row for row in speech.likeness(sounds, {"low": [tone(200)], "high": [tone(800)]})}
    assert rows["low: likeness to its own voice"].value == pytest.approx(1)
    assert rows["high: likeness to its own voice"].value == pytest.approx(0.5, abs=0.01)
    assert rows["voices told apart"].value == 0.75 and rows["voices told apart"].cases == 4
    assert rows["high: DNSMOS, overall"].value == 2 and rows["high: DNSMOS, P.808"].value == 3


def test_the_spectrogram_has_a_frame_every_ten_milliseconds_and_finds_the_tone() -> None:
    mel = voices.spectrogram(tone(1000), 400, 40)
    assert mel.shape == (101, 40)
    centre = voices.filter_bank(40, 400, voices.RATE, 8000.0)[round(1000 / (voices.RATE / 400))].argmax()
    assert int(torch.from_numpy(mel).mean(0).argmax()) == int(centre)


def test_voices_are_compared_with_the_recordings_that_are_named(tmp_path: Path) -> None:
    engine = SimpleNamespace(voices_by_name={"low": None})
    (tmp_path / "low").mkdir()
    with pytest.raises(BadInputError, match="no recordings of this voice"):
        voices.recordings(engine, tmp_path)  # type: ignore[arg-type]
    at_24_khz = 0.1 * np.sin(2 * np.pi * 200 * np.arange(24_000) / 24_000)
    soundfile.write(tmp_path / "low" / "one.wav", np.stack([at_24_khz, at_24_khz], 1), 24_000)
    (recorded,) = voices.recordings(engine, tmp_path)["low"]  # type: ignore[arg-type]
    assert len(recorded) == voices.RATE and float(ByPitch().embed(recorded) @ ByPitch().embed(tone(200))) > 0.99
    (tmp_path / "low" / "two.wav").write_text("no sound")
    with pytest.raises(BadInputError, match=r"two\.wav is no sound"):
        voices.recordings(engine, tmp_path)  # type: ignore[arg-type]
