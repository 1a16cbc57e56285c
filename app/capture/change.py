"""Does a picture show something else than the one before? A still picture is not worth the context it would take."""

from __future__ import annotations

import numpy as np

_CELLS = (12, 16)  # rows and columns of which each is looked at on its own: a mouse pointer is no change, a hand is
_LEAST = 4.0  # of 255, by which a cell must be brighter or darker; what a camera's noise leaves is less than one


class ChangeDetector:
    """Remembers the last picture that was worth seeing."""

    def __init__(self) -> None:
        self._last: np.ndarray | None = None

    def changed(self, frame: np.ndarray) -> bool:
        """Whether uint8 [H, W, 3] differs from the last one for which this was True; the first one does."""
        cells = _brightness(frame)
        if self._last is not None and float(np.abs(cells - self._last).max()) < _LEAST:
            return False
        self._last = cells
        return True


def _brightness(frame: np.ndarray) -> np.ndarray:
    """Mean of each cell, float32 [rows, columns], of every colour's brightness."""
    import cv2  # takes 0.2 s: paid by whoever looks

    rows, columns = _CELLS
    return np.asarray(cv2.resize(frame, (columns, rows), interpolation=cv2.INTER_AREA), np.float32).mean(axis=2)
