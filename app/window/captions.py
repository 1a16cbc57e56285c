"""Live captions in large letters: the sentence that is being spoken, for whoever hears badly or sits further away."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy

from app.view_models.caption import Caption, caption_around, without_markup
from app.view_models.conversation import Change, ConversationViewModel, Phase, What
from app.view_models.message import Message
from app.window.theme import Theme

_LINES = 2  # there is always room for so many, so that nothing below them moves


class Captions(QLabel):
    """What has been spoken of a sentence stands out from what has not; without a voice the newest sentence is shown.

    Attributes:
        words: what is shown, without its colours.
    """

    def __init__(self, theme: Theme, shown: ConversationViewModel) -> None:
        super().__init__()
        self._theme, self._shown = theme, shown
        self._caption, self._subject = Caption(), ""
        self._aloud = True
        self.words = ""
        self.setProperty("kind", "caption")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self._show)
        shown.subscribe(self._on_change)
        self.hide()

    def want(self, wanted: bool, aloud: bool) -> None:
        """Whether there are to be captions at all, and whether answers are spoken."""
        self._aloud = aloud
        self.setVisible(wanted)
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        """Other letters need other room."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.setMinimumHeight(_LINES * self.fontMetrics().lineSpacing() + 8)

    def _on_change(self, change: Change) -> None:
        if not self.isHidden() and change.what in (
            *(What.PLAYHEAD, What.PHASE, What.ADDED, What.CHANGED, What.CLEARED),
        ):
            self._show()

    def _show(self) -> None:
        if self.isHidden():
            return
        if self._shown.phase is Phase.LISTENING:
            self._put("", self.tr("Listening…"))
            return
        playhead = self._shown.playhead
        said = playhead.subject if playhead is not None else None
        if playhead is not None and isinstance(said, Message):
            if said.key != self._subject:
                self._caption, self._subject = Caption(), said.key
            text = without_markup(said.text)
            spoken = self._caption.spoken(text, playhead, self._shown.speaking_rate)
        else:
            answer = self._shown.answer()
            text = without_markup(answer.text) if answer is not None else ""
            # While the voice is about to begin, the words wait for it.
            model = self._shown.model
            aloud = self._aloud and model is not None and bool(model.voices)
            spoken = 0 if aloud and self._shown.phase is not Phase.IDLE else len(text)
        begin, end = caption_around(text, spoken)
        spoken = min(max(spoken, begin), end)
        self._put(text[begin:spoken], text[spoken:end])

    def _put(self, spoken: str, coming: str) -> None:
        self.words = " ".join(f"{spoken}{coming}".split())
        tokens = self._theme.tokens
        rich = f'<span style="color: {tokens.text}">{html.escape(spoken)}</span>'
        rich += f'<span style="color: {tokens.muted}">{html.escape(coming)}</span>'
        if rich != self.text():
            self.setText(rich)
            self.setAccessibleName(self.words)
