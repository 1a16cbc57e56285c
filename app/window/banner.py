"""One message across the window, with at most one thing to do about it: shown until it is dealt with or closed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton

from app.view_models.conversation import Notice
from app.window.controls import IconButton
from app.window.icons import pixmap
from app.window.messages import retell
from app.window.theme import Theme

_NARROW = 560  # points


class Banner(QFrame):
    """Says what has happened; `acted` carries the notice's action, `closed` is the person's "I know"."""

    acted = Signal(str)
    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._notice: Notice | None = None
        self.setObjectName("banner")
        self._picture = QLabel()
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton()
        self.button.setProperty("kind", "primary")
        self.button.clicked.connect(self._act)
        close = IconButton(theme, "close", self.tr("Close this message"), "small", 16)
        close.clicked.connect(self.closed)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 10, 10, 10)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self._picture, 0, 0)
        self._grid.addWidget(self._label, 0, 1)
        self._grid.addWidget(close, 0, 3)
        self._place_button()
        theme.changed.connect(self._dress)
        self.hide()

    @property
    def text(self) -> str:
        """What it says now."""
        return self._label.text()

    def show_notice(self, notice: Notice | None) -> None:
        """Show it, or nothing."""
        self._notice = notice
        self.setVisible(notice is not None)
        if notice is None:
            return
        words = retell(notice.text)
        self._label.setText(words)
        self.setAccessibleName(words)
        actions = {"restart": self.tr("Restart the engine"), "settings": self.tr("Open settings")}
        self.button.setVisible(notice.action in actions)
        self.button.setText(actions.get(notice.action, ""))
        self.setProperty("severity", notice.severity)
        self.style().unpolish(self)
        self.style().polish(self)
        self._dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room, the button goes below the words."""
        super().resizeEvent(event)
        self._place_button()

    def _place_button(self) -> None:
        if self.width() < _NARROW:
            self._grid.addWidget(self.button, 1, 1, Qt.AlignmentFlag.AlignLeft)
        else:
            self._grid.addWidget(self.button, 0, 2)

    def _act(self) -> None:
        if self._notice is not None:
            self.acted.emit(self._notice.action)

    def _dress(self) -> None:
        if self._notice is None:
            return
        t = self._theme.tokens
        name = "info" if self._notice.severity == "info" else "warning"
        color = {"error": t.error, "warning": t.warm}.get(self._notice.severity, t.accent)
        self._picture.setPixmap(pixmap(name, color, 22, self.devicePixelRatioF()))
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
