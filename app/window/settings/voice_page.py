"""How the answers sound: whose voice, how loud, how fast."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from app.settings import Settings
from app.view_models.conversation import Change, ConversationViewModel, What
from app.window.controls import IconButton
from app.window.settings.page import SettingsPage
from app.window.theme import Theme


class VoicePage(SettingsPage):
    """`preview_wanted`: let this voice be heard."""

    preview_wanted = Signal(str)

    def __init__(self, theme: Theme, shown: ConversationViewModel, settings: Settings) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Voice")
        self._shown = shown
        self.voice = self.combo(self.tr("Voice of the answers"))
        self.voice.textActivated.connect(lambda name: self.changed.emit("voice", name))
        self.preview = IconButton(theme, "play", self.tr("Hear this voice"), "round", 18)
        self.preview.setFixedSize(40, 40)
        self.preview.clicked.connect(lambda: self.preview_wanted.emit(self.voice.currentText()))
        row = QHBoxLayout()
        row.addWidget(self.voice, 1)
        row.addWidget(self.preview)
        self.column.addSpacing(8)
        self.column.addLayout(row)
        self.speak = self.switch(self.tr("Speak the answers"), "speak_answers", settings.speak_answers)
        self.section(self.tr("How it sounds"))
        self.volume = self.percent(self.tr("Volume"), "volume", 0, 100, 5, settings.volume)
        self.tempo = self.percent(self.tr("Speed"), "tempo", 50, 200, 10, settings.tempo)
        self.note(self.tr("Another speed begins with the next answer; the pitch of the voice stays as it is."))
        self.column.addStretch(1)
        shown.subscribe(self._on_change)
        self._show_voices()

    def _on_change(self, change: Change) -> None:
        if change.what is What.MODEL:
            self._show_voices()

    def _show_voices(self) -> None:
        model = self._shown.model
        self.voice.clear()
        self.voice.addItems(model.voices if model is not None else ())
        if model is not None:
            self.voice.setCurrentText(model.voice)
        self.voice.setEnabled(model is not None and bool(model.voices))
        self.preview.setEnabled(self.voice.isEnabled())
