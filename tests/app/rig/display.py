"""A private X server without a screen, and hands on its keyboard and mouse."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.app.rig.programs import end, program, wait_for


class PrivateDisplay:
    """An Xvfb of its own; `environment` is what programs on it need."""

    def __init__(self, size: str = "1280x1000") -> None:
        # -displayfd lets the server choose a free number: two test runs on one machine do not meet.
        reading, writing = os.pipe()
        # -noreset, because a server that starts anew when its last client leaves turns the next one away.
        command = [program("Xvfb"), "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
        self._server = subprocess.Popen([*command, "-noreset"], pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, "Xvfb ended before it had a display"
        self.name = f":{number}"

    @property
    def environment(self) -> dict[str, str]:
        """Added to the environment of a program, this display is where its windows appear."""
        return {"DISPLAY": self.name, "QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": ""}

    def xdotool(self, *arguments: str) -> str:
        """What xdotool prints."""
        done = subprocess.run(
            [program("xdotool"), *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=30,
        )
        return done.stdout.strip()

    def window(self, title: str) -> str:
        """The number of the visible window with this title; waits until there is one."""
        wait_for(lambda: bool(self._windows(title)), f"for a window named {title}", 20)
        return self._windows(title)[-1]

    def shows(self, title: str) -> bool:
        """Whether there is a visible window with this title."""
        return bool(self._windows(title))

    def _windows(self, title: str) -> list[str]:
        return self.xdotool("search", "--onlyvisible", "--name", title).split()

    def focus(self, window: str) -> None:
        """Give a window the keyboard, as a window manager would."""
        self.xdotool("windowraise", window, "windowfocus", "--sync", window)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, named as X does: "ctrl+space", "Return"."""
        self.xdotool("key", *keys)

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        self.xdotool("type", "--delay", "15", text)

    def drag(self, start: tuple[int, int], to: tuple[int, int]) -> None:
        """Drag with the mouse, as slowly as a hand does."""
        self.xdotool("mousemove", *map(str, start), "mousedown", "1")
        for step in range(1, 9):
            x, y = (round(a + (b - a) * step / 8) for a, b in zip(start, to))
            time.sleep(0.06)
            self.xdotool("mousemove", str(x), str(y))
        time.sleep(0.2)
        self.xdotool("mouseup", "1")

    def close(self) -> None:
        """End the server."""
        end(self._server)


_SOURCE = """
import sys
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel
class Source(QLabel):
    def mousePressEvent(self, event):
        drag, data = QDrag(self), QMimeData()
        data.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)
application = QApplication([])
label = Source("drag me")
label.setWindowTitle("files")
label.setGeometry(1000, 40, 200, 150)
label.show()
application.exec()
"""


@contextmanager
def drag_source(display: PrivateDisplay, path: Path) -> Iterator[None]:
    """A window of another program, around (1100, 110), from which this file can be dragged."""
    files = subprocess.Popen([sys.executable, "-c", _SOURCE, str(path)], env={**os.environ, **display.environment})
    try:
        display.window("files")
        time.sleep(0.3)
        yield
    finally:
        end(files)
