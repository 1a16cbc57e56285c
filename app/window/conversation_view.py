"""The conversation as a column that follows its end, unless the person has scrolled away from it."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.view_models.conversation import Change, ConversationViewModel, Message, Role, What
from app.window.controls import IconButton
from app.window.message_view import AnswerView, MessageView, QuestionView
from app.window.theme import COLUMN, Theme
from app.window.welcome import Welcome

_FRAME = 33  # milliseconds: tokens may come faster than anybody sees
_SHARE = 8  # of its time that the window leaves to the model, for each part that it takes to draw a growing text
_MARGIN = 16  # points beside the messages, as beside the input below them
_NEAR_END = 60  # points from the end that still count as being there


class ConversationView(QScrollArea):
    """Shows the messages of a view model; text that grows is drawn at most 30 times a second."""

    ask_again = Signal(object)
    play = Signal(object)

    def __init__(self, theme: Theme, shown: ConversationViewModel) -> None:
        super().__init__()
        self._theme, self._shown = theme, shown
        self._views: list[MessageView] = []
        self._dirty: set[int] = set()
        self._following = True
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Conversation"))

        page = QWidget()
        page.setObjectName("page")
        self._column = QWidget()
        self._column.setMaximumWidth(COLUMN)
        self._rows = QVBoxLayout(self._column)
        self._rows.setContentsMargins(_MARGIN, 28, _MARGIN, 24)
        self._rows.setSpacing(26)
        self._welcome = Welcome(theme)
        self._rows.addWidget(self._welcome, 1)
        self._rows.addStretch()
        self._around = QHBoxLayout(page)
        self._around.setContentsMargins(0, 0, 0, 0)
        self._around.addStretch(1)
        self._around.addWidget(self._column, 1000)
        self._around.addStretch(1)
        self.setWidget(page)

        self._to_end = IconButton(theme, "down", self.tr("Go to the newest message"), "round")
        self._to_end.setParent(self)
        self._to_end.clicked.connect(self.follow)
        self._to_end.hide()

        self._timer = QTimer(self, interval=_FRAME, singleShot=True)
        self._timer.timeout.connect(self._refresh_dirty)
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._on_range)
        bar.valueChanged.connect(self._on_scrolled)
        shown.subscribe(self._on_change)
        self._rebuild()

    @property
    def views(self) -> list[MessageView]:
        """The messages' widgets, oldest first."""
        return self._views

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._following = True
        self._on_range()

    def _on_change(self, change: Change) -> None:
        match change.what:
            case What.ADDED:
                self._append(self._shown.messages[change.index])
                self.follow()
            case What.CHANGED:
                self._dirty.add(change.index)
                if not self._timer.isActive():
                    self._timer.start()
            case What.CLEARED:
                self._rebuild()

    def _refresh_dirty(self) -> None:
        dirty, self._dirty = self._dirty, set()
        began = time.thread_time()
        for index in dirty:
            if index < len(self._views):
                self._views[index].refresh()
        self._timer.setInterval(max(_FRAME, round(_SHARE * 1000 * (time.thread_time() - began))))

    def _rebuild(self) -> None:
        """Make the widgets those of the messages; what is still there keeps its widget."""
        self._dirty.clear()
        kept = {id(view.message): view for view in self._views}
        wanted = {id(message) for message in self._shown.messages}
        for view in self._views:
            if id(view.message) not in wanted:
                self._rows.removeWidget(view)
                view.deleteLater()
        self._views = []
        for message in self._shown.messages:
            if id(message) in kept:
                self._views.append(kept[id(message)])
            else:
                self._append(message)
        self._welcome.setVisible(not self._views)

    def _append(self, message: Message) -> None:
        kind = QuestionView if message.role is Role.USER else AnswerView
        view: MessageView = kind(self._theme, message)
        view.ask_again.connect(self.ask_again)
        view.play.connect(self.play)
        view.set_room(self._room())
        self._rows.insertWidget(self._rows.count() - 1, view)
        self._views.append(view)
        self._welcome.hide()

    def _room(self) -> int:
        return min(COLUMN, self.viewport().width()) - 2 * _MARGIN

    def _on_range(self) -> None:
        bar = self.verticalScrollBar()
        if not self._views:
            bar.setValue(0)  # a welcome begins at its beginning
        elif self._following:
            bar.setValue(bar.maximum())
        self._show_way_to_end()

    def _on_scrolled(self) -> None:
        bar = self.verticalScrollBar()
        self._following = bar.maximum() - bar.value() < _NEAR_END
        self._show_way_to_end()

    def _show_way_to_end(self) -> None:
        bar = self.verticalScrollBar()
        self._to_end.setVisible(not self._following and bar.maximum() - bar.value() > _NEAR_END)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width for the bubbles."""
        super().resizeEvent(event)
        # The scroll bar takes its room on the right; the same on the left keeps messages above the input.
        beside = self.width() - self.viewport().width() if self.width() > COLUMN else 0
        self._around.setContentsMargins(beside, 0, 0, 0)
        self._welcome.set_room(self.viewport().height())
        for view in self._views:
            view.set_room(self._room())
        self._to_end.move((self.width() - self._to_end.width()) // 2, self.height() - self._to_end.height() - 12)
