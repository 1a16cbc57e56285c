"""The conversations that are kept, as a drawer on the left: search, open, rename, pin, export, delete."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QLineEdit, QMenu, QMessageBox, QVBoxLayout

from app.history.records import Entry
from app.view_models.history import HistoryViewModel
from app.window.controls import IconButton, Switch
from app.window.history_list import HistoryList
from app.window.icons import icon
from app.window.theme import Theme

HISTORY_WIDTH = 300  # points
_PAUSE = 120  # milliseconds without a key before it is searched


class HistoryPanel(QFrame):
    """Shows the history and tells what is wanted of it; changes nothing itself.

    Signals:
        searched: what is typed into the search field.
        opened, deleted: the key of a conversation.
        exported: a key and the Path that was chosen; a name that ends in .md means Markdown.
    """

    searched = Signal(str)
    opened = Signal(str)
    renamed = Signal(str, str)
    pinned = Signal(str, bool)
    deleted = Signal(str)
    exported = Signal(str, object)
    private_wanted = Signal(bool)
    closed = Signal()

    def __init__(self, theme: Theme, history: HistoryViewModel) -> None:
        super().__init__()
        self._theme, self._history = theme, history
        self.setObjectName("drawer")
        self.setProperty("side", "left")
        self.setFixedWidth(HISTORY_WIDTH)
        self._make_controls()
        self._lay_out()
        self._connect()
        history.subscribe(self._show)
        self._show()

    def _make_controls(self) -> None:
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search conversations"))
        self.search.setAccessibleName(self.tr("Search conversations"))
        self.search.setClearButtonEnabled(True)
        self._glass = QAction(self)
        self.search.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)
        self.list = HistoryList(self._theme, self._history)
        self.empty = QLabel()
        self.empty.setProperty("kind", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.empty.setWordWrap(True)
        self.empty.setContentsMargins(22, 24, 22, 0)
        self.private = Switch(self._theme, self.tr("Private: keep nothing"))
        self._pause = QTimer(self, interval=_PAUSE, singleShot=True)
        self._tint()

    def _lay_out(self) -> None:
        title = QLabel(self.tr("Conversations"))
        title.setObjectName("wordmark")
        close = IconButton(self._theme, "close", self.tr("Close the list of conversations (Ctrl+B)"))
        close.clicked.connect(self.closed)
        head = QHBoxLayout()
        head.setContentsMargins(20, 12, 12, 4)
        head.addWidget(title, 1)
        head.addWidget(close)
        field = QHBoxLayout()
        field.setContentsMargins(12, 4, 12, 6)
        field.addWidget(self.search)
        line = QFrame()
        line.setProperty("kind", "line")
        line.setFixedHeight(1)
        foot = QHBoxLayout()
        foot.setContentsMargins(20, 6, 16, 10)
        foot.addWidget(self.private)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(head)
        rows.addLayout(field)
        rows.addWidget(self.list, 1)
        rows.addWidget(self.empty, 1)
        rows.addWidget(line)
        rows.addLayout(foot)

    def _connect(self) -> None:
        self._theme.changed.connect(self._tint)
        self.search.textChanged.connect(self._pause.start)
        self._pause.timeout.connect(lambda: self.searched.emit(self.search.text()))
        self.list.opened.connect(lambda entry: self.opened.emit(entry.key))
        self.list.delete_wanted.connect(self._ask_to_delete)
        self.list.rows.renamed.connect(self.renamed)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.private.toggled.connect(self.private_wanted)

    # acts

    def menu(self, entry: Entry) -> QMenu:
        """What can be done with a conversation."""
        menu = QMenu(self)
        menu.addAction(self.tr("Open"), lambda: self.opened.emit(entry.key))
        rename = menu.addAction(self.tr("Rename"), lambda: self.list.rename(entry.key))
        rename.setShortcut(QKeySequence(Qt.Key.Key_F2))
        pin = self.tr("Unpin") if entry.pinned else self.tr("Pin to the top")
        menu.addAction(pin, lambda: self.pinned.emit(entry.key, not entry.pinned))
        menu.addSeparator()
        menu.addAction(self.tr("Export as text (Markdown)…"), lambda: self._export(entry, ".md"))
        menu.addAction(self.tr("Export with sound and files…"), lambda: self._export(entry, ".zip"))
        menu.addSeparator()
        delete = menu.addAction(self.tr("Delete for good…"), lambda: self._ask_to_delete(entry))
        delete.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        return menu

    def _show_menu(self, where: QPoint) -> None:
        index = self.list.indexAt(where)
        entry = self.list.rows.entry(index if index.isValid() else self.list.currentIndex())
        if entry is None:
            return
        if not index.isValid():  # by key: beside the row that has the focus
            where = self.list.visualRect(self.list.currentIndex()).center()
        menu = self.menu(entry)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.list.viewport().mapToGlobal(where))

    def _export(self, entry: Entry, suffix: str) -> None:
        name = re.sub(r'[\\/:*?"<>|\s]+', " ", entry.title).strip(" .")[:60] or self.tr("Conversation")
        filters = {".md": self.tr("Markdown (*.md)"), ".zip": self.tr("Zip archive (*.zip)")}
        where = str(Path.home() / f"{name}{suffix}")
        chosen, _ = QFileDialog.getSaveFileName(self, self.tr("Export the conversation"), where, filters[suffix])
        if chosen:
            path = Path(chosen)
            self.exported.emit(entry.key, path if path.suffix.lower() == suffix else path.with_name(path.name + suffix))

    def _ask_to_delete(self, entry: Entry) -> None:
        question = QMessageBox(self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Warning)
        question.setWindowTitle(self.tr("Delete for good"))
        question.setText(self.tr("Delete “{title}”?").format(title=self.list.rows.title(entry)))
        question.setInformativeText(self.tr("Its words and its sound are erased and cannot be brought back."))
        delete = question.addButton(self.tr("Delete"), QMessageBox.ButtonRole.DestructiveRole)
        keep = question.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        question.setDefaultButton(keep)
        question.setEscapeButton(keep)
        delete.clicked.connect(lambda: self.deleted.emit(entry.key))
        question.open()

    # what is shown

    def _show(self) -> None:
        history = self._history
        found = bool(history.entries)
        self.list.setVisible(found)
        self.empty.setVisible(not found)
        if history.query.strip():
            self.empty.setText(self.tr("Nothing was found for “{words}”.").format(words=history.query.strip()))
        elif history.loaded:
            self.empty.setText(self.tr("What you talk about will be kept here, on this computer only."))
        else:
            self.empty.setText("")
        if self.private.isChecked() != history.private:
            self.private.blockSignals(True)
            self.private.setChecked(history.private)
            self.private.blockSignals(False)

    def _tint(self) -> None:
        self._glass.setIcon(icon("search", self._theme.tokens.muted, 16))
