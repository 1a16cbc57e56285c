"""A plain face, drawn with a few curves: it listens, thinks and speaks.

Its mouth follows the loudness of the sound that is playing, its eyes are open while a camera or a screen is. Whoever
wants less motion gets a face that keeps still.
"""

from __future__ import annotations

import math
import time

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.view_models.conversation import Phase
from app.window.theme import Theme

_FRAME = 33  # milliseconds
_BLINK_EVERY, _BLINK = 4.2, 0.14  # seconds
_LIVELY = {Phase.LISTENING, Phase.THINKING, Phase.ANSWERING, Phase.SPEAKING, Phase.LOADING}


class Face(QWidget):
    """`show_phase`, `show_loudness` and `show_seeing` make it live.

    Attributes:
        mouth: how far it is open, from 0 to 1.
        eyes: the same of the eyes.
    """

    def __init__(self, theme: Theme, size: int = 104) -> None:
        super().__init__()
        self._theme = theme
        self._phase = Phase.IDLE
        self._seeing = self._still = False
        self._began = time.monotonic()
        self.mouth = 0.0
        self.setFixedSize(size, size)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._timer = QTimer(self, interval=_FRAME)
        self._timer.timeout.connect(self.update)
        theme.changed.connect(self.update)
        self._describe()

    def show_phase(self, phase: Phase) -> None:
        """What is going on."""
        self._phase = phase
        if phase is not Phase.SPEAKING:
            self.mouth = 0.0
        self._move()

    def show_loudness(self, loudness: float) -> None:
        """How loud the voice is that is heard right now, from 0 to 1; the mouth closes slower than it opens."""
        share = 0.75 if loudness > self.mouth else 0.45
        self.mouth += (loudness - self.mouth) * share
        if self._still:
            self.mouth = 0.35 if loudness > 0.0 else 0.0

    def show_seeing(self, seeing: bool) -> None:
        """Whether a camera or a screen is open."""
        if seeing != self._seeing:
            self._seeing = seeing
            self._move()

    def set_still(self, still: bool) -> None:
        """No motion at all."""
        self._still = still
        self._move()

    @property
    def eyes(self) -> float:
        """How far the eyes are open: wide while something is looked at, half closed while not, shut in a blink."""
        opened = 1.0 if self._seeing else 0.45
        blinking = not self._still and (time.monotonic() - self._began) % _BLINK_EVERY < _BLINK
        return 0.08 if blinking else opened

    @property
    def moving(self) -> bool:
        """Whether it is being drawn anew all the time."""
        return self._timer.isActive()

    def _move(self) -> None:
        if self._phase in _LIVELY and not self._still and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()
        self._describe()
        self.update()

    def _describe(self) -> None:
        eyes = self.tr("The face, eyes open: it sees") if self._seeing else self.tr("The face, eyes half closed")
        self.setAccessibleName(eyes)

    def showEvent(self, event: object) -> None:
        """It lives while it is seen."""
        self._move()

    def hideEvent(self, event: object) -> None:
        """And not otherwise."""
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Head, eyes, mouth."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._theme.tokens
        radius = self.width() * 0.46
        center = QPointF(self.width() / 2, self.height() / 2 + self._nod())
        skin = QLinearGradient(center - QPointF(radius, radius), center + QPointF(radius, radius))
        failed = self._phase is Phase.FAILED
        skin.setColorAt(0.0, QColor(tokens.faint if failed else tokens.accent).lighter(112))
        skin.setColorAt(0.55, QColor(tokens.faint if failed else tokens.accent))
        skin.setColorAt(1.0, QColor(tokens.faint if failed else tokens.warm))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(skin)
        painter.drawEllipse(center, radius, radius)
        ink = QColor("#0b1f1d")
        self._paint_eyes(painter, center, radius, ink)
        self._paint_mouth(painter, center, radius, ink)

    def _nod(self) -> float:
        if self._still:
            return 0.0
        seconds = time.monotonic() - self._began
        if self._phase is Phase.LISTENING:
            return 1.5 * math.sin(seconds * 2.2)
        return 0.8 * math.sin(seconds * 1.3) if self._phase in _LIVELY else 0.0

    def _paint_eyes(self, painter: QPainter, center: QPointF, radius: float, ink: QColor) -> None:
        look = 0.0
        if self._phase in (Phase.THINKING, Phase.LOADING):  # thinking, one looks aside
            look = 0.25 if self._still else 0.3 * math.sin((time.monotonic() - self._began) * 1.6)
        width, height = radius * 0.15, radius * 0.24 * self.eyes
        painter.setBrush(QColor("#ffffff") if self._seeing else ink)
        for side in (-1, 1):
            eye = center + QPointF(side * radius * 0.36, -radius * 0.16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor("#ffffff"))
            painter.drawEllipse(eye, width * 1.35, height * 1.2)
            painter.setBrush(ink)
            painter.drawEllipse(eye + QPointF(look * width * 2, 0), width * 0.75, min(width * 0.85, height))

    def _paint_mouth(self, painter: QPainter, center: QPointF, radius: float, ink: QColor) -> None:
        middle = center + QPointF(0, radius * 0.4)
        width, opened = radius * 0.36, radius * 0.34 * self.mouth
        smile = -radius * 0.07 if self._phase is Phase.FAILED else radius * 0.12
        path = QPainterPath(middle - QPointF(width, 0))
        path.quadTo(middle + QPointF(0, smile - opened * 0.55), middle + QPointF(width, 0))
        path.quadTo(middle + QPointF(0, smile + opened * 1.6), middle - QPointF(width, 0))
        painter.setPen(QPen(ink, max(2.5, radius * 0.06), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.setBrush(ink if opened > 1.0 else Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        if opened > radius * 0.12:
            tongue = QRectF(middle.x() - width * 0.45, middle.y() + smile + opened * 0.2, width * 0.9, opened * 0.4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor("#e0714c"))
            painter.drawEllipse(tongue)
