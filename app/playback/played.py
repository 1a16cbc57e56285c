"""What the loudspeaker is given, silence included, for whoever must know what the room hears: the echo canceller."""

from __future__ import annotations

import numpy as np

from app.capture.sound_clock import SoundClock

_SECONDS = 12  # longer than the microphone's ring: even what is read late has its counterpart


class Played:
    """The last seconds, float32 mono; written by one audio callback, read on another thread.

    Attributes:
        clock: when its samples are heard; written: samples ever written.
    """

    def __init__(self, rate: int) -> None:
        self.clock = SoundClock(rate)
        self._data = np.zeros(_SECONDS * rate, np.float32)
        self.written = 0

    def write(self, block: np.ndarray, heard_at: float) -> None:
        """The next block, which is heard from then on. Callback only: copies, allocates nothing."""
        self.clock.note(self.written, heard_at)
        start, size = self.written % len(self._data), len(self._data)
        first = min(len(block), size - start)
        self._data[start : start + first] = block[:first]
        self._data[: len(block) - first] = block[first:]
        self.written += len(block)

    def read(self, start: int, count: int) -> np.ndarray:
        """So many samples from a position on; zeros for those that are not there, no longer or not yet."""
        out = np.zeros(count, np.float32)
        low = max(start, self.written - len(self._data) + self.clock.rate // 10, 0)  # not where it is being written
        high = min(start + count, self.written)
        if low < high:
            # Not take(mode="wrap"): that subtracts the size until it fits, longer with every minute of a call.
            out[low - start : high - start] = self._data[np.arange(low, high) % len(self._data)]
        return out
