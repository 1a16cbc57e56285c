"""Two faces turned to each other, as two crescents of light: the program's mark, and what shows whose turn it is.

Idle it rests; listening it swells with the person's voice; thinking it turns; speaking it beats. Whoever wants less
motion (`set_still`) gets the same shapes without it; the words beside it always say the same thing.
"""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPaintEvent, QRadialGradient
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.view_models.conversation import Phase
from app.window.theme import Theme, Tokens

_FRAME = 33  # milliseconds
_MOVING = {Phase.LISTENING, Phase.THINKING, Phase.ANSWERING, Phase.SPEAKING, Phase.LOADING}


class Orb(QWidget):
    """The mark at one size; `show_phase` makes it live."""

    def __init__(self, theme: Theme, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._size = theme, size
        self._phase = Phase.IDLE
        self._level = 0.0
        self._still = False
        self._began = time.monotonic()
        self._timer = QTimer(self, interval=_FRAME)
        self._timer.timeout.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.changed.connect(self.update)

    def set_size(self, size: int) -> None:
        """Be larger or smaller; 0 is not to be seen at all."""
        if size != self._size:
            self._size = size
            self.setVisible(size > 0)
            self.setFixedSize(size, size)

    def sizeHint(self) -> QSize:
        """As large as it was made."""
        return QSize(self._size, self._size)

    def show_phase(self, phase: Phase) -> None:
        """Move as this phase does."""
        self._phase = phase
        if phase in _MOVING and not self._still:
            self._timer.start()
        else:
            self._timer.stop()
        self.update()

    def show_level(self, level: float) -> None:
        """How loud the voice is that it moves with, from 0 to 1."""
        self._level += (level - self._level) * 0.5

    def set_still(self, still: bool) -> None:
        """No motion at all."""
        self._still = still
        self.show_phase(self._phase)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw one frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_mark(painter, QRectF(self.rect()), self._theme.tokens, self._angle(), self._swell(), self._phase)

    def _angle(self) -> float:
        """Degrees that the two halves are turned by."""
        if self._still or self._phase not in (Phase.THINKING, Phase.LOADING):
            return 0.0
        return (time.monotonic() - self._began) * 120.0 % 360.0

    def _swell(self) -> float:
        """Its size, 1 at most."""
        if self._still:
            return 0.92
        if self._phase is Phase.LISTENING:
            return 0.8 + 0.2 * min(1.0, self._level * 1.4)
        if self._phase in (Phase.SPEAKING, Phase.ANSWERING):
            return 0.88 + 0.08 * math.sin((time.monotonic() - self._began) * 7.0)
        return 0.92


def paint_mark(
    painter: QPainter,
    area: QRectF,
    tokens: Tokens,
    angle: float = 0.0,
    swell: float = 0.92,
    phase: Phase = Phase.IDLE,
    glow: bool = True,
) -> None:
    """Draw the mark: two half discs face to face with a gap of light between them."""
    radius = min(area.width(), area.height()) / 2 * swell
    painter.save()
    painter.translate(area.center())
    if glow and area.width() >= 64:
        _paint_glow(painter, radius, min(area.width(), area.height()) / 2, tokens, phase)
        radius *= 0.72
    painter.rotate(angle - 18.0)
    gap = max(1.0, radius * 0.09)
    faded = phase is Phase.FAILED
    for side, color in ((-1, QColor(tokens.accent)), (1, QColor(tokens.warm))):
        if faded:
            color = QColor(tokens.faint)
        shade = QLinearGradient(QPointF(0, -radius), QPointF(side * radius, radius))
        shade.setColorAt(0.0, color.lighter(118))
        shade.setColorAt(1.0, color.darker(108))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawPath(_half(radius, gap, side))
    painter.restore()


def _half(radius: float, gap: float, side: int) -> QPainterPath:
    """A half disc whose flat side has the profile of a face: brow, nose and chin, as one soft wave."""
    bend = radius * 0.17
    path = QPainterPath()
    edge = side * gap
    path.moveTo(edge, -math.sqrt(radius**2 - gap**2))
    path.cubicTo(
        QPointF(edge - bend, -radius * 0.4),
        QPointF(edge + bend, radius * 0.4),
        QPointF(edge, math.sqrt(radius**2 - gap**2)),
    )
    disc = QRectF(-radius, -radius, 2 * radius, 2 * radius)
    offset = math.degrees(math.asin(gap / radius))
    if side > 0:
        path.arcTo(disc, -90 + offset, 180 - 2 * offset)
    else:
        path.arcTo(disc, -90 - offset, -(180 - 2 * offset))
    path.closeSubpath()
    return path


def _paint_glow(painter: QPainter, radius: float, whole: float, tokens: Tokens, phase: Phase) -> None:
    color = QColor(tokens.warm if phase in (Phase.SPEAKING, Phase.ANSWERING) else tokens.accent)
    glow = QRadialGradient(QPointF(0, 0), radius)
    color.setAlpha(70 if tokens.dark else 56)
    glow.setColorAt(0.55, color)
    color.setAlpha(0)
    glow.setColorAt(1.0, color)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(glow)
    painter.drawEllipse(QPointF(0, 0), min(radius, whole), min(radius, whole))
