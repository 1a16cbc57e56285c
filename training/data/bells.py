"""Bells in more or less noise, and noise without one, for an ear that has only met speech.

    python -m training.data.bells --out runs/data/bells --number 900

What the ear is to say of a bell is the word "bell", when it is struck, of noise nothing. With each clip stands when its
bells are struck: text alone would teach to say it anywhere in the two seconds that the ear hears at once. Those of the
evaluation are made by another formula (evaluation/sounds.py).
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np

from training.data.clips import ClipWriter
from training.ear.surroundings import coloured

RATE = 16000
SAID = "bell"


def bell(rnd: random.Random) -> np.ndarray:
    """A struck bell, float32 at RATE: some partials that die away, the high ones first."""
    t = np.arange(int(RATE * rnd.uniform(0.35, 0.9))) / RATE
    base = rnd.uniform(450, 1500)
    sound = np.zeros_like(t)
    for number in range(rnd.randint(3, 6)):
        pitch = base * (number + 1) * rnd.uniform(0.9, 1.4)
        if pitch < 7000:
            fade = np.exp(-t * rnd.uniform(3, 9) * (1 + 0.4 * number))
            sound += rnd.uniform(0.3, 1) / (number + 1) * np.sin(2 * np.pi * pitch * t + rnd.uniform(0, 6)) * fade
    return (sound / np.abs(sound).max() * rnd.uniform(0.2, 0.8)).astype(np.float32)


def in_noise(rnd: random.Random) -> tuple[np.ndarray, list[float]]:
    """Noise of 0.8 to 5 s, or silence, most often with a bell or two in it: float32 at 16 kHz, and when they are
    struck, in seconds."""
    length = int(RATE * rnd.uniform(0.8, 5))
    sound = coloured(length, rnd.uniform(0, 2), np.random.default_rng(rnd.getrandbits(32)))
    sound *= 10 ** rnd.uniform(-4, -1.5) if rnd.random() < 0.8 else 0
    bells = rnd.choice([0, 1, 1, 1, 1, 2])
    struck = []
    for part in range(bells):
        ring = bell(rnd)
        begin, end = part * length // bells, (part + 1) * length // bells
        at = rnd.randrange(begin, max(begin + 1, end - RATE // 4))
        ring = ring[: length - at]
        sound[at : at + len(ring)] += ring
        struck.append(at / RATE)
    return sound / max(1.0, float(np.abs(sound).max())), struck


def main() -> None:
    """Write the shard; resumable."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--number", type=int, default=3000)
    args = parser.parse_args()
    writer = ClipWriter(args.out)
    for number in range(writer.done, args.number):
        sound, struck = in_noise(random.Random(number))
        writer.add(" ".join([SAID] * len(struck)), sound, RATE, "bell", at=struck)


if __name__ == "__main__":
    main()
