"""A voice as a row of bars: what was said aloud, and what the microphone hears right now."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window.theme import Theme

_BAR, _GAP = 3, 2  # points


class Waveform(QWidget):
    """Bars of a recording; as many as fit, louder ones higher."""

    def __init__(self, theme: Theme, height: int = 28) -> None:
        super().__init__()
        self._theme = theme
        self._levels = np.zeros(0, np.float32)
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_levels(self, levels: np.ndarray) -> None:
        """One number from 0 to 1 per tenth of a second."""
        self._levels = levels
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Longer for a longer recording, within limits."""
        bars = min(48, max(12, len(self._levels)))
        return QSize(bars * (_BAR + _GAP), self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.accent))
        count = max(1, (self.width() + _GAP) // (_BAR + _GAP))
        for index, level in enumerate(fit(self._levels, count)):
            height = max(_BAR, level * self.height())
            painter.drawRoundedRect(
                QRectF(index * (_BAR + _GAP), (self.height() - height) / 2, _BAR, height), _BAR / 2, _BAR / 2
            )


class LevelMeter(QWidget):
    """The microphone's level over the last second or so, the newest on the right."""

    _BARS = 18

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._history = np.zeros(self._BARS, np.float32)
        self.setFixedSize(self._BARS * (_BAR + _GAP), 22)
        self.setAccessibleName(self.tr("Microphone level"))

    def push(self, level: float) -> None:
        """The level now, from 0 to 1."""
        self._history = np.roll(self._history, -1)
        self._history[-1] = level
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.accent))
        for index, level in enumerate(self._history):
            height = max(_BAR, float(level) ** 1.5 * self.height())
            painter.drawRoundedRect(
                QRectF(index * (_BAR + _GAP), (self.height() - height) / 2, _BAR, height), _BAR / 2, _BAR / 2
            )


class Peaks:
    """Of every tenth of a second of a recording that grows; each sample is looked at once."""

    def __init__(self, sample_rate: int) -> None:
        self._width = sample_rate // 10
        self._peaks: list[float] = []
        self._pieces = 0
        self._filled = self._width  # samples that the last peak stands for

    def take(self, pieces: list[np.ndarray]) -> None:
        """All pieces until now; the ones that were there before are known."""
        for piece in pieces[self._pieces :]:
            self._add(np.abs(piece))
        self._pieces = len(pieces)

    def levels(self) -> np.ndarray:
        """Scaled so that the loudest is 1."""
        return np.asarray(np.array(self._peaks) / max([*self._peaks, 1e-3]), np.float32)

    def _add(self, loud: np.ndarray) -> None:
        while len(loud):
            if self._filled == self._width:
                self._peaks.append(0.0)
                self._filled = 0
            part = loud[: self._width - self._filled]
            self._peaks[-1] = max(self._peaks[-1], float(part.max()))
            self._filled += len(part)
            loud = loud[len(part) :]


def fit(levels: np.ndarray, count: int) -> np.ndarray:
    """As many bars as there is room for: the highest of those that share one; flat where there is nothing."""
    if not len(levels):
        return np.zeros(count, np.float32)
    if len(levels) <= count:
        return levels
    edges = np.linspace(0, len(levels), count + 1).astype(int)
    return np.array([levels[a:b].max() for a, b in zip(edges, edges[1:])], np.float32)  # noqa: RUF007
