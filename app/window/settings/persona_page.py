"""Who the model is to be, in the person's own words."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit

from app.settings import Settings
from app.window.settings.page import SettingsPage
from app.window.theme import Theme


class PersonaPage(SettingsPage):
    """`persona_chosen`: these words, from now on."""

    persona_chosen = Signal(str)

    def __init__(self, theme: Theme, settings: Settings) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Persona")
        self._in_force = settings.persona
        self.column.addSpacing(8)
        self.note(self.tr("Who should answer, and how? It is told to the model before everything else."))
        self.words = QPlainTextEdit(settings.persona)
        self.words.setPlaceholderText(self.tr("You are a patient teacher. You answer in simple words."))
        self.words.setAccessibleName(self.tr("Persona"))
        self.words.setTabChangesFocus(True)
        self.words.setMinimumHeight(160)
        self.column.addWidget(self.words)
        self.use = self.button(self.tr("Use from now on"))
        self.use.setProperty("kind", "primary")
        self.use.clicked.connect(self._choose)
        self.note(
            self.tr(
                "It is said in a first exchange that you do not see: the model’s own system prompt stays, because it"
                " would lose its voice without it. Small models like nano hardly keep to a persona, and a very long"
                " conversation may forget it."
            )
        )
        self.column.addStretch(1)
        self.words.textChanged.connect(self._offer)
        self._offer()

    def _offer(self) -> None:
        self.use.setEnabled(self.words.toPlainText().strip() != self._in_force)

    def _choose(self) -> None:
        self._in_force = self.words.toPlainText().strip()
        self._offer()
        self.persona_chosen.emit(self._in_force)
