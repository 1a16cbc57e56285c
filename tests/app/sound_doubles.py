"""A microphone and a loudspeaker that need no device, and keep to the clock as real ones do."""

from __future__ import annotations

import time

import numpy as np


class RecordedVoice:
    """A microphone that gives what a test says into it, in real time, and silence in between."""

    def __init__(self) -> None:
        self._queue = np.zeros(0, np.float32)
        self._last = time.monotonic()
        self.opened = 0

    def say(self, samples: np.ndarray) -> None:
        """Speak from now on: float32 mono 16 kHz."""
        self._queue = np.concatenate([self._queue, samples.astype(np.float32)])

    def open(self) -> None:
        self.opened += 1
        self._last = time.monotonic()

    def read(self) -> np.ndarray:
        now = time.monotonic()
        count = int((now - self._last) * 16_000)
        self._last += count / 16_000
        said, self._queue = self._queue[:count], self._queue[count:]
        return np.concatenate([said, np.zeros(count - len(said), np.float32)])

    def close(self) -> None:
        pass


class TimedSpeaker:
    """A loudspeaker that plays into nothing, as fast as a real one."""

    def __init__(self, device: str = "") -> None:
        self.device = device
        self.problem: str | None = None
        self._seconds = 0.0
        self._began: float | None = None
        self._stopped_at: float | None = None

    def open(self) -> bool:
        return True

    def close(self) -> None:
        self.stop()

    def begin(self) -> None:
        self._seconds, self._began, self._stopped_at = 0.0, None, None

    def play(self, samples: np.ndarray, sample_rate: int) -> None:
        self._began = self._began or time.monotonic()
        self._seconds += len(samples) / sample_rate

    def finish(self) -> None:
        pass

    def stop(self) -> float:
        heard = self.played_seconds
        self._stopped_at = heard if self._stopped_at is None else self._stopped_at
        return heard

    @property
    def played_seconds(self) -> float:
        if self._stopped_at is not None:
            return self._stopped_at
        return min(self._seconds, time.monotonic() - self._began) if self._began is not None else 0.0

    @property
    def playing(self) -> bool:
        return self._stopped_at is None and self._began is not None and self.played_seconds < self._seconds
