"""The choices, as a drawer on the right with a page for each group: they take effect at once, but for the model's."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout

from app.settings import Settings
from app.view_models.conversation import ConversationViewModel
from app.window.controls import IconButton
from app.window.settings.devices_page import DevicesPage
from app.window.settings.history_page import HistoryPage
from app.window.settings.keys_page import KeysPage
from app.window.settings.look_page import LookPage
from app.window.settings.model_page import ModelPage
from app.window.settings.page import SettingsPage
from app.window.settings.persona_page import PersonaPage
from app.window.settings.system_page import SystemPage
from app.window.settings.voice_page import VoicePage
from app.window.theme import Theme

PANEL_WIDTH = 380  # points


class SettingsPanel(QFrame):
    """Shows settings and tells of changes; stores nothing.

    Signals:
        changed: the name of a field of Settings, and its new value.
        devices_wanted: look up what is plugged in.
    """

    changed = Signal(str, object)
    devices_wanted = Signal()
    closed = Signal()

    def __init__(self, theme: Theme, shown: ConversationViewModel, settings: Settings, has_tray: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self.setObjectName("drawer")
        self.setFixedWidth(PANEL_WIDTH)
        self.voice = VoicePage(theme, shown, settings)
        self.devices = DevicesPage(theme, settings)
        self.model = ModelPage(theme, shown, settings)
        self.persona = PersonaPage(theme, settings)
        self.history = HistoryPage(theme, settings)
        self.look = LookPage(theme, settings)
        self.system = SystemPage(theme, settings, has_tray)
        self.keys = KeysPage(theme)
        self._pages: dict[str, tuple[SettingsPage, str]] = {
            "voice": (self.voice, "sound"),
            "devices": (self.devices, "microphone"),
            "model": (self.model, "model"),
            "persona": (self.persona, "persona"),
            "history": (self.history, "history"),
            "look": (self.look, "look"),
            "system": (self.system, "program"),
            "keys": (self.keys, "keys"),
        }
        self._lay_out()
        self.show_page("voice")

    def _lay_out(self) -> None:
        self._title = QLabel()
        self._title.setObjectName("wordmark")
        close = IconButton(self._theme, "close", self.tr("Close the settings (Esc)"))
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setContentsMargins(22, 12, 12, 4)
        head.addWidget(self._title, 1)
        head.addWidget(close)
        self._stack = QStackedWidget()
        rail = QVBoxLayout()
        rail.setContentsMargins(8, 12, 8, 12)
        rail.setSpacing(4)
        self._buttons = QButtonGroup(self)
        for name, (page, picture) in self._pages.items():
            button = IconButton(self._theme, picture, page.title)
            button.setCheckable(True)
            button.setObjectName(name)
            button.clicked.connect(lambda _=False, name=name: self.show_page(name))
            self._buttons.addButton(button)
            rail.addWidget(button)
            self._stack.addWidget(page)
            page.changed.connect(self.changed)
        rail.addStretch(1)
        side = QFrame()
        side.setObjectName("rail")
        side.setLayout(rail)
        page_column = QVBoxLayout()
        page_column.setSpacing(0)
        page_column.addLayout(head)
        page_column.addWidget(self._stack, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(1, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(side)
        whole.addLayout(page_column, 1)

    @property
    def pages(self) -> tuple[str, ...]:
        """Their names, in the order of the buttons."""
        return tuple(self._pages)

    @property
    def page(self) -> str:
        """The one that is shown."""
        return next(name for name, (page, _) in self._pages.items() if page is self._stack.currentWidget())

    def show_page(self, name: str) -> None:
        """One of `pages`."""
        page, _ = self._pages[name]
        self._stack.setCurrentWidget(page)
        self._title.setText(page.title)
        within = any(button.hasFocus() for button in self._buttons.buttons())
        for button in self._buttons.buttons():
            button.setChecked(button.objectName() == name)
            if within and button.isChecked():
                button.setFocus(Qt.FocusReason.OtherFocusReason)  # a ring around another one would mislead
        if page is not self.devices:
            self.devices.end_tests()

    def open(self, page: str | None = None) -> None:
        """Show it; the devices are looked up anew."""
        self.show()
        if page is not None:
            self.show_page(page)
        self.devices_wanted.emit()
        checked = self._buttons.checkedButton()
        if checked is not None:
            checked.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks at the meter any more."""
        super().hideEvent(event)
        self.devices.end_tests()
