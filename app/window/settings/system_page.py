"""How the program lives beside the others on this desktop."""

from __future__ import annotations

from app.settings import GLOBAL_KEYS, Settings
from app.window.messages import retell
from app.window.settings.page import SettingsPage
from app.window.theme import Theme


class SystemPage(SettingsPage):
    """What cannot be had on this desktop is said, not hidden."""

    def __init__(self, theme: Theme, settings: Settings, has_tray: bool) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Program")
        self.column.addSpacing(8)
        self.tray = self.switch(self.tr("Stay in the tray"), "tray", settings.tray and has_tray)
        self.tray.setEnabled(has_tray)
        self.note(
            self.tr("Closing the window then leaves the program in the tray, with its model loaded; Ctrl+Q ends it.")
            if has_tray
            else self.tr("This desktop shows no tray.")
        )
        self.section(self.tr("Talking from other windows"))
        names = {key: key for key in GLOBAL_KEYS} | {"": self.tr("None")}
        self.key = self.choice(self.tr("Hold to talk"), "global_key", names, settings.global_key)
        self._key_note = self.note("")
        self.show_key("")
        self.column.addStretch(1)

    def show_key(self, problem: str) -> None:
        """Whether the key works, or why it does not."""
        words = self.tr("This key talks from every window, as Ctrl+Space does in this one: hold it, or press it twice.")
        self._key_note.setText(retell(problem) if problem else words)
