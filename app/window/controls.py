"""Small controls that Qt has not: an icon button that follows the theme, and a switch."""

from __future__ import annotations

from PySide6.QtCore import Property as QtProperty
from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QComboBox, QSizePolicy, QStyledItemDelegate, QToolButton

from app.window.icons import icon, pixmap
from app.window.theme import Theme


class IconButton(QToolButton):
    """A button with an icon only: its name is told to screen readers and shown as a tool tip.

    `kind` chooses its look in the style sheet: "", "round", "send" or "small".
    """

    def __init__(self, theme: Theme, name: str, label: str, kind: str = "", size: int = 20) -> None:
        super().__init__()
        self._theme, self.icon_name, self._size = theme, name, size
        self.setProperty("kind", kind)
        self.setIconSize(QSize(size, size))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_label(label)
        theme.changed.connect(self._tint)
        self.toggled.connect(self._tint)
        self._tint()

    def set_label(self, label: str) -> None:
        """What it does, in words."""
        self.setAccessibleName(label)
        self.setToolTip(label)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        if name != self.icon_name:
            self.icon_name = name
            self._tint()

    def _tint(self) -> None:
        t = self._theme.tokens
        color = t.on_accent if self.property("kind") == "send" else t.on_tint if self.isChecked() else t.text
        if self.property("kind") == "small":
            color = t.muted
        self.setIcon(icon(self.icon_name, color, self._size, disabled=t.faint))


class Switch(QCheckBox):
    """A check box that looks like a switch; by keyboard and for screen readers it stays a check box."""

    _TRACK = QSize(38, 22)
    _BETWEEN = 12  # points between the words and it

    def __init__(self, theme: Theme, label: str) -> None:
        super().__init__(label)
        self._theme = theme
        self._knob = 0.0
        self._slide = QPropertyAnimation(self, b"knob", self)
        self._slide.setDuration(120)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.toggled.connect(self._move)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """The words on the left, the switch on the right."""
        wide = self.fontMetrics().horizontalAdvance(self.text()) + self._BETWEEN + self._TRACK.width() + 4
        return QSize(wide, self.heightForWidth(wide))

    def minimumSizeHint(self) -> QSize:
        """Words that have no room go into a second line."""
        return QSize(2 * self._TRACK.width(), self.heightForWidth(self.width()))

    def hasHeightForWidth(self) -> bool:
        """As for any text that may be broken into lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """With as many lines as the words need."""
        room = QRect(0, 0, max(1, width - self._TRACK.width() - self._BETWEEN), 1 << 16)
        return max(32, self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self.text()).height() + 8)

    def hitButton(self, _position: object) -> bool:
        """Every point of it can be clicked."""
        return True

    def _get_knob(self) -> float:
        return self._knob

    def _set_knob(self, value: float) -> None:
        self._knob = value
        self.update()

    knob = QtProperty(float, _get_knob, _set_knob)

    def _move(self, on: bool) -> None:
        if not self.isVisible():
            self._slide.stop()
            self._set_knob(float(on))
            return
        self._slide.setStartValue(self._knob)
        self._slide.setEndValue(float(on))
        self._slide.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the words and the switch."""
        t = self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        words = self.rect().adjusted(0, 0, -self._TRACK.width() - self._BETWEEN, 0)
        painter.setPen(QColor(t.text if self.isEnabled() else t.muted))
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, self.text())
        height = self._TRACK.height()
        track = QRectF(
            self.width() - self._TRACK.width() - 2, (self.height() - height) / 2, self._TRACK.width(), height
        )
        if self.hasFocus():
            painter.setPen(QPen(QColor(t.text), 1.5))
            painter.drawRoundedRect(track.adjusted(-1.5, -1.5, 1.5, 1.5), height / 2 + 1.5, height / 2 + 1.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.accent if self.isChecked() else t.faint))
        painter.drawRoundedRect(track, height / 2, height / 2)
        radius = height / 2 - 3
        left = track.left() + 3 + self._knob * (track.width() - 2 * radius - 6)
        painter.setBrush(QColor("#ffffff" if not t.dark or not self.isChecked() else t.on_accent))
        painter.drawEllipse(QRectF(left, track.top() + 3, 2 * radius, 2 * radius))


class Choice(QComboBox):
    """A combo box with an arrow in the theme's colour, which a style sheet alone cannot draw."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.setItemDelegate(QStyledItemDelegate(self))  # a combo box's own knows nothing of the style sheet
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The box, then its arrow."""
        super().paintEvent(event)
        painter = QPainter(self)
        color = self._theme.tokens.muted if self.isEnabled() else self._theme.tokens.faint
        arrow = pixmap("down", color, 16, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - 26, (self.height() - 16) // 2, arrow)
        painter.end()
