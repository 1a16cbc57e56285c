"""A ring of samples between one writer and one reader on different threads, one of which is an audio callback.

No lock: each side moves only its own counter, after it has copied, and Python's integers change hands atomically.
"""

from __future__ import annotations

import numpy as np


class RingBuffer:
    """Float32 samples, first in first out. `kept` of those that have been read stay, for a reader that goes back.

    Attributes:
        written: samples ever written; only the writer changes it.
        consumed: samples ever read or skipped; only the reader changes it.
        dropped: samples that came when the ring was full.
    """

    def __init__(self, capacity: int, kept: int = 0) -> None:
        # Zeros are mapped lazily: a large ring costs nothing until it is used.
        self._data = np.zeros(capacity + kept, np.float32)
        self._kept = kept
        self._first = 0  # the sample, counted as `written` counts, that lies at the beginning of the memory
        self.written = 0
        self.consumed = 0
        self.dropped = 0

    def __len__(self) -> int:
        return self.written - self.consumed

    def write(self, samples: np.ndarray) -> int:
        """Append what fits and return how many that were; the rest is counted as dropped. Writer only."""
        count = min(len(samples), len(self._data) - self._kept - len(self))
        self.dropped += len(samples) - count
        start = (self.written - self._first) % len(self._data)
        first = min(count, len(self._data) - start)
        self._data[start : start + first] = samples[:first]
        self._data[: count - first] = samples[first:count]
        self.written += count
        return count

    def start_over(self) -> None:
        """Where nothing waits, go on at the beginning of the memory: of a large ring only as much is ever used as has
        waited at a time. The reader cannot go back any more. Writer only, and while the reader does not go back."""
        if not len(self):
            self._first = self.written

    def read_into(self, out: np.ndarray) -> int:
        """Fill `out` from its beginning with what there is, and return how many samples that were. Reader only."""
        count = min(len(out), len(self))
        start = (self.consumed - self._first) % len(self._data)
        first = min(count, len(self._data) - start)
        out[:first] = self._data[start : start + first]
        out[first:count] = self._data[: count - first]
        self.consumed += count
        return count

    def read(self) -> np.ndarray:
        """Everything there is. Reader only."""
        out = np.empty(len(self), np.float32)
        return out[: self.read_into(out)]

    def skip_to(self, position: int) -> None:
        """Forget what lies before `position`, counted as `written` counts. Reader only."""
        self.consumed = max(self.consumed, min(position, self.written))

    def go_back(self, count: int) -> None:
        """Read what has just been read once more, `count` samples or as many as are kept. Reader only."""
        self.consumed -= max(0, min(count, self._kept, self.consumed))
