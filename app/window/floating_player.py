"""The film that plays while the message it was given with is out of sight: small, in a corner of the conversation."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.media import Video
from app.view_models.message import Attachment
from app.view_models.playhead import Playhead
from app.window.film_player import FilmPlayer
from app.window.theme import Theme

_SCREEN, _MARGIN = QSize(240, 170), 14  # points


class FloatingPlayer(QFrame):
    """At most one film; hidden while none plays, or while it is seen where it was given."""

    watch = Signal(object, float)
    silence = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._player: FilmPlayer | None = None
        self.setProperty("kind", "floating")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(10, 10, 10, 8)
        self.hide()

    def show_playhead(self, playhead: Playhead | None, in_sight: bool) -> None:
        """What plays, and whether it is seen elsewhere."""
        subject = playhead.subject if playhead is not None else None
        if in_sight or not isinstance(subject, Attachment) or not isinstance(subject.media, Video):
            self.hide()
            return
        if self._player is None or self._player.attachment is not subject:
            self._show_film(subject)
        assert self._player is not None
        self._player.show_playhead(playhead)
        if self.isHidden():
            self.show()
            self.raise_()
        self.adjustSize()
        self.place()

    def place(self) -> None:
        """The upper right corner."""
        parent = self.parentWidget()
        assert parent is not None
        self.move(parent.width() - self.width() - _MARGIN - 8, _MARGIN)

    def _show_film(self, attachment: Attachment) -> None:
        if self._player is not None:
            self._player.deleteLater()
        self._player = FilmPlayer(self._theme, attachment, _SCREEN, strip=False)
        self._player.watch.connect(self.watch)
        self._player.silence.connect(self.silence)
        self._column.addWidget(self._player)
