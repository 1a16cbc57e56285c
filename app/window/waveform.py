"""A voice as a row of bars: what was said aloud, and what the microphone hears right now."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.window.theme import Theme

_BAR, _GAP = 3, 2  # points


class Waveform(QWidget):
    """Bars of a recording; as many as fit, louder ones higher. A click, or the arrow keys, choose a place in it.

    Signals:
        place_wanted: the share of the recording before the chosen place, from 0 to 1.
    """

    place_wanted = Signal(float)

    def __init__(self, theme: Theme, height: int = 28) -> None:
        super().__init__()
        self._theme = theme
        self._levels = np.zeros(0, np.float32)
        self._played: float | None = None
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Place in the recording; the arrow keys move it"))
        theme.changed.connect(self.update)

    def show_played(self, share: float | None) -> None:
        """How far it has been played; None while it is not."""
        if share != self._played:
            self._played = share
            self.update()

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
        tokens = self._theme.tokens
        count = max(1, (self.width() + _GAP) // (_BAR + _GAP))
        bars = fit(self._levels, count)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 1.5))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75), 5, 5)
            painter.setPen(Qt.PenStyle.NoPen)
        for index, level in enumerate(bars):
            played = self._played is None or index < self._played * len(bars)
            painter.setBrush(QColor(tokens.accent if played else tokens.muted))
            height = max(_BAR, level * self.height())
            if not played:
                height = max(2, 0.6 * height)  # smaller too, so that it is not told by colour alone
            painter.drawRoundedRect(
                QRectF(index * (_BAR + _GAP), (self.height() - height) / 2, _BAR, height), _BAR / 2, _BAR / 2
            )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a place."""
        bars = max(1, min(len(self._levels), (self.width() + _GAP) // (_BAR + _GAP)))
        self.place_wanted.emit(min(1.0, max(0.0, event.position().x() / (bars * (_BAR + _GAP)))))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right by a twentieth, Home to the beginning."""
        step = {Qt.Key.Key_Left: -0.05, Qt.Key.Key_Right: 0.05, Qt.Key.Key_Home: -1.0}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self.place_wanted.emit(min(1.0, max(0.0, (self._played or 0.0) + step)))


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


def fit(levels: np.ndarray, count: int) -> np.ndarray:
    """As many bars as there is room for: the highest of those that share one; flat where there is nothing."""
    if not len(levels):
        return np.zeros(count, np.float32)
    if len(levels) <= count:
        return levels
    edges = np.linspace(0, len(levels), count + 1).astype(int)
    return np.array([levels[a:b].max() for a, b in zip(edges, edges[1:])], np.float32)  # noqa: RUF007
