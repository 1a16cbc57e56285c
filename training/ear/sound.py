"""From clips on disk to batches of mel spectra: other voices by resampling, gain, noise, telephone band, masks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
import torch
from torch import Tensor

from training.data.clips import read_clips
from training.ear.surroundings import Surroundings

RATE = 16000


_HIGHEST = 15 + 27 * np.log(8) / np.log(6.4)  # mel of 8 kHz on slaney's scale: linear below 1 kHz, logarithmic above


def _to_hz(mel: np.ndarray) -> np.ndarray:
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


def _to_mel(hz: np.ndarray) -> np.ndarray:
    return np.where(hz < 1000, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1) / 1000) / np.log(6.4))


def slaney_mels() -> Tensor:
    """Whisper's mel filters [80, 201]: slaney scale and norm, 0 to 8 kHz."""
    edges = _to_hz(np.linspace(0, _HIGHEST, 82))
    bins = np.linspace(0, 8000, 201)
    low = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    high = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    filters = np.maximum(0, np.minimum(low, high)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return torch.from_numpy(filters.astype(np.float32))


_MELS, _WINDOW = slaney_mels(), torch.hann_window(400)


def log_mel(audio: Tensor) -> Tensor:
    """audio [samples] at 16 kHz -> [80, samples // 160], Whisper's scale over the clip itself; frames in fours."""
    audio = audio[: len(audio) // 640 * 640]
    power = torch.stft(audio, 400, 160, window=_WINDOW, return_complex=True)[:, :-1].abs() ** 2
    log = (_MELS @ power).clamp(min=1e-10).log10()
    return (torch.maximum(log, log.max() - 8) + 4) / 4


def plain(row: dict) -> Tensor:
    """A clip as it is, at 16 kHz, float [samples]."""
    audio = row["pcm"].astype(np.float32) / 32768
    return torch.from_numpy(audio if row["rate"] == RATE else soxr.resample(audio, row["rate"], RATE))


def varied(row: dict, rnd: random.Random, place: Surroundings | None = None) -> Tensor:
    """A clip made different: hibari's one voice gets other pitches and sizes (read at another rate), every clip other
    silence around it, another level, and often a room, noise or a narrow band; one whose times are told ("at") stays as
    it is. float [samples] at 16 kHz."""
    if "at" in row:
        return plain(row)
    audio, rate = row["pcm"].astype(np.float32) / 32768, row["rate"]
    loud = np.flatnonzero(np.abs(audio) > 0.01 * np.abs(audio).max())
    audio = audio[max(loud[0] - rate // 50, 0): loud[-1] + rate // 20]
    voice = row.get("voice", "heart")
    factor = 1.0
    if voice == "heart" and rnd.random() < 0.8:
        # Below 1 the voice is lower and larger, and the speech slower: keep the pace in a human range.
        factor = min(max(rnd.uniform(0.70, 1.12), 0.72 / row.get("speed", 1.0)), 1.4 / row.get("speed", 1.0))
    elif voice != "heart" and rnd.random() < 0.7:
        factor = rnd.uniform(0.85, 1.12)
    if rnd.random() < 0.15:
        audio = soxr.resample(soxr.resample(audio, rate, 8000, "QQ"), 8000, rate, "QQ")
    audio = soxr.resample(audio, rate * factor, RATE, "LQ")
    lead, tail = (np.zeros(int(RATE * rnd.uniform(*r)), np.float32) for r in ((0, 0.4), (0.05, 0.5)))
    audio = np.concatenate([lead, audio, tail])
    if place is not None:
        audio = place.around(audio, rnd)
    audio *= rnd.uniform(0.1, 0.95) / np.abs(audio).max()
    if rnd.random() < 0.6:
        noise = np.random.default_rng(rnd.getrandbits(32)).standard_normal(len(audio), dtype=np.float32)
        audio += noise * 10 ** rnd.uniform(-4, -2)
    return torch.from_numpy(audio)


def throat(mel: Tensor, rnd: random.Random) -> Tensor:
    """Every second time another length of the vocal tract, the pitch as it was: log mels [80, T], their frequencies
    stretched by up to 12 %."""
    if rnd.random() < 0.5:
        return mel
    centres = _to_hz(np.arange(1, 81) / 81 * _HIGHEST)
    at = torch.from_numpy(_to_mel(centres * rnd.uniform(0.88, 1.12)) / _HIGHEST * 81 - 1).float().clamp(0, 78.999)
    below = at.long()
    part = (at - below)[:, None]
    return mel[below] * (1 - part) + mel[below + 1] * part


def mask(mel: Tensor, rnd: random.Random) -> Tensor:
    """Light SpecAugment, in place: now and then a band of up to 9 mels and a gap of up to 60 ms."""
    if rnd.random() < 0.4:
        low = rnd.randrange(72)
        mel[low: low + rnd.randrange(1, 10)] = 0
    if rnd.random() < 0.3:
        start = rnd.randrange(max(1, mel.shape[1] - 6))
        mel[:, start: start + rnd.randrange(1, 7)] = 0
    return mel


def collate(mels: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Mels [80, T] of several lengths -> [B, 80, longest] filled with zeros, and their lengths [B]."""
    lengths = torch.tensor([m.shape[1] for m in mels])
    out = torch.zeros(len(mels), 80, int(lengths.max()))
    for row, mel in zip(out, mels):
        row[:, : mel.shape[1]] = mel
    return out, lengths


def load_shards(folder: Path, names: list[str], never: set[str]) -> list[dict]:
    """Rows of all shards that match the names, without clips above 9.5 s and texts whose normal form is in `never`."""
    from training.data.questions import normal

    rows = []
    for name in names:
        for file in sorted(folder.glob(name + ".jsonl")):
            rows += [r for r in read_clips(file.with_suffix("")) if 0.3 < r["samples"] / r["rate"] < 9.5
                     and normal(r["text"]) not in never]
    return rows


def batches(rows: list[dict], seconds: float, rnd: random.Random) -> Iterator[list[dict]]:
    """One pass over all rows in batches of clips of like length, together about `seconds` of audio."""
    order = sorted(rows, key=lambda r: r["samples"] / r["rate"] * rnd.uniform(0.9, 1.1))
    groups: list[list[dict]] = []
    group: list[dict] = []
    for row in order:
        longest = row["samples"] / row["rate"] * 1.15 + 0.45
        if group and longest * (len(group) + 1) > seconds:
            groups.append(group)
            group = []
        group.append(row)
    groups.append(group)
    rnd.shuffle(groups)
    yield from groups
