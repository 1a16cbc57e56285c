"""Whisper's front end: 16 kHz sound → log-mel frames, 100 a second.

The reference pads every clip with silence to 300 s before its transform; only the frames that see the clip matter, so
no more are computed here, and the result is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SAMPLE_RATE = 16_000  # Hz
N_FFT = 400  # samples, 25 ms
HOP = 160  # samples, 10 ms


def slaney_filters(bins: int, frequencies: int, rate: int, highest: float) -> np.ndarray:
    """Area-normalised triangles on the Slaney mel scale from 0 Hz, float64 [frequencies, bins]."""

    def to_mel(hertz: np.ndarray) -> np.ndarray:
        linear = hertz * 3 / 200
        return np.where(hertz < 1000, linear, 15 + np.log(np.maximum(hertz, 1e-9) / 1000) * 27 / np.log(6.4))

    def to_hertz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))

    corners = to_hertz(np.linspace(0.0, float(to_mel(np.array(highest))), bins + 2))
    points = np.linspace(0, rate / 2, frequencies)[:, None]
    rise = (points - corners[:-2]) / (corners[1:-1] - corners[:-2])
    fall = (corners[2:] - points) / (corners[2:] - corners[1:-1])
    return np.maximum(0, np.minimum(rise, fall)) * (2 / (corners[2:] - corners[:-2]))


@dataclass(frozen=True)
class MelFrontEnd:
    """`bins` is 128 in the official checkpoints and 80 in the embedded one."""

    bins: int = 128

    def __call__(self, samples: np.ndarray) -> Tensor:
        """Float32 [N] at 16 kHz → [bins, ceil(N / 160)], each clip relative to its own loudest frame."""
        frames = -(-len(samples) // HOP)
        sound = torch.from_numpy(np.asarray(samples, dtype=np.float32))
        # two frames more than are kept: they still see the clip's end and so count for the maximum, as in the reference
        sound = F.pad(sound, (0, (frames + 1) * HOP + N_FFT - len(sound)))
        sound = F.pad(sound[None, None], (N_FFT // 2, 0), mode="reflect")[0, 0]
        spectrum = torch.stft(
            sound, N_FFT, HOP, window=torch.hann_window(N_FFT), center=False, return_complex=True
        )[:, : frames + 2]
        filters = torch.from_numpy(slaney_filters(self.bins, N_FFT // 2 + 1, SAMPLE_RATE, 8000.0)).float()
        log = (filters.T @ spectrum.abs() ** 2).clamp(min=1e-10).log10()
        log = torch.maximum(log, log.max() - 8.0)
        return ((log + 4.0) / 4.0)[:, :frames]
