"""Cameras through OpenCV, one frame after the other; a film in place of a device takes the same way."""

from __future__ import annotations

import logging
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

log = logging.getLogger(__name__)

_MOST_TRIED = 4  # device numbers, on systems that list no cameras


class CameraError(Exception):
    """There is nothing to see; the message is one sentence that says what to do."""


class FrameSource(Protocol):
    """Anything that is looked at like a camera. Raises CameraError; used on one thread, which it may keep waiting."""

    def open(self) -> None: ...
    def read(self) -> np.ndarray | None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class CameraInfo:
    """A camera there is: what people call it, and what `Camera` opens."""

    name: str
    device: str


class Camera:
    """A device by its number or path ("" is the first one), or a film, at its own pace."""

    def __init__(self, device: str = "") -> None:
        self.device = device
        self._capture: Any = None
        self._period = 0.0  # of a film's frames
        self._next = 0.0

    def open(self) -> None:
        """Open it; may take a second."""
        import cv2  # takes 0.2 s: paid by whoever looks, not by every start of the program

        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        film = Path(self.device).is_file()
        source: int | str = self.device if film or not self.device.isdigit() else int(self.device)
        self._capture = cv2.VideoCapture(source if self.device else 0)
        if not self._capture.isOpened():
            self.close()
            raise CameraError(
                "No camera could be opened; connect one, allow this program to use it, or close what else looks "
                "through it."
            )
        rate = self._capture.get(cv2.CAP_PROP_FPS) if film else 0.0
        self._period = 1.0 / rate if rate > 0 else 0.0
        self._next = time.monotonic()

    def read(self) -> np.ndarray | None:
        """The next frame, uint8 RGB [H, W, 3]; waits for it as long as the device does."""
        if self._period:
            self._next += self._period
            time.sleep(max(0.0, self._next - time.monotonic()))
        there, frame = self._capture.read()
        if not there:
            raise CameraError("The camera has gone; connect it and switch it on again.")
        return np.ascontiguousarray(frame[..., ::-1])

    def close(self) -> None:
        """Free the device."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None


def list_cameras() -> list[CameraInfo]:
    """What there is now. May take a second where cameras have to be tried: not for the GUI thread."""
    if sys.platform.startswith("linux"):
        return _from_sysfs(Path("/sys/class/video4linux"))
    found = []
    for number in range(_MOST_TRIED):
        camera = Camera(str(number))
        try:
            camera.open()
        except CameraError:
            break
        camera.close()
        found.append(CameraInfo(f"Camera {number + 1}", str(number)))
    return found


def _from_sysfs(folder: Path) -> list[CameraInfo]:
    """Linux names its devices; the second node of a camera carries only data about its pictures."""
    found = []
    for node in sorted(folder.glob("video*"), key=lambda path: (len(path.name), path.name)):
        try:
            first = (node / "index").read_text().strip() == "0"
            name = (node / "name").read_text().strip()
        except OSError as error:
            log.info("camera %s: %s", node, error)
            continue
        if first and os.access(f"/dev/{node.name}", os.R_OK):
            found.append(CameraInfo(name or node.name, f"/dev/{node.name}"))
    return found
