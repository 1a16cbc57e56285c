"""The list of conversations: its rows, and how they are drawn. Thousands of them cost no more than those in sight."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QDateTime,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.history.records import Entry
from app.view_models.history import HistoryViewModel, Section
from app.window.icons import pixmap
from app.window.theme import Theme

ROW, HEADING = 54, 34  # points high
_EDGE = 12
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Heading:
    """A row that only says what stands below it."""

    section: Section


class HistoryModel(QAbstractListModel):
    """Rows for Qt: headings and conversations.

    Signals:
        renamed: key and new title.
    """

    renamed = Signal(str, str)

    def __init__(self, history: HistoryViewModel, parent: QObject) -> None:
        super().__init__(parent)
        self._history = history
        self.rows: list[Heading | Entry] = []
        history.subscribe(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the view model as it now is; rows that stay where they are stay selected."""
        rows: list[Heading | Entry] = []
        for section, entries in self._history.sections(time.time()):
            rows += [Heading(section), *entries]
        if [_identity(row) for row in rows] == [_identity(row) for row in self.rows]:
            self.rows = rows
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
        else:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def entry(self, index: Index) -> Entry | None:
        """The conversation of a row, None for a heading."""
        row = self.rows[index.row()] if index.isValid() else None
        return row if isinstance(row, Entry) else None

    def index_of(self, key: str) -> QModelIndex:
        """The row of a conversation, or an invalid one."""
        for number, row in enumerate(self.rows):
            if isinstance(row, Entry) and row.key == key:
                return self.index(number)
        return QModelIndex()

    def title(self, row: Heading | Entry) -> str:
        """A row's first line."""
        if isinstance(row, Entry):
            return row.title or self.tr("Without words")
        return {
            Section.PINNED: self.tr("Pinned"),
            Section.TODAY: self.tr("Today"),
            Section.YESTERDAY: self.tr("Yesterday"),
            Section.WEEK: self.tr("Last seven days"),
            Section.OLDER: self.tr("Older"),
        }[row.section]

    def detail(self, entry: Entry) -> str:
        """A conversation's second line: what was found, or when it was."""
        if entry.excerpt:
            return entry.excerpt
        when = QDateTime.fromSecsSinceEpoch(int(entry.updated))
        short, locale = QLocale.FormatType.ShortFormat, QLocale()
        today = when.date() == QDateTime.currentDateTime().date()
        said = locale.toString(when.time(), short) if today else locale.toString(when.date(), short)
        count = self.tr("%n message(s)", "", entry.messages)
        return f"{said}  ·  {count}"

    # what Qt asks

    def rowCount(self, parent: Index | None = None) -> int:
        """All rows are at the top."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A row's words."""
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self.title(row)
        if role == Qt.ItemDataRole.AccessibleTextRole and isinstance(row, Entry):
            pinned = self.tr(", pinned") if row.pinned else ""
            return f"{self.title(row)}, {self.detail(row)}{pinned}"
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(row, Entry):
            return self.title(row)
        return None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A new title; the view model brings it back once it is kept."""
        entry = self.entry(index)
        if entry is not None and isinstance(value, str) and value != self.title(entry):
            self.renamed.emit(entry.key, value)
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings can be neither chosen nor renamed."""
        if self.entry(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsEditable


class HistoryDelegate(QStyledItemDelegate):
    """Draws a row in the colours of the theme."""

    def __init__(self, theme: Theme, history: HistoryViewModel, model: HistoryModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._history, self._model = theme, history, model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Two lines, or one for a heading."""
        return QSize(0, self._theme.pixels(ROW if self._model.entry(index) is not None else HEADING))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        t, rect = self._theme.tokens, option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        entry = self._model.entry(index)
        if entry is None:
            painter.setFont(self._font(option, 13, bold=True))
            painter.setPen(QColor(t.muted))
            area = rect.adjusted(_EDGE + 8, 8, -_EDGE, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, self._model.title(self._model.rows[index.row()]))
        else:
            self._paint_entry(painter, option, entry)
        painter.restore()

    def _paint_entry(self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry) -> None:
        t, rect, state = self._theme.tokens, option.rect, option.state
        is_open = entry.key == self._history.current
        card = rect.adjusted(8, 1, -8, -1)
        if is_open or state & QStyle.StateFlag.State_MouseOver or state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(t.accent) if state & QStyle.StateFlag.State_HasFocus else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(t.tint if is_open else t.raised))
            painter.drawRoundedRect(card, 10, 10)
        words = card.adjusted(_EDGE, 6, -_EDGE, -6)
        if entry.pinned:
            picture = pixmap("pin", t.on_tint if is_open else t.muted, 14, painter.device().devicePixelRatioF())
            painter.drawPixmap(words.right() - 13, words.top() + 3, picture)
        title = QRect(words.left(), words.top(), words.width() - (20 if entry.pinned else 0), words.height() // 2)
        detail = QRect(words.left(), title.bottom() + 1, words.width(), words.height() // 2)
        _line(
            painter,
            title,
            self._model.title(entry),
            self._font(option, 14, bold=is_open),
            t.on_tint if is_open else t.text,
        )
        _line(painter, detail, self._model.detail(entry), self._font(option, 13), t.on_tint if is_open else t.muted)

    def _font(self, option: QStyleOptionViewItem, size: int, bold: bool = False) -> QFont:
        font = QFont(option.font)
        font.setPixelSize(self._theme.pixels(size))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font


class HistoryList(QListView):
    """The rows, by mouse and by key: Enter opens, F2 renames, Delete deletes.

    Signals:
        opened, delete_wanted: an Entry.
    """

    opened = Signal(object)
    delete_wanted = Signal(object)

    def __init__(self, theme: Theme, history: HistoryViewModel) -> None:
        super().__init__()
        self.rows = HistoryModel(history, self)
        self.setModel(self.rows)
        self.setItemDelegate(HistoryDelegate(theme, history, self.rows, self))
        self.setMouseTracking(True)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(self.tr("Conversations"))
        self.clicked.connect(self._open)
        theme.changed.connect(self.viewport().update)
        history.subscribe(self.viewport().update)

    def rename(self, key: str) -> None:
        """Let the person type a new title."""
        index = self.rows.index_of(key)
        if index.isValid():
            self.setCurrentIndex(index)
            self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What can be done with the row that has the focus."""
        entry = self.rows.entry(self.currentIndex())
        if entry is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(entry)
        elif entry is not None and event.key() == Qt.Key.Key_Delete:
            self.delete_wanted.emit(entry)
        else:
            super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        entry = self.rows.entry(index)
        if entry is not None:
            self.opened.emit(entry)


def _identity(row: Heading | Entry) -> object:
    return row.key if isinstance(row, Entry) else row.section


def _line(painter: QPainter, area: QRect, words: str, font: QFont, color: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(color))
    elided = QFontMetrics(font).elidedText(" ".join(words.split()), Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, elided)
