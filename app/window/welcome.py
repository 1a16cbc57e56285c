"""What an empty conversation shows: the mark, and the three ways to begin."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.window.icons import pixmap
from app.window.orb import Orb
from app.window.theme import Theme

_NARROW, _WIDEST = 520, 560  # points


class Welcome(QWidget):
    """Large and quiet, in the middle."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        center = Qt.AlignmentFlag.AlignHCenter
        heading = QLabel(self.tr("Face to face"))
        heading.setProperty("kind", "heading")
        subheading = QLabel(self.tr("It hears you, reads you and answers aloud. Nothing leaves this computer."))
        subheading.setProperty("kind", "subheading")
        subheading.setWordWrap(True)
        subheading.setAlignment(center)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(2)
        self._orb = Orb(theme, 168)
        column.addWidget(self._orb, 0, center)
        column.addWidget(heading, 0, center)
        column.addWidget(subheading)
        column.addSpacing(20)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(12)
        self._grid.setColumnStretch(1, 1)
        self._keys: list[QLabel] = []
        self._icons: list[tuple[QLabel, str]] = []
        self._hint("microphone", self.tr("Hold the microphone and speak"), "Ctrl+Space")
        self._hint("hands-free", self.tr("Or talk hands-free: it hears when you have finished"), "Ctrl+H")
        self._hint("drop", self.tr("Drop a picture, a sound or a video here and ask about it"), "Ctrl+O")
        rows = QWidget()
        rows.setLayout(self._grid)
        rows.setMaximumWidth(_WIDEST)
        around = QHBoxLayout()
        around.addStretch(1)
        around.addWidget(rows, 1000)
        around.addStretch(1)
        column.addLayout(around)
        column.addStretch(3)
        theme.changed.connect(self._tint)
        self._tint()

    def set_room(self, height: int) -> None:
        """The mark is the first to shrink, and to go, where there is not room for everything."""
        self._orb.set_size(168 if height > 480 else 104 if height > 360 else 0)

    def height_for(self, width: int) -> int:
        """How high it is at least at this width."""
        layout = self.layout()
        assert layout is not None
        return layout.totalHeightForWidth(width)

    def _hint(self, name: str, words: str, keys: str) -> None:
        row = self._grid.rowCount()
        picture = QLabel()
        self._icons.append((picture, name))
        label, key = QLabel(words), QLabel(keys)
        label.setWordWrap(True)
        label.setMinimumWidth(60)
        key.setProperty("kind", "key")
        self._keys.append(key)
        self._grid.addWidget(picture, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(label, row, 1)
        self._grid.addWidget(key, row, 2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Whoever has little room has few keys."""
        super().resizeEvent(event)
        for key in self._keys:
            key.setVisible(self.width() > _NARROW)

    def _tint(self) -> None:
        for label, name in self._icons:
            label.setPixmap(pixmap(name, self._theme.tokens.accent, 22, self.devicePixelRatioF()))
