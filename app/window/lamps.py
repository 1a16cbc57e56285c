"""What is open right now, in words: microphone, camera, screen. Nothing is heard or seen without its lamp."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.view_models.conversation import Change, ConversationViewModel, Phase, What
from app.window.icons import pixmap
from app.window.theme import Theme


class Lamps(QWidget):
    """A lamp for each sense that is open.

    Attributes:
        lit: the words that are shown, for those who look and for those who listen.
    """

    def __init__(self, theme: Theme, shown: ConversationViewModel) -> None:
        super().__init__()
        self._theme, self._shown = theme, shown
        self.lit: list[str] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._show_anew)
        shown.subscribe(self._on_change)
        self._show()

    def _on_change(self, change: Change) -> None:
        if change.what in (What.PHASE, What.HANDS_FREE, What.LOOKING):
            self._show()

    def _wanted(self) -> list[tuple[str, str]]:
        shown = self._shown
        lamps = []
        if shown.hands_free and shown.muted:
            lamps.append(("mute", self.tr("muted")))
        elif shown.hands_free or shown.phase is Phase.LISTENING:
            lamps.append(("microphone", self.tr("microphone on")))
        if shown.looking.kind == "camera":
            lamps.append(("camera", self.tr("camera on")))
        elif shown.looking.kind == "screen":
            lamps.append(("screen", self.tr("screen shared")))
        elif shown.looking.kind == "window":
            lamps.append(("screen", self.tr("window shared")))
        return lamps

    def _show_anew(self) -> None:
        self._show(anew=True)

    def _show(self, anew: bool = False) -> None:
        wanted = self._wanted()
        words = [word for _, word in wanted]
        if words == self.lit and not anew:
            return
        self.lit = words
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for icon, word in wanted:
            self._row.addWidget(self._lamp(icon, word))
        self.setVisible(bool(wanted))
        self.setAccessibleName(", ".join(words))

    def _lamp(self, icon: str, word: str) -> QWidget:
        lamp = QWidget()
        lamp.setProperty("kind", "lamp")
        row = QHBoxLayout(lamp)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        picture, label = QLabel(), QLabel(word)
        tokens = self._theme.tokens
        color = tokens.muted if icon == "mute" else tokens.error
        picture.setPixmap(pixmap(icon, color, 16, self.devicePixelRatioF()))
        label.setProperty("kind", "lamp")
        row.addWidget(picture)
        row.addWidget(label)
        return lamp
