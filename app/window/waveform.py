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


def levels_of(pieces: list[np.ndarray], sample_rate: int) -> np.ndarray:
    """Peaks of every tenth of a second, scaled so that the loudest is 1."""
    if not pieces:
        return np.zeros(0, np.float32)
    samples = np.abs(np.concatenate(pieces))
    width = sample_rate // 10
    peaks = np.array([samples[i : i + width].max() for i in range(0, len(samples), width)], np.float32)
    return np.asarray(peaks / max(float(peaks.max()), 1e-3), np.float32)


def fit(levels: np.ndarray, count: int) -> np.ndarray:
    """As many bars as there is room for: the highest of those that share one; flat where there is nothing."""
    if not len(levels):
        return np.zeros(count, np.float32)
    if len(levels) <= count:
        return levels
    edges = np.linspace(0, len(levels), count + 1).astype(int)
    return np.array([levels[a:b].max() for a, b in zip(edges, edges[1:])], np.float32)  # noqa: RUF007
