"""Synthetic clips on disk: NAME.pcm (int16, mono, one clip after the other) beside NAME.jsonl (one line a clip).

A line holds {"text", "offset", "samples", "rate", "voice"}; offset and samples count samples. The shards of the mouth's
hibari corpus have the same form (without "rate": 24 kHz), so the ear reads both alike. Both files are only appended
to, audio first, so a broken run loses at most its last clip and a new one goes on behind it.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


class ClipWriter:
    """Appends clips to a shard; `done` tells how many calls of `add` or `skip` earlier runs made."""

    def __init__(self, stem: Path):
        stem.parent.mkdir(parents=True, exist_ok=True)
        lines = stem.with_suffix(".jsonl")
        self.rows = [json.loads(x) for x in lines.read_text().splitlines()] if lines.exists() else []
        self.done = self.rows[-1]["index"] + 1 if self.rows else 0
        self._audio = stem.with_suffix(".pcm").open("ab")
        self._lines = lines.open("a")
        self._index = self.done

    def add(self, text: str, audio: np.ndarray, rate: int, voice: str, **more: object) -> None:
        """audio: float, [-1, 1], any length; made mono int16."""
        offset = self._audio.seek(0, 2) // 2
        self._audio.write((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
        self._audio.flush()
        row = dict(text=text, offset=offset, samples=len(audio), rate=rate, voice=voice, index=self._index, **more)
        self._lines.write(json.dumps(row) + "\n")
        self._lines.flush()
        self._index += 1

    def skip(self) -> None:
        """A text that cannot be spoken: counted, so that a resumed run keeps step with its list."""
        self._index += 1


def read_clips(stem: Path) -> list[dict]:
    """Rows of a shard with "pcm": an int16 view into the mapped file; a clip still being written is left out."""
    audio = np.memmap(stem.with_suffix(".pcm"), dtype="<i2", mode="r")
    rows = []
    for line in stem.with_suffix(".jsonl").read_text().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:  # the last line of a shard that is being written
            break
        if row["offset"] + row["samples"] <= len(audio):
            row["pcm"] = audio[row["offset"]: row["offset"] + row["samples"]]
            row.setdefault("rate", 24000)
            rows.append(row)
    return rows
