"""What is said into the microphone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

QUESTION = Path(__file__).resolve().parents[3] / "assets" / "samples" / "question.wav"
RATE = 16_000


def framed(voice: np.ndarray, before: float = 0.3, after: float = 1.2) -> np.ndarray:
    """The faint noise of a room around a voice: no real microphone delivers zeros."""
    room = np.random.default_rng(2).normal(0.0, 2e-4, len(voice) + int((before + after) * RATE))
    start = int(before * RATE)
    room[start : start + len(voice)] += voice
    return np.asarray(room, np.float32)
