"""How long the GUI thread was busy or waited at a time, without what the machine's other programs took from it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

LONGEST_STALL = 0.05  # seconds that the GUI thread may be busy at a time


class Heartbeat:
    """A timer that should fire every 5 ms; keeps the longest time that it did not.

    What counts is the time between two beats less the time that the thread was ready to run and the processor was
    given to others (the second field of Linux's schedstat). Work of ours stays in it, and so does waiting for a lock, a
    pipe or a device. What is left of the machine's noise is the wait for a thread of this process that holds Python's
    lock and has itself been put aside: hence tests take the best of a few tries. A stall of ours comes every time.

    Attributes:
        longest: seconds, the worst until now.
        gaps: seconds, all of them; the timer's own 5 ms are in each.
        work: of the thread's own processor time, the most between two beats: no noise can add to this.
    """

    def __init__(self, parent: QObject) -> None:
        self.longest = self.work = 0.0
        self.gaps: list[float] = []
        self._schedstat = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._last = self._now()
        self._timer = QTimer(parent, interval=5)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def stop(self) -> None:
        """No more beats."""
        self._timer.stop()

    def percentile(self, share: float) -> float:
        """Seconds that this share of the gaps stays below."""
        return sorted(self.gaps)[min(len(self.gaps) - 1, int(share * len(self.gaps)))]

    def _beat(self) -> None:
        last, self._last = self._last, self._now()
        wall, delayed, work = (b - a for a, b in zip(last, self._last))
        self.gaps.append(wall - delayed)
        self.longest = max(self.longest, wall - delayed)
        self.work = max(self.work, work)

    def _now(self) -> tuple[float, float, float]:
        """Seconds: of the clock, ready but not running, running."""
        delayed = int(self._schedstat.read_text().split()[1]) / 1e9 if self._schedstat.exists() else 0.0
        return time.perf_counter(), delayed, time.thread_time()
