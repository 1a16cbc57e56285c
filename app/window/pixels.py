"""Arrays of pixels as Qt has them, and back; and how every picture is painted."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QImage, QPainter, QPainterPath

_ROUND = 12  # points


def to_image(pixels: np.ndarray) -> QImage:
    """Uint8 [H, W, 3] as Qt has it; a copy, so that the array may go."""
    height, width, _ = pixels.shape
    data = np.ascontiguousarray(pixels)
    return QImage(data.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def to_pixels(image: QImage) -> np.ndarray:
    """Uint8 [H, W, 3], on white where it is transparent. For any thread; takes a moment for a large picture."""
    if image.hasAlphaChannel():
        rgba = image.convertToFormat(QImage.Format.Format_RGBA8888)
        alpha = _rows(rgba, 4)[..., 3:].astype(np.uint16)
        colors = _rows(rgba, 4)[..., :3].astype(np.uint16)
        return np.asarray((colors * alpha + 255 * (255 - alpha)) // 255, np.uint8)
    return _rows(image.convertToFormat(QImage.Format.Format_RGB888), 3).copy()


def _rows(image: QImage, channels: int) -> np.ndarray:
    """The image's own memory: uint8 [H, W, channels]; its lines may be padded."""
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return data[:, : image.width() * channels].reshape(image.height(), image.width(), channels)


def paint_rounded(painter: QPainter, area: QRect, image: QImage) -> None:
    """The image over the whole area, smooth, with round corners; what is painted next is clipped to them too."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(area), _ROUND, _ROUND)
    painter.setClipPath(shape)
    painter.drawImage(area, image)
