"""A file that goes with a question: its picture or its kind, its name and size, and a way to take it out again."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from app.media import MediaKind
from app.view_models.message import Attachment, AttachmentState
from app.window.controls import IconButton
from app.window.icons import pixmap
from app.window.messages import retell
from app.window.pixels import to_image
from app.window.theme import Theme

_SIDE = 40  # points of the little picture
_ICONS = {MediaKind.IMAGE: "image", MediaKind.AUDIO: "sound", MediaKind.VIDEO: "video"}


class FileChip(QFrame):
    """One attachment; `removed` when the person does not want it."""

    removed = Signal(object)

    def __init__(self, theme: Theme, attachment: Attachment, removable: bool) -> None:
        super().__init__()
        self.attachment, self._theme = attachment, theme
        self._known: object = None
        self.setProperty("kind", "chip")
        self._picture = QLabel()
        self._picture.setFixedSize(_SIDE, _SIDE)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._name, self._detail = QLabel(), QLabel()
        self._detail.setProperty("kind", "muted")
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addWidget(self._detail)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 6, 10, 6)
        row.setSpacing(10)
        row.addWidget(self._picture)
        row.addLayout(words)
        if removable:
            remove = self.remove = IconButton(theme, "close", self.tr("Remove %s") % attachment.path.name, "small", 14)
            remove.clicked.connect(lambda: self.removed.emit(self.attachment))
            row.setContentsMargins(6, 6, 6, 6)
            row.addWidget(remove)
        theme.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is known of the file by now."""
        attachment = self.attachment
        known = attachment.state, attachment.progress, attachment.thumbnail is not None, self._theme.tokens
        if known == self._known:
            return
        self._known = known
        name = attachment.path.name
        self._name.setText(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 180))
        self._detail.setText(self._state())
        self.setToolTip(retell(attachment.problem) or str(attachment.path))
        self.setAccessibleName(f"{name}, {self._state()}")
        if attachment.thumbnail is not None:
            self._picture.setPixmap(rounded(attachment.thumbnail, _SIDE, 8, self.devicePixelRatioF()))
        else:
            color = self._theme.tokens.accent
            self._picture.setPixmap(pixmap(_ICONS[attachment.kind], color, 22, self.devicePixelRatioF()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The chip, and while it is read a line that grows."""
        super().paintEvent(event)
        attachment = self.attachment
        if attachment.state is not AttachmentState.READING or not attachment.progress:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.tokens.accent))
        width = (self.width() - 24) * attachment.progress
        painter.drawRoundedRect(QRectF(12, self.height() - 5, width, 3), 1.5, 1.5)

    def _state(self) -> str:
        if self.attachment.state is AttachmentState.READING:
            share = self.attachment.progress
            return self.tr("reading, %d %%") % round(100 * share) if share else self.tr("reading…")
        if self.attachment.state is AttachmentState.FAILED:
            return self.tr("cannot be used")
        return self.attachment.detail


class Picture(QLabel):
    """A larger picture of an attachment inside a message."""

    def __init__(self, attachment: Attachment, largest: QSize) -> None:
        super().__init__()
        assert attachment.thumbnail is not None
        image = to_image(attachment.thumbnail)
        size = image.size().scaled(largest, Qt.AspectRatioMode.KeepAspectRatio)
        scale = self.devicePixelRatioF()
        source = QPixmap.fromImage(image).scaled(
            size * scale, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        source.setDevicePixelRatio(scale)
        self.setPixmap(_clip(source, 12))
        self.setFixedSize(size)
        self.setToolTip(attachment.path.name)
        self.setAccessibleName(f"{attachment.path.name}, {attachment.detail}")


def rounded(pixels: np.ndarray, side: int, radius: float, scale: float) -> QPixmap:
    """The middle of a picture as a square with round corners."""
    image = to_image(pixels)
    whole = round(side * scale)
    filled = image.scaled(
        whole, whole, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
    )
    left, top = (filled.width() - whole) // 2, (filled.height() - whole) // 2
    square = QPixmap.fromImage(filled.copy(left, top, whole, whole))
    square.setDevicePixelRatio(scale)
    return _clip(square, radius)


def _clip(source: QPixmap, radius: float) -> QPixmap:
    result = QPixmap(source.size())
    result.setDevicePixelRatio(source.devicePixelRatio())
    result.fill(Qt.GlobalColor.transparent)
    shape = QPainterPath()
    area = QRectF(0, 0, source.width() / source.devicePixelRatio(), source.height() / source.devicePixelRatio())
    shape.addRoundedRect(area, radius, radius)
    painter = QPainter(result)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipPath(shape)
    painter.drawPixmap(0, 0, source)
    painter.end()
    return result
