"""Whose voice is it, and how clean does it sound? Two judges of speech that need no text.

Resemblyzer's speaker encoder gives each utterance a vector, near its own voice, far from others. Microsoft's DNSMOS
gives a mean opinion score. Both are used by their weights alone, without the packages' own dependencies (INSTALL).
"""

from __future__ import annotations

import importlib.util
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile
import soxr
import torch
from torch import nn

from model.engine import Engine
from model.errors import BadInputError, CannotRunError
from training.mouth.mel import filter_bank

RATE = 16_000
INSTALL = "pip install --no-deps resemblyzer==0.1.4 speechmos==0.0.1.1"


def installed() -> bool:
    """Whether both judges are here."""
    return all(importlib.util.find_spec(package) for package in ("resemblyzer", "speechmos"))


def package_file(package: str, name: str) -> Path:
    """A file of an installed package, which is not imported."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise CannotRunError(f"The judge {package} is not installed: {INSTALL}")
    return Path(found.submodule_search_locations[0]) / name


def spectrogram(samples: np.ndarray, n_fft: int, bins: int) -> np.ndarray:
    """16 kHz → power mel [frames of 10 ms, bins] as librosa computes it (centred, Hann, Slaney's triangles)."""
    window = torch.hann_window(n_fft)
    wave = torch.from_numpy(np.asarray(samples, np.float32))
    spectrum = torch.stft(wave, n_fft, RATE // 100, n_fft, window, pad_mode="constant", return_complex=True)
    return (spectrum.abs().square().T @ filter_bank(bins, n_fft, RATE, RATE / 2)).numpy()


class SpeakerEncoder(nn.Module):
    """Resemblyzer's: three LSTM layers over 1.6 s, a vector of length one."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.linear = nn.LSTM(40, 256, 3, batch_first=True), nn.Linear(256, 256)
        state = torch.load(package_file("resemblyzer", "pretrained.pt"), map_location="cpu", weights_only=True)
        self.load_state_dict(state["model_state"], strict=False)

    @torch.inference_mode()
    def embed(self, samples: np.ndarray) -> np.ndarray:
        """[samples at 16 kHz] → [256]; shorter than 1.6 s is repeated."""
        level = np.sqrt(np.mean(samples**2)) + 1e-9
        samples = samples * max(1.0, 10 ** (-30 / 20) / level)
        mel = spectrogram(np.resize(samples, max(len(samples), int(1.61 * RATE))), 400, 40)
        starts = range(0, len(mel) - 160 + 1, 77)
        _, (hidden, _) = self.lstm(torch.from_numpy(np.stack([mel[i:i + 160] for i in starts])))
        vectors = torch.relu(self.linear(hidden[-1]))
        return unit((vectors / vectors.norm(dim=1, keepdim=True)).mean(0).numpy())


def unit(vector: np.ndarray) -> np.ndarray:
    """The same direction with length one."""
    return vector / (np.linalg.norm(vector) + 1e-9)


class DNSMOS:
    """Samples at 16 kHz → (overall, by P.808), each from 1 to 5."""

    SECONDS = 9.01
    CURVE = np.poly1d([-0.06766283, 1.11546468, 0.04602535])  # of the overall score, as published

    @cached_property
    def _sessions(self) -> tuple[onnxruntime.InferenceSession, ...]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return tuple(
            onnxruntime.InferenceSession(str(package_file("speechmos", f"dnsmos_models/{name}.onnx")), options)
            for name in ("sig_bak_ovr", "model_v8"))

    def __call__(self, samples: np.ndarray) -> tuple[float, float]:
        overall, p808 = self._sessions
        samples = np.resize(np.clip(samples, -1, 1), int(self.SECONDS * RATE)).astype(np.float32)
        power = spectrogram(samples[:-160], 321, 120)
        level = 10 * np.log10(np.maximum(power, 1e-10))
        level = np.maximum(level - level.max(), -80.0)
        told = overall.run(None, {"input_1": samples[None]})[0][0]
        return float(self.CURVE(told[2])), float(p808.run(None, {"input_1": ((level + 40) / 40)[None]})[0][0][0])


def recordings(engine: Engine, folder: Path | None = None) -> dict[str, list[np.ndarray]]:
    """Samples at 16 kHz of each voice: FOLDER/NAME/*.wav, or without a folder its reference mel made to sound.

    Raises:
        BadInputError: the folder has nothing of a voice, or a file of it is no sound.
    """
    if folder is None:
        return {name: [_reference(engine, name)] for name in engine.voices_by_name}
    return {name: _recorded(folder / name) for name in engine.voices_by_name}


def _reference(engine: Engine, name: str) -> np.ndarray:
    assert engine.token2wav is not None, "an engine with voices has a decoder"
    mel = engine.voices_by_name[name].ref_mel
    with torch.inference_mode():
        wave = engine.token2wav.wave(mel.to(engine.token2wav.code2wav_dit_model.proj_out.weight))
    return soxr.resample(wave.float().cpu().numpy(), 24_000, RATE)


def _recorded(folder: Path) -> list[np.ndarray]:
    files = sorted(folder.glob("*.wav"))
    if not files:
        raise BadInputError(f"{folder}: there are no recordings of this voice (*.wav).")
    out = []
    for file in files:
        try:
            samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise BadInputError(f"{file} is no sound that can be read.") from error
        out.append(soxr.resample(samples.mean(axis=1), rate, RATE))
    return out
