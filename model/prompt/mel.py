"""Whisper's front end: 16 kHz sound → log-mel frames, 100 a second.

The reference pads every clip with silence to 300 s before its transform; only the frames that see the clip matter, so
no more are computed here, and the result is the same. It also raises everything that lies 80 dB below the loudest point
of the whole clip to that floor. A stream knows only what has been: `MelStream` takes the loudest point so far, which is
the same once that point has been heard (docs/measurements.md says how much it matters before).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from model.given import SAMPLE_RATE
from model.prompt.mel_filters import slaney_filters

N_FFT = 400  # samples, 25 ms
HOP = 160  # samples, 10 ms


@lru_cache
def _filters(bins: int) -> Tensor:
    """[bins, frequencies]"""
    return torch.from_numpy(slaney_filters(bins, N_FFT // 2 + 1, SAMPLE_RATE, 8000.0).T.copy()).float()


@dataclass(frozen=True)
class MelFrontEnd:
    """`bins` is 128 in the official checkpoints and 80 in the embedded one."""

    bins: int = 128

    def __call__(self, samples: np.ndarray) -> Tensor:
        """Float32 [N] at 16 kHz → [bins, ceil(N / 160)], each clip relative to its own loudest frame."""
        stream = MelStream(self)
        stream.push(samples)
        return stream.finish()

    def log_power(self, padded: Tensor) -> Tensor:
        """Samples [400 + 160 (T - 1)] → log10 of mel power [bins, T], floor 1e-10."""
        window = torch.hann_window(N_FFT)
        spectrum = torch.stft(padded, N_FFT, HOP, window=window, center=False, return_complex=True)
        return (_filters(self.bins) @ spectrum.abs() ** 2).clamp(min=1e-10).log10()


class MelStream:
    """One clip as it arrives. `push` samples, `take` blocks of frames that will not change any more, `finish` for the
    rest. Frames are centred on every 160th sample and see 200 samples to either side, mirrored at the clip's beginning
    and silent behind its end.

    Attributes:
        samples: heard so far.
        peak: largest amplitude so far.
    """

    def __init__(self, front_end: MelFrontEnd) -> None:
        self._front_end = front_end
        self._held = torch.zeros(0)  # from the first sample that the next frame sees
        self._mirrored = False
        self._taken = 0  # frames handed out
        self._loudest = -torch.inf  # log10 of mel power
        self.samples, self.peak = 0, 0.0

    def copy(self) -> MelStream:
        """The same state; the two go on independently."""
        return copy.copy(self)  # nothing held is ever changed in place

    def push(self, samples: np.ndarray) -> None:
        """Float32 [N] at 16 kHz, any N."""
        if not len(samples):
            return
        sound = torch.from_numpy(np.asarray(samples, dtype=np.float32))
        self.samples += len(sound)
        self.peak = max(self.peak, float(sound.abs().max()))
        self._held = torch.cat([self._held, sound])
        self._mirror()

    def take(self, frames: int) -> Tensor | None:
        """The next `frames` frames [bins, frames], or None while one of them is not complete."""
        needed = (frames - 1) * HOP + N_FFT
        if not self._mirrored or len(self._held) < needed:
            return None
        log = self._front_end.log_power(self._held[:needed])
        self._held = self._held[frames * HOP :]
        self._taken += frames
        return self._scaled(log)

    def finish(self) -> Tensor:
        """All frames that are left [bins, ceil(samples / 160) - taken], the clip being over."""
        frames = -(-self.samples // HOP) - self._taken
        # two frames more than are kept: they still see the clip's end and so count for the maximum, as in the reference
        needed = (frames + 1) * HOP + N_FFT
        missing = needed - len(self._held) - (0 if self._mirrored else N_FFT // 2)
        self._held = F.pad(self._held, (0, max(0, missing)))
        self._mirror()
        log = self._front_end.log_power(self._held[:needed])
        self._taken += frames
        return self._scaled(log)[:, :frames]

    def _mirror(self) -> None:
        """Put the mirrored beginning in front once there is enough to mirror."""
        if not self._mirrored and len(self._held) > N_FFT // 2:
            self._held = F.pad(self._held[None, None], (N_FFT // 2, 0), mode="reflect")[0, 0]
            self._mirrored = True

    def _scaled(self, log: Tensor) -> Tensor:
        self._loudest = max(self._loudest, float(log.max()))
        return (torch.clamp(log, min=self._loudest - 8.0) + 4.0) / 4.0
