"""When a sample of a stream is heard or was said, from what the device tells with every block."""

from __future__ import annotations

import numpy as np

_GAP = 0.15  # seconds
_NOTES = 64  # blocks that are looked at together: the times of single ones are off by some milliseconds


class SoundClock:
    """One writer, on an audio callback, and readers anywhere: nothing is allocated, nothing is locked. A reader may see
    one of the notes half written; the median does not care."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._origins = np.zeros(_NOTES)  # when sample 0 would have been, as each block says
        self._count = 0

    def note(self, position: int, seconds: float) -> None:
        """The sample at `position` is heard, or was said, at that time of the monotonic clock."""
        origin = seconds - position / self.rate
        if self._count and abs(origin - self._origins[(self._count - 1) % _NOTES]) > _GAP:
            self._count = 0  # sound was lost, or the machine has slept: what was before says nothing any more
        self._origins[self._count % _NOTES] = origin
        self._count += 1

    @property
    def origin(self) -> float | None:
        """When sample 0 would have been, as far as the latest blocks say; None before the first."""
        return float(np.median(self._origins[: min(self._count, _NOTES)])) if self._count else None
