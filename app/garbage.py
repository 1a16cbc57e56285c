"""When Python looks for objects that nobody can reach any more: on the GUI thread, young ones often, all of them in a
moment when nothing moves.

By itself its collector runs on whichever thread has made many objects, and stops all: a tenth of a second with a
conversation of ten thousand turns, while that is read or a reply comes. On another thread it may even delete widgets,
which Qt does not survive.
"""

from __future__ import annotations

import gc
import time

_YOUNG = 0.5  # seconds between two looks through what is new
_ALL = 30.0  # and through everything
_QUIET = 3.0  # seconds in which nothing has changed


class Garbage:
    """To be told of what moves; what is there at the start stays for good and is never looked through again."""

    def __init__(self) -> None:
        gc.disable()
        gc.collect()
        gc.freeze()
        self._young = self._all = self._moved = time.monotonic()
        self._last: object = None

    def tick(self, state: object, idle: bool) -> None:
        """To be called often: `state` is of the window, all is looked through once it has been the same for a while."""
        now = time.monotonic()
        if state != self._last or not idle:
            self._last, self._moved = state, now
        if now - self._moved > _QUIET and now - self._all > _ALL:
            gc.collect()
            self._all = self._young = time.monotonic()
        elif now - self._young > _YOUNG:
            gc.collect(1)
            self._young = time.monotonic()
