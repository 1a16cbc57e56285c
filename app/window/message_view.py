"""One message as a widget: the person's words in a bubble on the right, the answer as running text on the left."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.view_models.conversation import AttachmentState, Message, MessageState, Phase, clock
from app.window.controls import IconButton
from app.window.file_chip import FileChip, Picture
from app.window.message_text import MessageText
from app.window.orb import Orb
from app.window.theme import Theme
from app.window.waveform import Peaks, Waveform

_PICTURE = QSize(260, 180)


class MessageView(QWidget):
    """What both sides have in common: `refresh` shows the message as it now is.

    Signals:
        reshaped: it may want another height.
    """

    ask_again = Signal(object)
    play = Signal(object)
    reshaped = Signal(object)

    def __init__(self, theme: Theme, message: Message) -> None:
        super().__init__()
        self.theme, self.message = theme, message

    def refresh(self) -> None:
        """Show the message as it now is."""
        raise NotImplementedError

    def set_room(self, width: int) -> None:
        """How wide the conversation is."""

    def height_for(self, width: int) -> int:
        """How high it is at this width, which it takes on; right once it is visible."""
        layout = self.layout()
        assert layout is not None
        height = -1
        for _ in range(3):  # a text that gets its width takes another height, which is a new layout
            layout.activate()
            depends = layout.hasHeightForWidth()
            needed = layout.totalHeightForWidth(width) if depends else layout.totalSizeHint().height()
            if (width, needed) == (self.width(), height):
                break
            height = needed
            self.resize(width, height)
        return height

    def controls(self) -> list[QWidget]:
        """Everything in it that Tab stops at, from top to bottom."""
        children = self.findChildren(QWidget)
        return [child for child in children if child.focusPolicy() & Qt.FocusPolicy.TabFocus]

    def event(self, event: QEvent) -> bool:
        """Tells when something in it has grown."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.reshaped.emit(self)
        return done


class QuestionView(MessageView):
    """What the person typed, said and gave."""

    def __init__(self, theme: Theme, message: Message) -> None:
        super().__init__(theme, message)
        self._files = QVBoxLayout()
        self._files.setSpacing(8)
        self._chips: list[FileChip] = []
        self._text = MessageText(theme, hugging=True)
        self._text.setAccessibleName(self.tr("Your message"))
        self._voice = _VoiceRow(theme)
        self._voice.play.clicked.connect(lambda: self.play.emit(self.message))
        self._reason = _Reason(Qt.AlignmentFlag.AlignRight)
        self._reason.button.clicked.connect(lambda: self.ask_again.emit(self.message))

        self._bubble = QFrame()
        self._bubble.setProperty("kind", "bubble")
        inside = QVBoxLayout(self._bubble)
        inside.setContentsMargins(16, 11, 16, 11)
        inside.setSpacing(8)
        inside.addLayout(self._files)
        inside.addWidget(self._text)
        inside.addWidget(self._voice)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._bubble, 0, Qt.AlignmentFlag.AlignRight)
        column.addWidget(self._reason)
        self._shown_ready: list[bool] = []
        self._shown_pieces = -1
        self.refresh()

    def refresh(self) -> None:
        """Show the message as it now is."""
        message = self.message
        self._show_files()
        self._text.show_text(message.text, markdown=False)
        self._text.setVisible(bool(message.text))
        self._voice.setVisible(message.spoken or message.state is MessageState.GROWING)
        if len(message.speech) != self._shown_pieces:
            self._shown_pieces = len(message.speech)
            self._voice.show_speech(message)
        self._voice.play.setVisible(message.state is not MessageState.GROWING)
        if message.state is MessageState.INTERRUPTED:
            self._reason.show_reason(self.tr("Stopped before the answer began."), serious=False)
        else:
            self._reason.show_reason(message.reason if message.state is MessageState.FAILED else "")

    def set_room(self, width: int) -> None:
        """Bubbles leave a margin on the left, so that one sees whose they are."""
        self._text.set_largest_width(max(120, int(width * 0.78) - 34))

    def _show_files(self) -> None:
        ready = [a.state is AttachmentState.READY for a in self.message.attachments]
        if ready == self._shown_ready:
            return
        self._shown_ready = ready
        while (item := self._files.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for attachment in self.message.attachments:
            if attachment.thumbnail is not None:
                self._files.addWidget(Picture(attachment, _PICTURE))
            else:
                self._files.addWidget(FileChip(self.theme, attachment, removable=False))


class AnswerView(MessageView):
    """What the model answers, as it comes."""

    def __init__(self, theme: Theme, message: Message) -> None:
        super().__init__(theme, message)
        self._orb = Orb(theme, 26)
        self._text = MessageText(theme)
        self._text.setAccessibleName(self.tr("Answer"))
        self._waiting = QLabel("…")
        self._waiting.setProperty("kind", "status")
        self._copy = IconButton(theme, "copy", self.tr("Copy the answer"), "small", 16)
        self._copy.clicked.connect(self._copy_text)
        self._play = IconButton(theme, "sound", self.tr("Play the answer again"), "small", 16)
        self._play.clicked.connect(lambda: self.play.emit(self.message))
        self._facts = QLabel()
        self._facts.setProperty("kind", "muted")
        self._reason = _Reason(Qt.AlignmentFlag.AlignLeft)
        self._reason.button.clicked.connect(lambda: self.ask_again.emit(self.message))

        self._acts = QWidget()
        acts = QHBoxLayout(self._acts)
        acts.setContentsMargins(0, 2, 0, 0)
        acts.setSpacing(4)
        acts.addWidget(self._copy)
        acts.addWidget(self._play)
        acts.addSpacing(4)
        acts.addWidget(self._facts, 1)

        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(self._waiting)
        words.addWidget(self._text)
        words.addWidget(self._reason)
        words.addWidget(self._acts)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        row.addWidget(self._orb, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.refresh()

    def refresh(self) -> None:
        """Show the message as it now is."""
        message = self.message
        growing = message.state is MessageState.GROWING
        self._text.show_text(message.text, markdown=True)
        self._text.setVisible(bool(message.text))
        self._waiting.setVisible(growing and not message.text)
        self._orb.show_phase(Phase.THINKING if growing and not message.text else Phase.IDLE)
        self._acts.setVisible(not growing and bool(message.text))
        self._play.setVisible(bool(message.speech))
        self._facts.setText(self._describe())
        self._reason.show_reason(message.reason if message.state is MessageState.FAILED else "")

    def _describe(self) -> str:
        message = self.message
        facts = []
        if message.state is MessageState.INTERRUPTED:
            facts.append(self.tr("stopped"))
        if message.speech:
            facts.append(clock(message.speech_seconds))
        first = message.timings.get("first_audio") or message.timings.get("first_text")
        if first is not None:
            facts.append(self.tr("first sound after %.1f s") % first if message.speech else self.tr("%.1f s") % first)
        return "  ·  ".join(facts)

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(self.message.text)
        self._copy.set_icon("check")


class _VoiceRow(QWidget):
    """What was said aloud: play it again, see its length."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.play = IconButton(theme, "play", self.tr("Play what you said"), "small", 16)
        self._waveform = Waveform(theme)
        self._peaks: Peaks | None = None
        self._length = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.play)
        row.addWidget(self._waveform, 1)
        row.addWidget(self._length)

    def show_speech(self, message: Message) -> None:
        """Its waveform and its length."""
        self._peaks = self._peaks or Peaks(message.sample_rate)
        self._peaks.take(message.speech)
        self._waveform.show_levels(self._peaks.levels())
        length = clock(message.speech_seconds)
        self._length.setText(length)
        self.setAccessibleName(self.tr("Spoken, %s") % length)


class _Reason(QWidget):
    """Why there is no answer, and a button to ask again."""

    def __init__(self, side: Qt.AlignmentFlag) -> None:
        super().__init__()
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignVCenter | side)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton(self.tr("Ask again"))
        self.button.setProperty("kind", "link")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._label, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignTop)

    def show_reason(self, reason: str, serious: bool = True) -> None:
        """Nothing at all if there is no reason."""
        self._label.setText(reason)
        kind = "error" if serious else "muted"
        if self._label.property("kind") != kind:
            self._label.setProperty("kind", kind)
            self._label.style().unpolish(self._label)
            self._label.style().polish(self._label)
        self.setVisible(bool(reason))
