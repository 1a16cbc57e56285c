"""How the window looks: colours, size of its text, language."""

from __future__ import annotations

from app.settings import LANGUAGES, THEMES, Settings
from app.window.settings.page import SettingsPage
from app.window.theme import Theme

_OWN_NAMES = {"en": "English", "zh_CN": "简体中文"}  # a language is found by the name that its speakers give it


class LookPage(SettingsPage):
    """All of it takes effect at once."""

    def __init__(self, theme: Theme, settings: Settings) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Appearance")
        self.column.addSpacing(8)
        themes = {"system": self.tr("Like the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        themes = {value: themes[value] for value in THEMES}
        self.theme_choice = self.choice(self.tr("Theme"), "theme", themes, settings.theme)
        names = {value: _OWN_NAMES.get(value, self.tr("Like the system")) for value in LANGUAGES}
        self.language = self.choice(self.tr("Language"), "language", names, settings.language)
        self.font_size = self.percent(self.tr("Size of the text"), "font_size", 80, 200, 10, settings.font_size)
        self.face = self.switch(self.tr("A face in calls (F8)"), "face", settings.face)
        self.captions = self.switch(self.tr("What is spoken in large letters (F9)"), "captions", settings.captions)
        self.still = self.switch(self.tr("Less motion"), "still", settings.still)
        self.column.addStretch(1)
