"""The thread that looks: reads a camera or a screen, makes its frames as small as the model sees them, and passes a few
a second on. It keeps none of them."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

import numpy as np

from app.capture.camera import CameraError, FrameSource

log = logging.getLogger(__name__)

_PREVIEW = 0.1  # seconds between two frames that are passed on


class Eye:
    """One source from the first frame to the last; `on_frame` and `on_problem` are called on the eye's thread."""

    def __init__(
        self,
        source: FrameSource,
        pixels: int,
        on_frame: Callable[[np.ndarray], None],
        on_problem: Callable[[str], None],
    ) -> None:
        self._source, self._pixels = source, pixels
        self._on_frame, self._on_problem = on_frame, on_problem
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eye", daemon=True)
        self._thread.start()

    def close(self, patience: float = 0.0) -> None:
        """Look no more; the device is free a moment later, or after `patience` seconds at most."""
        self._stop.set()
        if patience:
            self._thread.join(patience)

    def _run(self) -> None:
        last = 0.0
        try:
            self._source.open()
            while not self._stop.is_set():
                frame = self._source.read()
                now = time.monotonic()
                if frame is not None and now - last >= _PREVIEW - 0.005 and not self._stop.is_set():
                    last = now
                    self._on_frame(shrink(frame, self._pixels))
        except CameraError as error:
            if not self._stop.is_set():
                self._on_problem(str(error))
        except Exception as error:  # a driver's own; told, because the picture stands still from now on
            log.exception("looking ended")
            if not self._stop.is_set():
                self._on_problem(f"The camera cannot be used ({type(error).__name__}: {error}).")
        finally:
            self._source.close()


def shrink(frame: np.ndarray, pixels: int) -> np.ndarray:
    """Uint8 [H, W, 3] with at most so many pixels, in its own proportions."""
    import cv2

    height, width = frame.shape[:2]
    scale = math.sqrt(pixels / (height * width))
    if scale >= 1.0:
        return frame
    size = max(1, int(width * scale)), max(1, int(height * scale))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
