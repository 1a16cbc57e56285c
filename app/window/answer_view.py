"""An answer as a widget: running text on the left, told as spoken while it is heard, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.media import Image
from app.view_models.caption import TYPICAL_RATE, Caption, sentence_at, share_before
from app.view_models.conversation import Phase
from app.view_models.grounding import Mark, marks, without_marks
from app.view_models.message import Attachment, Message, MessageState, clock
from app.view_models.playhead import Playhead
from app.window.controls import IconButton
from app.window.marked_picture import MarkedPicture
from app.window.message_acts import MessageActs
from app.window.message_text import MessageText
from app.window.message_view import MessageView, Reason
from app.window.orb import Orb
from app.window.theme import Theme
from app.window.waterfall import Waterfall
from model.prompt.picture_size import fit

_PICTURE = QSize(460, 320)  # points at most, of a picture with marks


class AnswerView(MessageView):
    """What the model answers, as it comes."""

    def __init__(self, theme: Theme, message: Message, acts: MessageActs, parent: QWidget) -> None:
        super().__init__(theme, message, acts, parent)
        self._caption = Caption()
        self._playhead: Playhead | None = None
        self._rate = TYPICAL_RATE
        self._orb = Orb(theme, 26)
        self._text = MessageText(theme)
        self._text.setAccessibleName(self.tr("Answer"))
        self._text.sentence_wanted.connect(self._play_sentence)
        self._waiting = QLabel("…")
        self._waiting.setProperty("kind", "status")
        self._reason = Reason(Qt.AlignmentFlag.AlignLeft)
        self._reason.button.clicked.connect(lambda: self.acts.ask_again.emit(self.message))
        self._waterfall: Waterfall | None = None
        self._film: Attachment | None = None
        self._picture: Attachment | None = None
        self._limits = (0, 0)
        self._marked: MarkedPicture | None = None
        self._largest = _PICTURE
        self._text.time_wanted.connect(self._watch)
        self._make_acts()

        self._words = QVBoxLayout()
        self._words.setSpacing(4)
        self._words.addWidget(self._waiting)
        self._words.addWidget(self._text)
        self._words.addWidget(self._reason)
        self._words.addWidget(self._acts)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(14)
        row.addWidget(self._orb, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._words, 1)
        self.refresh()

    def _make_acts(self) -> None:
        theme = self.theme
        self._copy = IconButton(theme, "copy", self.tr("Copy the answer"), "small", 16)
        self._copy.clicked.connect(self._copy_text)
        self._play = IconButton(theme, "sound", self.tr("Play the answer again"), "small", 16)
        self._play.clicked.connect(self._play_or_stop)
        self._save = IconButton(theme, "drop", self.tr("Save the answer as WAV"), "small", 16)
        self._save.clicked.connect(self.choose_file)
        self._again = IconButton(theme, "again", self.tr("Answer again"), "small", 16)
        self._again.clicked.connect(lambda: self.acts.answer_again.emit(self.message))
        self._timing = IconButton(theme, "clock", self.tr("How long it took"), "small", 16)
        self._timing.setCheckable(True)
        self._timing.toggled.connect(self._show_waterfall)
        self._facts = QLabel()
        self._facts.setProperty("kind", "muted")
        self._acts = QWidget()
        acts = QHBoxLayout(self._acts)
        acts.setContentsMargins(0, 2, 0, 0)
        acts.setSpacing(4)
        for button in (self._play, self._copy, self._save, self._again, self._timing):
            acts.addWidget(button)
        acts.addSpacing(4)
        acts.addWidget(self._facts, 1)

    def refresh(self) -> None:
        """Show the message as it now is."""
        message = self.message
        growing = message.state is MessageState.GROWING
        self._show_text()
        self._text.setVisible(bool(message.text))
        self._text.audible = message.spoken and not growing
        self._waiting.setVisible(growing and not message.text)
        self._orb.show_phase(Phase.THINKING if growing and not message.text else Phase.IDLE)
        self._acts.setVisible(not growing and bool(message.text))
        self._play.setVisible(message.spoken)
        self._save.setVisible(message.spoken)
        self._timing.setVisible(message.latency is not None and message.latency.seconds is not None)
        self._facts.setText(self._describe())
        self._reason.show_reason(message.reason if message.state is MessageState.FAILED else "")
        if self._waterfall is not None and message.latency is not None:
            self._waterfall.show_latency(message.latency)
        self._show_marks()
        if self._playhead is None:
            self._text.show_spoken(self._heard())
        else:
            self._show_spoken(self._playhead)

    def set_room(self, width: int) -> None:
        """A picture with marks may be as wide as the text."""
        self._largest = QSize(min(_PICTURE.width(), width - 40), _PICTURE.height())
        if self._marked is not None:
            self._marked.set_largest(self._largest)

    def show_given(self, film: Attachment | None, picture: Attachment | None, limits: tuple[int, int]) -> None:
        """Times in the answer are of this film, boxes of this picture."""
        self._film, self._picture, self._limits = film, picture, limits
        self._show_text()
        self._text.link_moments(0.0 if film is None else film.seconds)
        self._show_marks()

    def _show_text(self) -> None:
        """What is drawn over the picture is not shown as the JSON that it was, once the answer is complete."""
        text = self.message.text
        drawn = self.message.state is not MessageState.GROWING and bool(self._found())
        self._text.show_text(without_marks(text) if drawn else text, markdown=True)

    def _found(self) -> list[Mark]:
        seen = self._picture is not None and isinstance(self._picture.media, Image)
        return marks(self.message.text) if seen else []

    def _show_marks(self) -> None:
        found = self._found()
        if not found or self._picture is None or not isinstance(self._picture.media, Image):
            return
        pixels = self._picture.media.pixels
        if self._marked is None:
            self._marked = MarkedPicture(pixels, self._largest)
            self._words.insertWidget(self._words.indexOf(self._reason), self._marked)
        height, width = fit(pixels.shape[0], pixels.shape[1], *self._limits)
        self._marked.show_marks(found, (width, height))

    def _watch(self, seconds: float) -> None:
        if self._film is not None:
            self.acts.watch.emit(self._film, seconds)

    def show_playhead(self, playhead: Playhead | None, rate: float) -> None:
        """Tell what has been spoken from what has not."""
        mine = playhead if playhead is not None and playhead.of(self.message) else None
        was, self._playhead, self._rate = self._playhead, mine, rate
        if mine is not None:
            self._show_spoken(mine)
        elif was is not None:
            self._text.show_spoken(self._heard())
        if (mine is None) != (was is None):
            self._play.set_icon("sound" if mine is None else "stop")
            self._play.set_label(self.tr("Play the answer again") if mine is None else self.tr("Stop"))

    def _show_spoken(self, playhead: Playhead) -> None:
        self._text.show_spoken(self._caption.spoken(self._text.toPlainText(), playhead, self._rate))

    def _heard(self) -> int | None:
        """How much was heard of an answer that was stopped; None where there is nothing to tell apart."""
        message = self.message
        if message.state is not MessageState.INTERRUPTED or message.heard_seconds is None or not message.speech:
            return None
        playhead = Playhead(message, message.heard_seconds, message.speech_seconds, complete=True)
        return Caption().spoken(self._text.toPlainText(), playhead)

    def _describe(self) -> str:
        message = self.message
        facts = []
        if message.state is MessageState.INTERRUPTED:
            facts.append(self.tr("stopped"))
        if message.spoken:
            facts.append(clock(message.speech_seconds))
        latency = message.latency
        if latency is not None and latency.seconds is not None:
            sounded = latency.first_sound is not None
            words = self.tr("first sound after %.1f s") if sounded else self.tr("first word after %.1f s")
            facts.append(words % latency.seconds)
        return "  ·  ".join(facts)

    def _show_waterfall(self, visible: bool) -> None:
        if self._waterfall is None and visible and self.message.latency is not None:
            self._waterfall = Waterfall(self.theme)
            self._waterfall.show_latency(self.message.latency)
            self._words.addWidget(self._waterfall)
        if self._waterfall is not None:
            self._waterfall.setVisible(visible)

    # acts

    def _play_or_stop(self) -> None:
        if self._playhead is not None:
            self.acts.silence.emit()
        else:
            self.acts.play.emit(self.message, 0.0)

    def _play_sentence(self, position: int) -> None:
        text = self._text.toPlainText()
        sentence = sentence_at(text, position)
        if sentence is not None:
            self.acts.play.emit(self.message, share_before(text, sentence[0]) * self.message.speech_seconds)

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(self.message.text)
        self._copy.set_icon("check")
