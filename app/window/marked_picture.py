"""A picture with what the model found in it: boxes and points with their names, in colours that stand out from it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.view_models.grounding import Mark
from app.window.pixels import paint_rounded, to_image

_COLORS = ("#0f766e", "#b4401a", "#1d4ed8", "#86198f", "#3f6212", "#9f1239")


class MarkedPicture(QWidget):
    """`marks` are in pixels of a picture of the size `seen` (width, height)."""

    def __init__(self, pixels: np.ndarray, largest: QSize) -> None:
        super().__init__()
        self._whole, self._image = to_image(pixels), QImage()
        self._marks: list[Mark] = []
        self._found: list[Mark] = []
        self._seen = (1, 1)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_largest(largest)

    def set_largest(self, largest: QSize) -> None:
        """There is other room for it."""
        size = self._whole.size().scaled(largest, Qt.AspectRatioMode.KeepAspectRatio)
        if size != self.size() or self._image.isNull():
            smooth = Qt.TransformationMode.SmoothTransformation
            self._image = self._whole.scaled(size * 2, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self.setFixedSize(size)
            self.show_marks(self._found, self._seen)

    @property
    def shown(self) -> list[Mark]:
        """The marks, in points of this widget."""
        return self._marks

    def show_marks(self, marks: list[Mark], seen: tuple[int, int]) -> None:
        """Draw these."""
        self._found, self._seen = marks, seen
        self._marks = [mark.scaled(self.width() / seen[0], self.height() / seen[1]) for mark in marks]
        names = [mark.label for mark in marks if mark.label]
        self.setAccessibleName(self.tr("Picture with %d marks: %s") % (len(marks), ", ".join(names)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, then the marks."""
        painter = QPainter(self)
        paint_rounded(painter, self.rect(), self._image)
        font = self.font()
        font.setPixelSize(13)
        font.setBold(True)
        painter.setFont(font)
        labels = sorted({mark.label for mark in self._marks})
        for mark in self._marks:
            self._paint_mark(painter, mark, QColor(_COLORS[labels.index(mark.label) % len(_COLORS)]))

    def _paint_mark(self, painter: QPainter, mark: Mark, color: QColor) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if mark.is_point:
            center = QPointF(*mark.place)
            painter.setPen(QPen(QColor("white"), 2))
            painter.setBrush(color)
            painter.drawEllipse(center, 7, 7)
            corner = center + QPointF(10, -10)
        else:
            left, top, right, bottom = mark.place
            area = QRectF(QPointF(left, top), QPointF(right, bottom))
            for pen in (QPen(QColor(255, 255, 255, 200), 4.5), QPen(color, 2.5)):  # the light edge shows it on dark too
                painter.setPen(pen)
                painter.drawRoundedRect(area, 4, 4)
            corner = area.topLeft()
        if mark.label:
            self._paint_label(painter, mark.label, corner, color)

    def _paint_label(self, painter: QPainter, label: str, corner: QPointF, color: QColor) -> None:
        metrics = QFontMetricsF(painter.font())
        text = metrics.elidedText(label, Qt.TextElideMode.ElideRight, 160)
        width, height = metrics.horizontalAdvance(text) + 12, metrics.height() + 4
        left = min(max(0.0, corner.x()), self.width() - width)
        above = corner.y() - height - 2
        area = QRectF(left, above if above >= 0 else corner.y() + 3, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(area, 5, 5)
        painter.setPen(QColor("white"))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
