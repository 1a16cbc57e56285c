"""The window: header, message, conversation, input, settings, put together; keys and drops that work everywhere.

Tells what the person wants by signals and shows what the view model says; knows neither engine nor session.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QMimeData, QRect, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMainWindow, QVBoxLayout, QWidget

from app.settings import Settings
from app.view_models.conversation import Change, ConversationViewModel, Phase, What
from app.view_models.history import HistoryViewModel
from app.window.banner import Banner
from app.window.controls import IconButton
from app.window.conversation_view import ConversationView
from app.window.drop_overlay import DropOverlay
from app.window.history_panel import HISTORY_WIDTH, HistoryPanel
from app.window.input_bar import InputBar
from app.window.orb import Orb
from app.window.settings_panel import PANEL_WIDTH, SettingsPanel
from app.window.theme import COLUMN, Theme
from app.window.tray import Tray

_DEFAULT_SIZE = (960, 760)
_SMALLEST = (420, 480)
_WIDE = 520  # points from which on there is room for all that is known of the model


class MainWindow(QMainWindow):
    """Everything there is to see."""

    files_dropped = Signal(list)
    picture_dropped = Signal(object)
    new_wanted = Signal()
    stop_wanted = Signal()
    restart_wanted = Signal()
    face_wanted = Signal(bool)
    captions_wanted = Signal(bool)
    history_toggled = Signal(bool)
    closing = Signal()
    quit_wanted = Signal()

    def __init__(
        self, theme: Theme, shown: ConversationViewModel, history: HistoryViewModel, settings: Settings
    ) -> None:
        super().__init__()
        self._theme, self._shown, self._history = theme, shown, history
        self.setWindowTitle("Vis-à-vis")
        self.setMinimumSize(*_SMALLEST)
        self.resize(*_DEFAULT_SIZE)
        self.setAcceptDrops(True)
        self.banner = Banner(theme)
        self.conversation = ConversationView(theme, shown)
        self.input = InputBar(theme, shown)
        self.panel = SettingsPanel(theme, shown, settings, Tray.available())
        self.panel.hide()
        self.history = HistoryPanel(theme, history)
        self.history.setVisible(settings.history_open)
        self._lay_out()
        self._overlay = DropOverlay(theme, self)
        self._make_keys()
        self.panel.closed.connect(self._close_panel)
        self.history.closed.connect(self.toggle_history)
        self.history.opened.connect(self._on_opened)
        self.banner.closed.connect(lambda: shown.set_notice(None))
        self.banner.acted.connect(self._on_banner)
        shown.subscribe(self._on_change)
        history.subscribe(self._show_privacy)
        self._show_model()
        self._show_privacy()
        self.banner.show_notice(shown.notice)
        self.input.field.setFocus()

    def _lay_out(self) -> None:
        self._pill = QLabel()
        self._pill.setProperty("kind", "pill")
        self._pill.setFixedHeight(26)
        self._private = QLabel(self.tr("private"))
        self._private.setProperty("kind", "pill")
        self._private.setFixedHeight(26)
        self._private.setToolTip(self.tr("Nothing of this conversation is kept."))
        wordmark = QLabel("Vis-à-vis")
        wordmark.setObjectName("wordmark")
        history = IconButton(self._theme, "history", self.tr("Conversations (Ctrl+B)"))
        history.clicked.connect(self.toggle_history)
        new = IconButton(self._theme, "new", self.tr("New conversation (Ctrl+N)"))
        new.clicked.connect(self.new_wanted)
        settings = IconButton(self._theme, "settings", self.tr("Settings (Ctrl+,)"))
        settings.clicked.connect(self.toggle_panel)
        header = QFrame()
        header.setObjectName("header")
        bar = QHBoxLayout(header)
        bar.setContentsMargins(12, 10, 12, 10)
        bar.setSpacing(10)
        bar.addWidget(history)
        bar.addWidget(Orb(self._theme, 26))
        bar.addWidget(wordmark)
        bar.addSpacing(4)
        bar.addWidget(self._pill)
        bar.addWidget(self._private)
        bar.addStretch(1)
        bar.addWidget(new)
        bar.addWidget(settings)

        banner_row = QHBoxLayout()
        banner_row.setContentsMargins(16, 0, 16, 0)
        self.banner.setMaximumWidth(COLUMN - 32)
        banner_row.addStretch(1)
        banner_row.addWidget(self.banner, 1000)
        banner_row.addStretch(1)

        self._main = QWidget()
        self._main.setObjectName("window")
        main = QVBoxLayout(self._main)
        main.setContentsMargins(0, 0, 0, 0)
        main.setSpacing(0)
        main.addWidget(header)
        main.addWidget(self.conversation, 1)
        main.addLayout(banner_row)
        main.addSpacing(10)
        main.addWidget(self.input)
        middle = QWidget()
        middle.setObjectName("window")
        whole = QHBoxLayout(middle)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.history)
        whole.addWidget(self._main, 1)
        whole.addWidget(self.panel)
        self.setCentralWidget(middle)

    def _make_keys(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+N": self.new_wanted.emit,
            "Ctrl+,": self.toggle_panel,
            "Ctrl+B": self.toggle_history,
            "Ctrl+F": self.search_history,
            "Ctrl+O": self.input.choose_files,
            "Ctrl+Space": self.input.toggle_talk,
            "Ctrl+H": lambda: self.input.hands_free_toggled.emit(not self._shown.hands_free),
            "Ctrl+M": lambda: self.input.muted.emit(not self._shown.muted) if self._shown.hands_free else None,
            "Ctrl+E": self.input.look.showMenu,
            "F8": lambda: self.face_wanted.emit(not self.input.stage.wanted),
            "F9": lambda: self.captions_wanted.emit(self.input.captions.isHidden()),
            "Ctrl+L": self.input.field.setFocus,
            "Ctrl+Q": self.quit_wanted.emit,
            "Esc": self._escape,
        }
        for key, act in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(act)

    def take_place_of(self, other: MainWindow) -> None:
        """Look as the other window did, which is about to go: where it was, with what was open."""
        self.setGeometry(other.geometry())
        self.setWindowState(other.windowState())
        self.history.search.setText(other.history.search.text())
        if other.panel.isVisible():
            self._open_panel(other.panel.page)
        if other.isVisible():
            self.show()
        other.hide()

    # acts

    def toggle_panel(self) -> None:
        """Open or close the settings."""
        if self.panel.isVisible():
            self._close_panel()
        else:
            self._open_panel()

    def toggle_history(self) -> None:
        """Open or close the list of conversations."""
        self._show_history(self.history.isHidden())
        (self.input.field if self.history.isHidden() else self.history.list).setFocus()

    def search_history(self) -> None:
        """Open the list of conversations, ready to type what is looked for."""
        self._show_history(True)
        self.history.search.setFocus()
        self.history.search.selectAll()

    def _show_history(self, shown: bool) -> None:
        self.history.setVisible(shown)
        if shown and self.width() < _SMALLEST[0] + HISTORY_WIDTH + PANEL_WIDTH:
            self.panel.hide()
        self._share_room()
        self.history_toggled.emit(shown)

    def _open_panel(self, page: str | None = None) -> None:
        if self.width() < _SMALLEST[0] + HISTORY_WIDTH + PANEL_WIDTH:
            self.history.hide()
        self.panel.open(page)
        self._share_room()

    def _close_panel(self) -> None:
        self.panel.hide()
        self._share_room()
        self.input.field.setFocus()

    def _on_opened(self, _conversation: str) -> None:
        """In a narrow window the list makes way for what was chosen."""
        if self._main.isHidden():
            self._show_history(False)
        self.input.field.setFocus()

    def _share_room(self) -> None:
        """Beside the conversation, or in its place where the window is too narrow for both."""
        beside = 0
        for drawer, width in ((self.panel, PANEL_WIDTH), (self.history, HISTORY_WIDTH)):
            alone = self.width() < _SMALLEST[0] + width
            drawer.setFixedWidth(self.width() if alone else width)
            beside += 0 if drawer.isHidden() else drawer.width()
        self._main.setVisible(self.width() - beside >= _SMALLEST[0])

    def _escape(self) -> None:
        """Stop what is going on; where nothing is, close what is open."""
        if self._shown.stoppable:
            self.stop_wanted.emit()
        elif self.panel.isVisible():
            self._close_panel()
        elif self.history.isVisible() and (self._main.isHidden() or self.history.search.hasFocus()):
            self.toggle_history()

    def _on_banner(self, action: str) -> None:
        if action == "restart":
            self.restart_wanted.emit()
        elif action == "settings" and not self.panel.isVisible():
            self._open_panel("model")

    # what is shown

    def _on_change(self, change: Change) -> None:
        match change.what:
            case What.NOTICE:
                self.banner.show_notice(self._shown.notice)
            case What.MODEL | What.PHASE:
                self._show_model()

    def _show_privacy(self) -> None:
        self._private.setVisible(not self._history.keeping)

    def _show_model(self) -> None:
        model, phase = self._shown.model, self._shown.phase
        if model is not None:
            facts = (model.name, model.device, model.precision)
            self._pill.setText("  ·  ".join(facts if self._main.width() >= _WIDE else facts[:1]))
            self._pill.setToolTip("  ·  ".join(facts))
        elif phase is Phase.FAILED:
            self._pill.setText(self.tr("no model"))
        else:
            self._pill.setText(self.tr("loading…"))

    # drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files are welcome."""
        if _files(event.mimeData()) or event.mimeData().hasImage():
            event.acceptProposedAction()
            self._overlay.setGeometry(QRect(0, 0, self.width(), self.height()))
            self._overlay.show()
            self._overlay.raise_()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They have gone elsewhere."""
        self._overlay.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take them."""
        self._overlay.hide()
        if paths := _files(event.mimeData()):
            event.acceptProposedAction()
            self.files_dropped.emit(paths)
        elif event.mimeData().hasImage():  # from a browser, say
            event.acceptProposedAction()
            self.picture_dropped.emit(event.mimeData().imageData())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The overlay covers everything."""
        super().resizeEvent(event)
        self._share_room()
        self._show_model()
        self._overlay.setGeometry(self.rect())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell before it goes."""
        self.closing.emit()
        super().closeEvent(event)


def _files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
