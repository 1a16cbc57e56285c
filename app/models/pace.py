"""How fast a download goes, and how long it will still take."""

from __future__ import annotations

from collections import deque

_WINDOW = 15.0  # seconds that the rate is taken over: shorter jumps about, longer does not notice a line that stalls


class Pace:
    """Told from time to time how many bytes are there."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque()

    def note(self, now: float, done: int) -> None:
        """`done` bytes were there at `now`, in seconds of any clock."""
        if self._points and done < self._points[-1][1]:
            self._points.clear()  # a damaged file was taken back
        self._points.append((now, done))
        while len(self._points) > 2 and now - self._points[1][0] >= _WINDOW:
            self._points.popleft()

    @property
    def rate(self) -> float:
        """Bytes a second, lately; 0 where nothing is known or nothing moves."""
        if len(self._points) < 2:
            return 0.0
        (begin, first), (end, last) = self._points[0], self._points[-1]
        return (last - first) / (end - begin) if end > begin else 0.0

    def seconds_left(self, total: int) -> float | None:
        """Until all of `total` are there; None where nobody can say."""
        if not self._points or not self.rate:
            return None
        return max(0, total - self._points[-1][1]) / self.rate


def in_words(seconds: float | None) -> str:
    """A rest of time as a person says it."""
    if seconds is None:
        return "…"
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
