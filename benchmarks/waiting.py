"""Waiting in a program whose event loop is this process's own."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer


def wait_until(done: Callable[[], bool], longest: float = 600.0) -> None:
    """While the window lives on; SystemExit after so many seconds."""
    until = time.monotonic() + longest
    while not done():
        if time.monotonic() > until:
            raise SystemExit(f"The window did not come so far within {longest:.0f} s.")
        rest(3)


def rest(milliseconds: int) -> None:
    """Let the window live on for so long."""
    loop, timer = _loop_and_timer()
    timer.start(milliseconds)
    loop.exec()


@functools.cache
def _loop_and_timer() -> tuple[QEventLoop, QTimer]:
    """Connected once: PySide never forgets a connection, and a thousand waits a minute would look like a leak."""
    loop, timer = QEventLoop(), QTimer(singleShot=True)
    timer.timeout.connect(loop.quit)
    return loop, timer
