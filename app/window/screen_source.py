"""A screen or a window as something to look at: grabbed on the GUI thread, where Qt allows it.

The pictures are handed to the eye's thread. Windows of other programs can be looked at on X11, where `list_windows`
finds them. On Wayland no program may look at a screen by itself; that would take the desktop portal, which Qt's basic
libraries do not speak, so it is said.
"""

from __future__ import annotations

import contextlib
import queue

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage

from app.capture.camera import CameraError
from app.window.pixels import to_pixels

_PERIOD = 500  # milliseconds
_LARGEST = 1280  # pixels of the longer side that are handed on


class ScreenSource(QObject):
    """The screen of this name; "" is the first one. Made on the GUI thread, read on another."""

    gone = "The screen has gone; choose another one."

    def __init__(self, name: str = "") -> None:
        # With a parent it is Qt's: the eye's thread, whose reference is the last, must not be the one that deletes it.
        super().__init__(QGuiApplication.instance())
        self.name = name
        self._images: queue.Queue[QImage | None] = queue.Queue(maxsize=1)
        self._closed = False
        self._timer = QTimer(self, interval=_PERIOD)
        self._timer.timeout.connect(self._grab)
        self._timer.start()
        QTimer.singleShot(0, self, self._grab)

    def open(self) -> None:
        """CameraError where screens may not be looked at."""
        if QGuiApplication.platformName().startswith("wayland"):
            raise CameraError(
                "On Wayland this program may not look at the screen; share a picture of it instead (paste works), or "
                "start the program with QT_QPA_PLATFORM=xcb."
            )

    def read(self) -> np.ndarray | None:
        """The next picture of the screen, uint8 [H, W, 3]; None where none has come for a while."""
        try:
            image = self._images.get(timeout=1.0)
        except queue.Empty:
            return None
        if image is None:
            raise CameraError(self.gone)
        return to_pixels(image)

    def close(self) -> None:
        """Grab no more; the timer, which belongs to the GUI thread, ends itself."""
        self._closed = True

    def grab(self) -> QImage | None:
        """What is to be seen now; null or None where there is nothing."""
        screens = {screen.name(): screen for screen in reversed(QGuiApplication.screens())}
        screen = screens.get(self.name) if self.name else QGuiApplication.primaryScreen()
        return None if screen is None else screen.grabWindow(0).toImage()

    def _grab(self) -> None:
        if self._closed:
            self._timer.stop()
            self.deleteLater()
            return
        image = self.grab()
        if image is not None and max(image.width(), image.height()) > _LARGEST:
            image = image.scaled(_LARGEST, _LARGEST, Qt.AspectRatioMode.KeepAspectRatio)
        with contextlib.suppress(queue.Empty):
            self._images.get_nowait()  # one that nobody has fetched is old by now
        self._images.put_nowait(image if image is None or not image.isNull() else None)


class WindowSource(ScreenSource):
    """The window of this number, as `list_windows` tells it."""

    gone = "The window has gone or cannot be seen; choose another one."

    def grab(self) -> QImage | None:
        """What is to be seen of it now."""
        return QGuiApplication.primaryScreen().grabWindow(int(self.name)).toImage()


def screen_names() -> list[str]:
    """What `ScreenSource` takes."""
    return [screen.name() for screen in QGuiApplication.screens()]
