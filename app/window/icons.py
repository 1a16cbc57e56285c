"""The window's icons: strokes on a 24×24 grid, drawn for this program, tinted to the theme and sharp at any scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_PATHS = {
    "attach": '<path d="M12 5v14M5 12h14"/>',
    "microphone": '<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5 11.5a7 7 0 0 0 14 0M12 18.5V21"/>',
    "hands-free": '<path d="M4 10v4M8 7v10M12 4v16M16 8v8M20 10.5v3"/>',
    "send": '<path d="M12 19V5M6 11l6-6 6 6"/>',
    "stop": '<rect x="7" y="7" width="10" height="10" rx="2" fill="currentColor"/>',
    "settings": '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>',
    "new": '<path d="M12 20h8M16.2 4.3a2 2 0 0 1 2.9 2.9L8 18.3 4 19.5l1.2-4z"/>',
    "copy": '<rect x="9" y="9" width="11" height="11" rx="2.5"/>'
    '<path d="M5.5 15H5a1.5 1.5 0 0 1-1.5-1.5V5.5A2 2 0 0 1 5.5 3.5h8A1.5 1.5 0 0 1 15 5v.5"/>',
    "check": '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
    "play": '<path d="M8 5.5v13l10.5-6.5z" fill="currentColor"/>',
    "again": '<path d="M4 12a8 8 0 1 0 2.6-5.9M4 4.5V9h4.5"/>',
    "eye": '<path d="M2.5 12S6 5.8 12 5.8 21.5 12 21.5 12 18 18.2 12 18.2 2.5 12 2.5 12z"/>'
    '<circle cx="12" cy="12" r="2.8"/>',
    "camera": '<rect x="3" y="6" width="12.5" height="12" rx="2.5"/><path d="M15.5 11l5.5-3.5v9L15.5 13"/>',
    "screen": '<rect x="3" y="4.5" width="18" height="12.5" rx="2"/><path d="M9 20.5h6M12 17v3.5"/>',
    "mute": '<path d="M15 10V6a3 3 0 0 0-5.8-1M9 9v2a3 3 0 0 0 4.5 2.6M5 11.5a7 7 0 0 0 11 5.2M19 11.5a7 7 0 0 1-.6 2.8'
    'M12 18.5V21M4 3.5l16 17"/>',
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>',
    "close": '<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>',
    "sound": '<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>',
    "video": '<rect x="3" y="6" width="12.5" height="12" rx="2.5"/><path d="M15.5 11l5.5-3.5v9L15.5 13"/>',
    "image": '<rect x="3.5" y="4.5" width="17" height="15" rx="2.5"/><circle cx="9" cy="10" r="1.6"/>'
    '<path d="M4 17l5-4.5 3.5 3 3.5-3.5 4.5 4"/>',
    "warning": '<path d="M12 4L2.8 19.5h18.4zM12 10v4.5"/><circle cx="12" cy="17" r=".4"/>',
    "info": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5"/><circle cx="12" cy="8" r=".4"/>',
    "model": '<rect x="6" y="6" width="12" height="12" rx="2.5"/><path d="M9.5 3v3M14.5 3v3M9.5 18v3M14.5 18v3M3 9.5h3'
    'M3 14.5h3M18 9.5h3M18 14.5h3"/>',
    "program": '<rect x="3.5" y="4.5" width="17" height="15" rx="2.5"/><path d="M3.5 9h17M6.5 6.8h.3M9 6.8h.3"/>',
    "persona": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20a7.5 7.5 0 0 1 15 0"/>',
    "look": '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17a8.5 8.5 0 0 0 0-17z" fill="currentColor"/>',
    "keys": '<rect x="2.5" y="6.5" width="19" height="11.5" rx="2.5"/><path d="M6.5 10.2h.5M10 10.2h.5M13.5 10.2h.5'
    'M17 10.2h.5M8 14.3h8"/>',
    "history": '<rect x="3.5" y="4.5" width="17" height="15" rx="2.5"/><path d="M9.5 4.5v15M6 8.5h1M6 11.5h1"/>',
    "search": '<circle cx="11" cy="11" r="6.5"/><path d="M15.8 15.8L20.5 20.5"/>',
    "pin": '<path d="M9 4h6l-1 6 3.5 3.5h-11L10 10zM12 13.5V20"/>',
    "private": '<rect x="5.5" y="11" width="13" height="9" rx="2.5"/><path d="M8.5 11V8a3.5 3.5 0 0 1 7 0v3"/>',
    "down": '<path d="M6 9.5l6 6 6-6"/>',
    "drop": '<path d="M12 4v11M7.5 10.5L12 15l4.5-4.5M4.5 19.5h15"/>',
}


def icon(name: str, color: str, size: int = 20, disabled: str | None = None) -> QIcon:
    """An icon in one colour, and in another one where its button is disabled."""
    result = QIcon()
    for scale in (1, 2, 3):
        result.addPixmap(pixmap(name, color, size, scale))
        if disabled is not None:
            result.addPixmap(pixmap(name, disabled, size, scale), QIcon.Mode.Disabled)
    return result


def pixmap(name: str, color: str, size: int = 20, scale: float = 1) -> QPixmap:
    """The same as pixels, `scale` of them a point."""
    return QPixmap.fromImage(_image(name, color, size, scale))


@lru_cache(maxsize=512)
def _image(name: str, color: str, size: int, scale: float) -> QImage:
    """Drawn once: every message has the same few buttons. An image, because no pixmap may outlive Qt's application."""
    # Qt's SVG knows no currentColor from outside, so the colour is written in.
    tint = QColor(color).name()
    body = _PATHS[name].replace("currentColor", tint)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{tint}" '
        f'stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{body}</svg>'
    )
    image = QImage(QSize(round(size * scale), round(size * scale)), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(image.rect()))
    painter.end()
    image.setDevicePixelRatio(scale)
    return image


def application_icon() -> QPixmap:
    """The program's mark, for task bars and title bars."""
    from app.window.orb import paint_mark
    from app.window.theme import LIGHT

    image = QPixmap(256, 256)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_mark(painter, QRectF(image.rect()), LIGHT, glow=False)
    painter.end()
    return image
