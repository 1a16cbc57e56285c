"""What is wrong with the sound that a microphone gives: nothing at all, numbers that are none, or far too much."""

from __future__ import annotations

import numpy as np

_SILENT_SECONDS = 8.0  # of zeros from the beginning; no room is that quiet, but some devices are between two words
_CLIPPED = 0.02  # share of the samples of a second
_FULL = 0.999

SILENT = "The microphone delivers only silence; unmute it, or choose another one in the settings."
CLIPPED = "The microphone is too loud; lower its level in the system's settings."
NO_NUMBERS = "The microphone delivers values that are no numbers; choose another one in the settings."


class SoundCheck:
    """One device, from its opening on; each complaint is made once."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._zeros: int | None = 0  # from the beginning; None once there has been anything else
        self._seconds: list[int] = [0, 0]  # samples of this second, and how many of them were at full scale
        self._made: set[str] = set()
        self._waiting: list[str] = []

    def push(self, samples: np.ndarray) -> None:
        """What it has given: float32."""
        if not len(samples):
            return
        if not np.isfinite(samples).all():
            self._complain(NO_NUMBERS)
            return
        peak = float(np.abs(samples).max())
        self._zeros = None if peak > 0.0 or self._zeros is None else self._zeros + len(samples)
        if self._zeros is not None and self._zeros > _SILENT_SECONDS * self._rate:
            self._complain(SILENT)
        if peak >= _FULL:
            self._seconds[1] += int(np.count_nonzero(np.abs(samples) >= _FULL))
        self._seconds[0] += len(samples)
        if self._seconds[0] >= self._rate:
            if self._seconds[1] > _CLIPPED * self._seconds[0]:
                self._complain(CLIPPED)
            self._seconds = [0, 0]

    def complaint(self) -> str | None:
        """The next thing to tell, once."""
        return self._waiting.pop(0) if self._waiting else None

    def _complain(self, what: str) -> None:
        if what not in self._made:
            self._made.add(what)
            self._waiting.append(what)
