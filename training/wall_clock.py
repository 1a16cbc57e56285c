"""What the stages share that are trained for so many minutes of wall time: the loop, its log, its checkpoints."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np
from tqdm import tqdm

from training.side_by_side import agreed, first


class Stage(Protocol):
    """step and spent (seconds) are those of its checkpoint."""

    step: int
    spent: float

    def train_step(self, share: float) -> dict[str, float]:
        """One step; share: how much of the time is over, 0 to 1. What is returned is averaged and shown."""

    def save(self, spent: float) -> None:
        """Write the checkpoint."""


def progress(minutes: float) -> tqdm:
    """A bar of so many minutes, where somebody looks on."""
    form = "{percentage:3.0f}% |{bar}| {n:.1f} of {total:.1f} min{postfix}"
    return tqdm(total=minutes, bar_format=form, disable=None, leave=False)


def train(stage: Stage, minutes: float, log_every: int, save_every: float = 180.0, most_steps: int = 10**9) -> None:
    """Steps until the minutes are over, those of earlier runs included; a line every so many steps, a checkpoint every
    so many seconds and at the end."""
    begun, saved = time.time() - stage.spent, time.time()
    seen: dict[str, list[float]] = {}
    bar = progress(minutes)
    while (share := agreed((time.time() - begun) / 60 / minutes)) < 1 and stage.step < most_steps:
        for name, value in stage.train_step(share).items():
            seen.setdefault(name, []).append(value)
        if not first():
            continue
        bar.update((time.time() - begun) / 60 - bar.n)
        if stage.step % log_every == 0:
            shown = " ".join(f"{name} {np.mean(values):.3f}" for name, values in sorted(seen.items()))
            bar.clear()
            print(f"{stage.step} {shown} minutes {(time.time() - begun) / 60:.2f}", flush=True)
            seen = {}
        if time.time() - saved > save_every:
            stage.save(time.time() - begun)
            saved = time.time()
    bar.close()
    if first():
        stage.save(time.time() - begun)
        print(f"end: step {stage.step}, {(time.time() - begun) / 60:.1f} min", flush=True)
