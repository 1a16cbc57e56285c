"""The conversation as a column that follows its end, unless the person has scrolled away from it.

Only the messages near the visible part have widgets: a conversation of thousands of turns opens and scrolls like a
short one. The others are a height each, measured where they have been seen and estimated where they have not.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

from app.engine_protocol import PICTURE_PIXELS
from app.media import MediaKind
from app.view_models.conversation import Change, ConversationViewModel, What
from app.view_models.message import Role
from app.window.answer_view import AnswerView
from app.window.column import BOTTOM, TOP, Column, Row, estimate
from app.window.controls import IconButton
from app.window.floating_player import FloatingPlayer
from app.window.message_acts import MessageActs
from app.window.message_view import MessageView
from app.window.question_view import QuestionView
from app.window.theme import COLUMN, Theme
from app.window.welcome import Welcome

_FRAME = 33  # milliseconds: tokens may come faster than anybody sees
_LATEST = 500  # milliseconds after which a growing text is drawn, however long it is and however slow the machine
_OVERDUE = 40  # milliseconds after which the next widget is made, whatever else there is to do
_SHARE = 16  # of its time that the window leaves to everything else, for each part that it takes to draw a growing text
_MARGIN = 16  # points beside the messages, as beside the input below them
_NEAR_END = 60  # points from the end that still count as being there
_AROUND = 0.75  # viewports above and below the visible one whose messages have widgets
_KEPT = 2.5  # viewports beyond which they are given up again
_EARLY = 2.0  # viewports above the visible one that must be there, or what was said before is asked for


class ConversationView(QScrollArea):
    """Shows the messages of a view model; text that grows is drawn at most 30 times a second.

    Attributes:
        acts: what the person wants of a message.

    Signals:
        earlier_wanted: the person looks back, and soon at what was said before all that there is here.
    """

    earlier_wanted = Signal()

    def __init__(self, theme: Theme, shown: ConversationViewModel) -> None:
        super().__init__()
        self._theme, self._shown = theme, shown
        self.acts = MessageActs(self)
        self._column = Column()
        self._built: list[Row] = []  # those with a widget, in no order
        self._half_built: tuple[Row, MessageView] | None = None
        self._in_order = True  # the widgets, for Tab
        self._dirty: set[int] = set()
        self._following = True
        self._placing = False
        self._last_anchor: tuple[Row, int] | None = None
        self.setWidgetResizable(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(self.horizontalScrollBarPolicy().ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Conversation"))

        self._page = QWidget()
        self._page.setObjectName("page")
        self._welcome = Welcome(theme)
        self._welcome.setParent(self._page)
        self.setWidget(self._page)

        self._to_end = IconButton(theme, "down", self.tr("Go to the newest message"), "round")
        self._to_end.setParent(self)
        self._to_end.clicked.connect(self.follow)
        self._to_end.hide()

        self._floating = FloatingPlayer(theme, self)
        self._floating.watch.connect(self.acts.watch)
        self._floating.silence.connect(self.acts.silence)

        self._timer = QTimer(self, interval=_FRAME, singleShot=True)
        self._timer.timeout.connect(self._refresh_dirty)
        # The next widget, once the window has nothing else to do; on a busy machine that may be never.
        self._more = QTimer(self, interval=0, singleShot=True)
        self._overdue = QTimer(self, interval=_OVERDUE, singleShot=True)
        self._more.timeout.connect(self._build_more)
        self._overdue.timeout.connect(self._build_more)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        shown.subscribe(self._on_change)
        self._rebuild()

    @property
    def views(self) -> list[MessageView]:
        """The widgets that there are, oldest message first."""
        return [row.view for row in sorted(self._built, key=lambda row: row.index) if row.view is not None]

    @property
    def settled(self) -> bool:
        """Whether everything in sight has its widget."""
        return not self._more.isActive()

    @property
    def at_end(self) -> bool:
        """Whether the newest messages are all that anybody looks at, with eyes or with the keyboard."""
        bar, focused = self.verticalScrollBar(), QApplication.focusWidget()
        if not self._following or bar.value() < bar.maximum():
            return False
        near = bar.value() - _KEPT * self.viewport().height()
        above = (row.view for row in self._built if row.view is not None and row.view.geometry().bottom() < near)
        return focused is None or not any(view.isAncestorOf(focused) for view in above)

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._following = True
        self._place()

    # what is shown

    def _on_change(self, change: Change) -> None:
        match change.what:
            case What.ADDED:
                self._column.append(self._shown.messages[change.index], self._room())
                self._following = True
                self._want_more()  # a question and its answer come in one act: their widgets come one by one
            case What.CHANGED:
                self._dirty.add(change.index)
                if not self._timer.isActive():
                    self._timer.start()
            case What.PREPENDED:
                self._prepend(change.index)
            case What.LET_GO:
                self._let_go(change.index)
            case What.CLEARED:
                self._rebuild()
            case What.PLAYHEAD:
                for row in self._built:
                    if row.view is not None:
                        row.view.show_playhead(self._shown.playhead, self._shown.speaking_rate)
                self._show_floating()

    def _refresh_dirty(self) -> None:
        dirty, self._dirty = self._dirty, set()
        began = time.thread_time()
        for index in dirty:
            if index < len(self._column.rows):
                row = self._column.rows[index]
                half = self._half_built[1] if self._half_built is not None and self._half_built[0] is row else None
                if (view := row.view or half) is not None:
                    view.refresh()
                    self._tell_given(view)
                if row.view is not None:
                    self._measure(row)
                else:
                    self._column.set_height(row, estimate(row.message, self._room()))
        self._place()
        self._timer.setInterval(min(_LATEST, max(_FRAME, round(_SHARE * 1000 * (time.thread_time() - began)))))

    def _rebuild(self) -> None:
        """Make the rows those of the messages; what is still there keeps its widget."""
        self._dirty.clear()
        before = len(self._column.rows)
        gone = self._column.become(self._shown.messages, self._room())
        self._following = self._following or len(gone) == before  # another conversation is begun at its end
        for row in gone:
            self._give_up(row)
        self._place()

    def _prepend(self, count: int) -> None:
        """Messages in front of all that there are, without a widget until somebody looks at them."""
        anchor = self._anchor()  # by the places of before
        self._column.prepend(self._shown.messages[:count], self._room())
        self._dirty = {index + count for index in self._dirty}
        self._place(anchor)

    def _let_go(self, count: int) -> None:
        """The first messages have gone, and all others stay where they are on the screen."""
        anchor = self._anchor()
        if self._last_anchor is not None and self._last_anchor[0].index < count:
            self._last_anchor = None
        for row in self._column.let_go(count):
            self._give_up(row)
        self._dirty = {index - count for index in self._dirty if index >= count}
        self._place(anchor)

    # widgets come and go

    def _make(self, row: Row) -> MessageView:
        kind = QuestionView if row.message.role is Role.USER else AnswerView
        view: MessageView = kind(self._theme, row.message, self.acts, self._page)
        view.set_room(self._room())
        self._tell_given(view)
        view.show_playhead(self._shown.playhead, self._shown.speaking_rate)
        return view

    def _settle(self, row: Row, view: MessageView) -> None:
        row.view = view
        self._built.append(row)
        view.show()
        self._measure(row)
        view.reshaped.connect(self._on_reshaped)
        self._in_order = self._in_order and row is self._column.rows[-1]

    def _tell_given(self, view: MessageView) -> None:
        """What an answer may speak of."""
        if view.message.role is Role.ASSISTANT:
            film = self._shown.given_before(view.message, (MediaKind.VIDEO, MediaKind.AUDIO))
            picture = self._shown.given_before(view.message, (MediaKind.IMAGE,))
            model = self._shown.model
            view.show_given(film, picture, PICTURE_PIXELS if model is None else model.picture_pixels)

    def _show_floating(self) -> None:
        playhead = self._shown.playhead
        sight = self.viewport().rect()
        in_sight = False
        subject = playhead.subject if playhead is not None else None
        for view in self.views if subject is not None else []:
            given = any(attachment is subject for attachment in view.message.attachments)
            in_sight = in_sight or (given and sight.contains(view.mapTo(self.viewport(), view.rect().center())))
        self._floating.show_playhead(playhead, in_sight)

    def _give_up(self, row: Row) -> None:
        if row.view is not None:
            row.view.hide()
            row.view.deleteLater()
            row.view = None
            self._built.remove(row)

    def _order_focus(self) -> None:
        """Tab goes down the conversation, whichever message got its widget first."""
        self._in_order = True
        last: QWidget | None = None
        for view in self.views:
            for control in view.controls():
                if last is not None:
                    QWidget.setTabOrder(last, control)
                last = control

    def _measure(self, row: Row) -> None:
        if row.view is not None:
            self._column.set_height(row, row.view.height_for(self._room()))

    def _on_reshaped(self, view: MessageView) -> None:
        if self._placing:
            return
        row = next((row for row in self._built if row.view is view), None)
        if row is not None:
            self._measure(row)
            if not self._column.counted:
                self._place()

    # places

    def _room(self) -> int:
        return max(120, min(COLUMN, self.viewport().width()) - 2 * _MARGIN)

    def _place(self, anchor: tuple[Row, int] | None = None) -> None:
        """Put everything where it belongs; what has no widget yet gets it later."""
        if not self._placing:
            self._arrange(anchor or self._anchor())
            self._want_more()

    def _want_more(self) -> None:
        self._more.start()
        if not self._overdue.isActive():
            self._overdue.start()

    def _build_more(self) -> None:
        """One more widget, so that the window never waits for many."""
        anchor = self._anchor()
        self._placing = True
        self._more.stop()
        self._overdue.stop()
        if self._build_one():
            self._want_more()
        else:
            if not self._in_order:
                self._order_focus()
            self._want_earlier()
        self._arrange(anchor)

    def _arrange(self, anchor: tuple[Row, int] | None) -> None:
        self._placing = True
        viewport, rows = self.viewport(), self._column.rows
        self._show_welcome(not rows)
        height = max(viewport.height(), self._column.height, self._welcome.height() if not rows else 0)
        if (self._page.width(), self._page.height()) != (viewport.width(), height):
            self._page.resize(viewport.width(), height)
        self._scroll_to(anchor)
        left, room, tops = self._left(), self._room(), self._column.tops
        for row in self._built:
            if row.view is not None:
                row.view.setGeometry(left, int(tops[row.index]), room, row.height)
        self._placing = False
        self._show_way_to_end()

    def _left(self) -> int:
        # The scroll bar takes its room on the right; the same on the left keeps messages above the input.
        beside = self.width() - self.viewport().width() if self.width() > COLUMN else 0
        return max(_MARGIN, (self.viewport().width() + beside - self._room()) // 2)

    def _anchor(self) -> tuple[Row, int] | None:
        """The first message in sight and how far above the top it begins: it stays there whatever changes above it."""
        column = self._column
        if self._following or not column.rows or not column.counted:
            return self._last_anchor if not self._following and column.rows else None
        value = self.verticalScrollBar().value()
        index = column.at(value)
        self._last_anchor = (column.rows[index], value - int(column.tops[index]))
        return self._last_anchor

    def _scroll_to(self, anchor: tuple[Row, int] | None) -> None:
        bar = self.verticalScrollBar()
        if not self._column.rows:
            bar.setValue(0)  # a welcome begins at its beginning
        elif self._following:
            bar.setValue(bar.maximum())
        elif anchor is not None and anchor[0].index < len(self._column.rows):
            bar.setValue(int(self._column.tops[anchor[0].index]) + anchor[1])

    def _build_one(self) -> bool:
        """Give the nearest message without a widget one, take theirs from those far away; whether more are to do."""
        if self._half_built is not None:  # to make a widget and to lay it out are two things, and each takes a while
            (row, view), self._half_built = self._half_built, None
            if row.view is None and self._column.has(row):
                self._settle(row, view)
            else:
                view.deleteLater()
            return True
        rows, tops, height = self._column.rows, self._column.tops, max(1, self.viewport().height())
        if not rows:
            return False
        top = int(tops[-1]) - height if self._following else self.verticalScrollBar().value()
        first, last = self._column.between(top - _AROUND * height, top + (1 + _AROUND) * height)
        missing = [index for index in range(first, last) if rows[index].view is None]
        if missing:
            middle = top + height / 2
            nearest = min(missing, key=lambda index: abs(float(tops[index]) - middle))
            self._half_built = rows[nearest], self._make(rows[nearest])
        first, last = self._column.between(top - _KEPT * height, top + (1 + _KEPT) * height)
        focused = QApplication.focusWidget()
        for row in list(self._built):
            has_focus = focused is not None and row.view is not None and row.view.isAncestorOf(focused)
            if not first <= row.index < last and not has_focus:
                self._give_up(row)
        return bool(missing)

    def _on_scrolled(self) -> None:
        if self._placing:
            return
        bar = self.verticalScrollBar()
        self._following = bar.maximum() - bar.value() < _NEAR_END
        self._want_more()
        self._want_earlier()
        self._show_way_to_end()

    def _want_earlier(self) -> None:
        if not self._following and self.verticalScrollBar().value() < _EARLY * self.viewport().height():
            self.earlier_wanted.emit()

    def _show_way_to_end(self) -> None:
        bar = self.verticalScrollBar()
        self._to_end.setVisible(not self._following and bar.maximum() - bar.value() > _NEAR_END)

    def _show_welcome(self, visible: bool) -> None:
        self._welcome.setVisible(visible)
        if visible:
            self._welcome.set_room(self.viewport().height())
            width = min(COLUMN, self.viewport().width()) - 2 * _MARGIN
            needed = self._welcome.height_for(width) + TOP + BOTTOM
            self._welcome.setGeometry(self._left(), 0, width, max(self.viewport().height(), needed))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width for everything."""
        super().resizeEvent(event)
        room = self._room()
        self._anchor()
        for row in self._column.rows:
            if row.view is not None:
                row.view.set_room(room)
                self._measure(row)
            else:
                self._column.set_height(row, estimate(row.message, room))
        self._place()
        self._floating.place()
        self._to_end.move((self.width() - self._to_end.width()) // 2, self.height() - self._to_end.height() - 12)
