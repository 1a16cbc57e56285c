"""A question as a widget: what the person typed, said and gave, in a bubble on the right."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.media import Audio, Video
from app.view_models.message import Attachment, AttachmentState, Message, MessageState
from app.view_models.playhead import Playhead
from app.window.controls import IconButton
from app.window.file_chip import FileChip, Picture
from app.window.film_player import FilmPlayer
from app.window.message_acts import MessageActs
from app.window.message_text import MessageText
from app.window.message_view import MessageView, Reason
from app.window.senses_drawer import SensesDrawer
from app.window.theme import Theme
from app.window.voice_row import VoiceRow

_PICTURE, _FILM = QSize(260, 180), QSize(400, 240)  # points at most


class QuestionView(MessageView):
    """What the person typed, said and gave."""

    def __init__(self, theme: Theme, message: Message, acts: MessageActs, parent: QWidget) -> None:
        super().__init__(theme, message, acts, parent)
        self._files = QVBoxLayout()
        self._files.setSpacing(8)
        self._chips: list[FileChip] = []
        self._players: list[FilmPlayer] = []
        self._room = _FILM.width()
        self._text = MessageText(theme, hugging=True)
        self._text.setAccessibleName(self.tr("Your message"))
        self._voice = VoiceRow(theme, self.tr("Play what you said"))
        self._voice.place_wanted.connect(self._play_from)
        self._voice.silence.connect(self.acts.silence)
        self._reason = Reason(Qt.AlignmentFlag.AlignRight)
        self._reason.button.clicked.connect(lambda: self.acts.ask_again.emit(self.message))

        self._bubble = QFrame()
        self._bubble.setProperty("kind", "bubble")
        inside = QVBoxLayout(self._bubble)
        inside.setContentsMargins(16, 11, 16, 11)
        inside.setSpacing(8)
        inside.addLayout(self._files)
        inside.addWidget(self._text)
        self._inside = inside
        self._drawer: SensesDrawer | None = None
        self._open_drawer = IconButton(theme, "eye", self.tr("What it saw and heard"), "small", 16)
        self._open_drawer.setCheckable(True)
        self._open_drawer.toggled.connect(self._show_drawer)
        senses = QHBoxLayout()
        senses.addWidget(self._voice, 1)
        senses.addWidget(self._open_drawer, 0, Qt.AlignmentFlag.AlignRight)
        inside.addLayout(senses)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._bubble, 0, Qt.AlignmentFlag.AlignRight)
        column.addWidget(self._reason)
        self._shown_ready: list[bool] = []
        self._shown_pieces = (-1, 0.0)
        self.refresh()

    def refresh(self) -> None:
        """Show the message as it now is."""
        message = self.message
        self._show_files()
        self._text.show_text(message.text, markdown=False)
        self._text.setVisible(bool(message.text))
        self._voice.setVisible(message.spoken or message.state is MessageState.GROWING)
        if (len(message.speech), message.kept_seconds) != self._shown_pieces:
            self._shown_pieces = len(message.speech), message.kept_seconds
            self._voice.show_speech(message.envelope.levels(), message.speech_seconds)
        has_senses = bool(message.seen or message.spoken or message.attachments)
        self._open_drawer.setVisible(has_senses and message.state is not MessageState.GROWING)
        if not has_senses:
            self._open_drawer.setChecked(False)
        elif self._drawer is not None and self._drawer.strip is None and message.seen and not message.seen.resting:
            self._show_drawer(True)  # its frames have come out of the history
        self._voice.play.setVisible(message.state is not MessageState.GROWING)
        if message.state is MessageState.INTERRUPTED:
            self._reason.show_reason(self.tr("Stopped before the answer began."), serious=False)
        else:
            self._reason.show_reason(message.reason if message.state is MessageState.FAILED else "")

    def set_room(self, width: int) -> None:
        """Bubbles leave a margin on the left, so that one sees whose they are."""
        self._text.set_largest_width(max(120, int(width * 0.78) - 34))
        self._room = width - 32
        for player in self._players:
            player.set_room(self._room)

    def show_playhead(self, playhead: Playhead | None, rate: float) -> None:
        """How far what was said is being played."""
        mine = playhead if playhead is not None and playhead.of(self.message) else None
        self._voice.show_playhead(mine)
        for player in self._players:
            player.show_playhead(playhead if playhead is not None and playhead.of(player.attachment) else None)

    def _show_drawer(self, visible: bool) -> None:
        if self._drawer is not None:
            self._drawer.hide()
            self._drawer.deleteLater()
            self._drawer = None
        if visible:
            self._drawer = SensesDrawer(self.theme, self.message)
            self._drawer.forget.connect(self.acts.forget)
            self._inside.addWidget(self._drawer)
            if self.message.seen.resting:
                self.acts.senses_wanted.emit(self.message)

    def _play_from(self, share: float) -> None:
        self.acts.play.emit(self.message, share * self.message.speech_seconds)

    def _show_files(self) -> None:
        ready = [a.state is AttachmentState.READY for a in self.message.attachments]
        if ready == self._shown_ready:
            for chip in self._chips:
                chip.refresh()  # how far it has been read
            return
        self._shown_ready = ready
        while (item := self._files.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._chips, self._players = [], []
        for attachment in self.message.attachments:
            self._files.addWidget(self._file(attachment))

    def _file(self, attachment: Attachment) -> QWidget:
        if attachment.thumbnail is not None and not isinstance(attachment.media, Audio | Video):
            return Picture(attachment, _PICTURE)
        if isinstance(attachment.media, Audio | Video):
            player = FilmPlayer(self.theme, attachment, _FILM)
            player.watch.connect(self.acts.watch)
            player.silence.connect(self.acts.silence)
            player.set_room(self._room)
            self._players.append(player)
            return player
        chip = FileChip(self.theme, attachment, removable=False)
        self._chips.append(chip)
        return chip
