"""How the program lives beside the others on this desktop."""

from __future__ import annotations

from app.settings import Settings
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
        self.note(self.tr("A key that works in every window is not there yet. In this window Ctrl+Space talks."))
        self.column.addStretch(1)
