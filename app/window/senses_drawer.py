"""What a turn was given, exactly: the frames with their times, the seconds of sound; and the way to delete it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout

from app.view_models.message import Message
from app.window.film_strip import FilmStrip
from app.window.theme import Theme


class SensesDrawer(QFrame):
    """Of one question; made when it is opened.

    Signals:
        forget: the question, all of what it saw and heard is to be deleted.
    """

    forget = Signal(object)

    def __init__(self, theme: Theme, message: Message) -> None:
        super().__init__()
        self.setProperty("kind", "drawer")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        for words in self._describe(message):
            label = QLabel(words)
            label.setProperty("kind", "onBubble")
            label.setWordWrap(True)
            column.addWidget(label)
        self.strip: FilmStrip | None = None
        if message.seen and not message.seen.resting:
            self.strip = FilmStrip(theme, message.seen.frames, message.seen.times)
            self.strip.setMinimumWidth(300)
            column.addWidget(self.strip)
        words = self.tr("Deleting takes it from the history and the model too, which then forgets all pictures.")
        note = QLabel(words)
        note.setProperty("kind", "onBubble")
        note.setWordWrap(True)
        self.delete = QPushButton(self.tr("Delete what it saw and heard"))
        self.delete.clicked.connect(lambda: self.forget.emit(message))
        column.addWidget(note)
        column.addWidget(self.delete, 0, Qt.AlignmentFlag.AlignLeft)

    def _describe(self, message: Message) -> list[str]:
        lines = []
        if message.seen:
            times = message.seen.times
            height, width = (0, 0) if message.seen.resting else message.seen.frames[0].shape[:2]
            words = self.tr("Saw %d frames of %d×%d, from %.1f s to %.1f s of the turn")
            lines.append(words % (len(times), width, height, times[0], times[-1]))
        if message.spoken:
            lines.append(self.tr("Heard %.1f s of sound, mono, 16 kHz") % message.speech_seconds)
        for attachment in message.attachments:
            lines.append(self.tr("Was given %s (%s)") % (attachment.path.name, attachment.detail))
        return lines
