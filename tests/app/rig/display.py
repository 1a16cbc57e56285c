"""A private X server without a screen, and hands on its keyboard and mouse."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from Xlib import X
from Xlib.display import Display

from tests.app.rig.programs import end, program, wait_for


class PrivateDisplay:
    """An Xvfb of its own; `environment` is what programs on it need. `behind_clients`: what it does when the last of
    them leaves; "-terminate" ends it."""

    def __init__(self, size: str = "1280x1000", behind_clients: str = "-noreset") -> None:
        # -displayfd lets the server choose a free number: two test runs on one machine do not meet.
        reading, writing = os.pipe()
        # Without an option it would start anew and, meanwhile, turn the next one away.
        command = [program("Xvfb"), "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
        self._server = subprocess.Popen([*command, behind_clients], pass_fds=[writing], stderr=subprocess.DEVNULL)
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

    def click(self, x: int, y: int) -> None:
        """Press the mouse's button there and let it go."""
        self.xdotool("mousemove", str(x), str(y), "click", "1")

    def picture(self, left: int, top: int, width: int, height: int) -> bytes:
        """What is seen there, one row of pixels after the other."""
        connection = Display(self.name)
        try:
            root = connection.screen().root
            return bytes(root.get_image(left, top, width, height, X.ZPixmap, 0xFFFFFF).data)
        finally:
            connection.close()

    def close(self) -> None:
        """End the server."""
        end(self._server)


_SOURCE = """
import sys
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel
class Source(QLabel):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("shown", flush=True)
    def mousePressEvent(self, event):
        drag, data = QDrag(self), QMimeData()
        data.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        drag.setMimeData(data)
        drag.actionChanged.connect(lambda action: print("welcome" if action else "unwelcome", flush=True))
        print("dragging", flush=True)
        print("dropped" if drag.exec(Qt.DropAction.CopyAction) else "refused", flush=True)
application = QApplication([])
label = Source("drag me")
label.setWindowTitle("files")
label.setGeometry(1000, 40, 200, 150)
label.show()
application.exec()
"""
_SOURCE_PLACE = (1100, 110)


class DragSource:
    """A window of another program with a file that can be dragged away; it tells how the drag goes."""

    def __init__(self, display: PrivateDisplay, path: Path) -> None:
        self._display = display
        command = [sys.executable, "-c", _SOURCE, str(path)]
        environment = {**os.environ, **display.environment}
        self._program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        self._told: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self._wait_for("shown")

    def drag_to(self, x: int, y: int) -> None:
        """With the mouse, as a hand does: it lets go once the window there shows that the file is welcome, and returns
        once that does so no more, since it has the file. The source must live until then: it is asked for the file."""
        (from_x, from_y), mouse = _SOURCE_PLACE, self._display.xdotool
        before = self._seen(x, y)
        mouse("mousemove", str(from_x), str(from_y), "mousedown", "1")
        self._wait_for("dragging")
        for step in range(1, 9):
            mouse("mousemove", str(from_x + (x - from_x) * step // 8), str(from_y + (y - from_y) * step // 8))
            time.sleep(0.03)
        self._wait_for("welcome")
        wait_for(lambda: self._seen(x, y) != before, "for the window to show that it takes the file", 30)
        hovering = self._seen(x, y)
        mouse("mouseup", "1")
        wait_for(lambda: self._told[-1] in ("dropped", "refused"), "for the drag to end", 30)
        assert self._told[-1] == "dropped"
        wait_for(lambda: self._seen(x, y) != hovering, "for the window to have taken the file", 30)

    def _seen(self, x: int, y: int) -> bytes:
        return self._display.picture(x - 100, y + 20, 200, 100)  # beside the mouse

    def close(self) -> None:
        """The other program ends."""
        end(self._program)

    def _listen(self) -> None:
        assert self._program.stdout is not None
        for line in self._program.stdout:
            self._told.append(line.strip())

    def _wait_for(self, word: str) -> None:
        wait_for(lambda: word in self._told, f"for the window with the file to say {word!r}", 30)


@contextmanager
def drag_source(display: PrivateDisplay, path: Path) -> Iterator[DragSource]:
    """A window of another program from which this file can be dragged; while it is there, it may be over others."""
    source = DragSource(display, path)
    try:
        yield source
    finally:
        source.close()
