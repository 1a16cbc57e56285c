"""The frames of a film that the model saw, each with its time, in a row to scroll through; a click goes to one."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from app.view_models.message import clock
from app.window.theme import Theme

_HEIGHT, _WORDS, _GAP = 54, 18, 4  # points: of a frame, of its time, between frames


class FilmStrip(QScrollArea):
    """Frames uint8 [T, H, W, 3] at their `times` in seconds.

    Signals:
        frame_wanted: the index of the frame that was clicked, or that Enter was pressed on.
    """

    frame_wanted = Signal(int)

    def __init__(self, theme: Theme, frames: np.ndarray | list[np.ndarray], times: list[float]) -> None:
        super().__init__()
        self._row = _Row(theme, frames, times)
        self._row.frame_wanted.connect(self.frame_wanted)
        self._row.moved.connect(self.show_frame)
        self.setWidget(self._row)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusProxy(self._row)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT + _WORDS + 12)
        self.setProperty("kind", "strip")
        last = times[-1] if times else 0.0
        words = self.tr("%d frames that the model saw, up to %s; the arrow keys choose one, Enter plays from it")
        self._row.setAccessibleName(words % (len(times), clock(last)))

    def show_frame(self, index: int) -> None:
        """Mark a frame and bring it into sight."""
        self._row.choose(index)
        area = self._row.cell(index)
        self.ensureVisible(area.center().x(), area.center().y(), area.width(), 0)


class _Row(QWidget):
    """All frames side by side; draws those in sight, scaled when they are first drawn."""

    frame_wanted = Signal(int)
    moved = Signal(int)

    def __init__(self, theme: Theme, frames: np.ndarray | list[np.ndarray], times: list[float]) -> None:
        super().__init__()
        self._theme, self._frames, self._times = theme, frames, times
        self._chosen = -1
        self._drawn: dict[int, QImage] = {}
        height, width = frames[0].shape[:2] if len(frames) else (3, 4)
        self._width = max(36, min(140, round(_HEIGHT * width / height)))
        self.setFixedSize(len(times) * (self._width + _GAP), _HEIGHT + _WORDS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def cell(self, index: int) -> QRect:
        """Where a frame is."""
        return QRect(index * (self._width + _GAP), 0, self._width, _HEIGHT + _WORDS)

    def choose(self, index: int) -> None:
        """Mark a frame."""
        if index != self._chosen:
            self._chosen = index
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frames in sight."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self.font()
        font.setPixelSize(12)
        painter.setFont(font)
        step = self._width + _GAP
        first, last = event.rect().left() // step, min(len(self._times) - 1, event.rect().right() // step)
        tokens = self._theme.tokens
        for index in range(first, last + 1):
            area = self.cell(index)
            painter.drawImage(QRect(area.x(), 0, self._width, _HEIGHT), self._small(index))
            chosen = index == self._chosen
            if chosen:
                painter.setPen(QPen(QColor(tokens.accent), 3 if self.hasFocus() else 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(area.x() + 1.5, 1.5, self._width - 3, _HEIGHT - 3))
            painter.setPen(QColor(tokens.text if chosen else tokens.muted))
            words = QRect(area.x(), _HEIGHT, self._width, _WORDS)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, moment(self._times[index]))
        if self.hasFocus() and self._chosen < 0:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.drawRect(QRectF(1, 1, self._width - 2, _HEIGHT - 2))

    def _small(self, index: int) -> QImage:
        if index not in self._drawn:
            if len(self._drawn) > 60:  # what has been scrolled away is drawn anew when it comes back
                self._drawn.clear()
            frame = np.ascontiguousarray(self._frames[index])
            height, width, _ = frame.shape
            image = QImage(frame.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            size = QSize(self._width, _HEIGHT) * self.devicePixelRatioF()
            smooth = Qt.TransformationMode.SmoothTransformation
            self._drawn[index] = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
        return self._drawn[index]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a frame."""
        index = int(event.position().x()) // (self._width + _GAP)
        if 0 <= index < len(self._times):
            self.moved.emit(index)
            self.frame_wanted.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose, Enter and Space go there."""
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if key == Qt.Key.Key_Right else -1
            self.moved.emit(min(len(self._times) - 1, max(0, self._chosen + step)))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._chosen >= 0:
            self.frame_wanted.emit(self._chosen)
        else:
            super().keyPressEvent(event)


def moment(seconds: float) -> str:
    """A time as people write it, with a tenth where it is between two seconds: 0:03, 0:03.5."""
    whole = int(seconds + 1e-6)
    rest = round((seconds - whole) * 10)
    if rest == 10:
        whole, rest = whole + 1, 0
    return clock(whole) + (f".{rest}" if rest else "")
