"""How long one waited for an answer, as bars one below the other along one line of time, with the figures in words."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.view_models.latency import Latency, Stage
from app.window.theme import Theme

_ROW, _BAR, _PADDING, _WIDEST = 22, 10, 10, 520  # points


class Waterfall(QWidget):
    """From the end of what was said to the first word and the first sound at the device."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: list[tuple[str, Stage]] = []
        self._footer = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_latency(self, latency: Latency) -> None:
        """Draw these times."""
        names = {
            "silence": self.tr("silence that ends the turn"),
            "text": self.tr("first word"),
            "sound": self.tr("first sound at the device"),
        }
        self._rows = [(names[stage.kind], stage) for stage in latency.stages]
        facts = []
        if latency.real_time_factor is not None:
            facts.append(self.tr("real-time factor %.2f") % latency.real_time_factor)
        if latency.memory_bytes:
            facts.append(self.tr("engine memory %.1f GB") % (latency.memory_bytes / 1e9))
        self._footer = "  ·  ".join(facts)
        told = [self.tr("%s: %.2f s") % (name, stage.end) for name, stage in self._rows]
        self.setAccessibleName("; ".join([*told, *facts]))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A row for each stage and one for the rest."""
        rows = len(self._rows) + bool(self._footer)
        return QSize(_WIDEST, rows * _ROW + 2 * _PADDING)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the bars."""
        tokens = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.raised))
        painter.drawRoundedRect(QRectF(self.rect()), 10, 10)
        font = self.font()
        font.setPixelSize(13)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        labels = max((metrics.horizontalAdvance(name) for name, _ in self._rows), default=0) + 14
        figures = metrics.horizontalAdvance("00.00 s") + 8
        longest = max((stage.end for _, stage in self._rows), default=1.0) or 1.0
        room = min(_WIDEST, self.width()) - labels - figures - 2 * _PADDING
        colors = {"silence": tokens.muted, "text": tokens.accent, "sound": tokens.warm}
        for index, (name, stage) in enumerate(self._rows):
            top = _PADDING + index * _ROW
            painter.setPen(QColor(tokens.text))
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(_PADDING, top, labels, _ROW), middle, name)
            left = _PADDING + labels + max(0.0, stage.begin) / longest * room
            width = max(2.0, (stage.end - max(0.0, stage.begin)) / longest * room)
            painter.drawText(QRectF(left + width + 6, top, figures, _ROW), middle, self.tr("%.2f s") % stage.end)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors[stage.kind]))
            painter.drawRoundedRect(QRectF(left, top + (_ROW - _BAR) / 2, width, _BAR), 3, 3)
        if self._footer:
            painter.setPen(QColor(tokens.muted))
            top = _PADDING + len(self._rows) * _ROW
            area = QRectF(_PADDING, top, self.width() - 2 * _PADDING, _ROW)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._footer)
