"""The mel spectrogram the whole mouth speaks in, and its cache.

    python -m training.mouth.mel runs/data runs/mouth/mels

24 kHz, 80 bins to 8 kHz, one frame every 240 samples, natural logarithm of the amplitude, then standardised with
two constants. Standardised values lie where flow matching starts (mean 0, variance 1) and stay below the ceiling
(about 2.3) at which BigVGAN's own input scaling would clip.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from training.data.shards import RATE, Clip, read_shard, shards

HOP, N_FFT, BINS, F_MAX = 240, 1024, 80, 8000.0
MEAN, STD, FLOOR = -5.0, 2.5, 1e-5
FRAMES_A_CODE = 4


def filter_bank(bins: int = BINS, n_fft: int = N_FFT, rate: int = RATE, f_max: float = F_MAX) -> torch.Tensor:
    """Slaney-scaled, area-normalised triangles, [n_fft // 2 + 1, bins]."""
    def to_mel(f: np.ndarray) -> np.ndarray:
        return np.where(f < 1000, f * 3 / 200, 15 + np.log(np.maximum(f, 1e-9) / 1000) * 27 / np.log(6.4))

    def to_hz(m: np.ndarray) -> np.ndarray:
        return np.where(m < 15, m * 200 / 3, 1000 * np.exp((m - 15) * np.log(6.4) / 27))

    points = to_hz(np.linspace(0.0, float(to_mel(np.array(f_max))), bins + 2))
    freqs = np.linspace(0, rate / 2, n_fft // 2 + 1)[:, None]
    rise = (freqs - points[:-2]) / (points[1:-1] - points[:-2])
    fall = (points[2:] - freqs) / (points[2:] - points[1:-1])
    bank = np.maximum(0, np.minimum(rise, fall)) * (2 / (points[2:] - points[:-2]))
    return torch.tensor(bank, dtype=torch.float32)


_BANK = filter_bank()
_WINDOW = torch.hann_window(N_FFT)


def mel_of(wave: torch.Tensor) -> torch.Tensor:
    """[..., samples] in [-1, 1] → standardised mel [..., samples // 240, 80]."""
    pad = (N_FFT - HOP) // 2
    flat = F.pad(wave.reshape(-1, wave.shape[-1]), (pad, pad), mode="reflect")
    spectrum = torch.stft(flat, N_FFT, HOP, N_FFT, _WINDOW, center=False, return_complex=True)
    amplitude = (spectrum.real**2 + spectrum.imag**2 + 1e-12).sqrt()
    log = torch.log(torch.clamp(amplitude.transpose(1, 2) @ _BANK, min=FLOOR))
    return ((log - MEAN) / STD).reshape(*wave.shape[:-1], -1, BINS)


class Corpus:
    """All clips whose mels are cached: ``clips[i]``, ``mel(i)`` [frames, 80], ``pcm(i, begin, frames)``."""

    def __init__(self, data: Path, mels: Path, limit: int | None = None) -> None:
        self.clips: list[Clip] = []
        self._of: list[np.ndarray] = []
        for index in shards(data):
            cache = mels / f"{index.stem}.npy"
            if not cache.exists() or (limit and len(self.clips) >= limit):
                break
            array = np.load(cache, mmap_mode="r")
            rows = list(read_shard(index))
            self.clips += rows
            self._of += [array] * len(rows)
        self.train = [i for i, c in enumerate(self.clips) if not c.test]
        self.test = [i for i, c in enumerate(self.clips) if c.test]

    def frames(self, i: int) -> int:
        return self.clips[i].samples // HOP

    def mel(self, i: int, begin: int = 0, frames: int | None = None) -> torch.Tensor:
        first = self.clips[i].offset // HOP + begin
        last = first + (self.frames(i) - begin if frames is None else frames)
        return torch.from_numpy(self._of[i][first:last].astype(np.float32))

    def pcm(self, i: int, begin: int, frames: int) -> torch.Tensor:
        clip = self.clips[i]
        raw = np.fromfile(clip.path, "<i2", frames * HOP, offset=2 * (clip.offset + begin * HOP))
        return torch.from_numpy(raw.astype(np.float32) / 32768.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for index in shards(args.data):
        target = args.out / f"{index.stem}.npy"
        if target.exists():
            continue
        started = time.time()
        mels = np.concatenate([mel_of(torch.from_numpy(c.pcm())).half().numpy() for c in read_shard(index)])
        np.save(args.out / "part.npy", mels)
        os.replace(args.out / "part.npy", target)
        sample = mels[::7].astype(np.float32)
        print(f"{target.name}: {len(mels)} frames, mean {sample.mean():.3f} std {sample.std():.3f} "
              f"99.9 % {np.quantile(sample, 0.999):.2f} max {sample.max():.2f}, {time.time() - started:.0f} s",
              flush=True)


if __name__ == "__main__":
    main()
