"""Shards of speech: ``NAME.pcm`` (24 kHz int16, clips back to back) beside ``NAME.jsonl`` (one line a clip).

A line holds ``text``, ``offset`` and ``samples`` (both in samples), ``phonemes``, ``ends`` (where each of them ends, in
samples of the clip) and ``test`` (held out by the hash of its text). A shard is written under a temporary name and
renamed when whole, so readers never see half a one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RATE = 24000


@dataclass(frozen=True)
class Clip:
    """One utterance in a shard; ``pcm()`` reads it as float32 in [-1, 1]."""

    path: Path
    text: str
    offset: int
    samples: int
    phonemes: str
    test: bool
    ends: tuple[int, ...] = ()

    def pcm(self) -> np.ndarray:
        raw = np.fromfile(self.path, dtype="<i2", count=self.samples, offset=2 * self.offset)
        return raw.astype(np.float32) / 32768.0


def write_shard(folder: Path, name: str, clips: list[tuple[str, str, bool, np.ndarray, list[int]]]) -> None:
    """``clips``: (text, phonemes, test, float samples in [-1, 1], phonemes' ends) in order."""
    folder.mkdir(parents=True, exist_ok=True)
    offset, lines, data = 0, [], []
    for text, phonemes, test, wave, ends in clips:
        pcm = np.clip(np.round(wave * 32768.0), -32768, 32767).astype("<i2")
        lines.append(json.dumps({"text": text, "offset": offset, "samples": len(pcm), "phonemes": phonemes,
                                 "test": test, "ends": ends}, ensure_ascii=False))
        data.append(pcm)
        offset += len(pcm)
    (folder / f"{name}.pcm.part").write_bytes(np.concatenate(data).tobytes())
    (folder / f"{name}.jsonl.part").write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.replace(folder / f"{name}.pcm.part", folder / f"{name}.pcm")
    os.replace(folder / f"{name}.jsonl.part", folder / f"{name}.jsonl")  # last: its presence marks the shard whole


def read_shard(index: Path) -> Iterator[Clip]:
    """The clips of one ``NAME.jsonl``."""
    for line in index.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield Clip(index.with_suffix(".pcm"), row["text"], row["offset"], row["samples"], row["phonemes"],
                   row["test"], tuple(row.get("ends", ())))


def shards(folder: Path, prefix: str = "hibari-") -> list[Path]:
    """The index files of all whole shards, in order."""
    return sorted(folder.glob(f"{prefix}*.jsonl"))
