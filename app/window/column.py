"""The conversation as rows below each other: how high each message is and where it begins, without any widget."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.view_models.message import Message, Role
from app.window.message_view import MessageView

TOP, BETWEEN, BOTTOM = 28, 26, 24  # points


@dataclass(eq=False)
class Row:
    """A message, how high it is, and its widget while it has one."""

    message: Message
    index: int
    height: int
    view: MessageView | None = None


class Column:
    """Rows of messages, oldest first, and their places in points from the top.

    Attributes:
        rows: each knows its index.
        counted: whether no row has come, gone or changed its height since the places were last asked for.
    """

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._tops: np.ndarray | None = None  # of the rows, and behind them the end; None where it must be counted anew

    @property
    def counted(self) -> bool:
        return self._tops is not None

    @property
    def tops(self) -> np.ndarray:
        """Where each row begins, and behind them where one more would."""
        if self._tops is None:
            heights = np.fromiter((row.height + BETWEEN for row in self.rows), np.int64, len(self.rows))
            self._tops = TOP + np.concatenate([[0], np.cumsum(heights)])
        return self._tops

    @property
    def height(self) -> int:
        """Of everything, with room at both ends; 0 without any row."""
        return int(self.tops[-1]) - BETWEEN + BOTTOM if self.rows else 0

    def at(self, place: float) -> int:
        """The index of the row that is at so many points from the top, or the nearest; there must be one."""
        index = max(0, int(np.searchsorted(self.tops, place, "right")) - 1)
        return min(index, len(self.rows) - 1)

    def between(self, begin: float, end: float) -> tuple[int, int]:
        """First row that reaches below `begin`, and the one behind the last that begins above `end`."""
        first = max(0, int(np.searchsorted(self.tops, begin, "right")) - 1)
        return first, min(len(self.rows), int(np.searchsorted(self.tops, end, "left")))

    def has(self, row: Row) -> bool:
        """Whether it is still one of them."""
        return row.index < len(self.rows) and self.rows[row.index] is row

    def append(self, message: Message, room: int) -> None:
        """One more at the end, in so many points of width."""
        self.rows.append(Row(message, len(self.rows), estimate(message, room)))
        self._tops = None

    def prepend(self, messages: list[Message], room: int) -> None:
        """Messages in front of all that there are."""
        count = len(messages)
        for row in self.rows:
            row.index += count
        new = [Row(it, index, estimate(it, room)) for index, it in enumerate(messages)]
        if self._tops is not None:
            above = np.fromiter((row.height + BETWEEN for row in new), np.int64, count)
            begin = np.concatenate([[0], np.cumsum(above)])
            self._tops = np.concatenate([TOP + begin[:-1], self._tops + begin[-1]])
        self.rows = new + self.rows

    def let_go(self, count: int) -> list[Row]:
        """Take away the first rows, and return them."""
        gone, self.rows = self.rows[:count], self.rows[count:]
        for row in self.rows:
            row.index -= count
        if self._tops is not None:
            self._tops = self._tops[count:] - (self._tops[count] - TOP)
        return gone

    def become(self, messages: list[Message], room: int) -> list[Row]:
        """Have rows of these messages alone, their own where they had one; returns those that have gone."""
        there = {id(row.message): row for row in self.rows}
        self.rows, self._tops = [], None
        for message in messages:
            row = there.pop(id(message), None)
            if row is None:
                self.append(message, room)
            else:
                row.index = len(self.rows)
                self.rows.append(row)
        return list(there.values())

    def set_height(self, row: Row, height: int) -> None:
        """A row is so high, in points."""
        if height != row.height:
            row.height, self._tops = height, None


def estimate(message: Message, room: int) -> int:
    """How high a message probably is, until it has been seen."""
    letters = room / (7.5 if message.role is Role.ASSISTANT else 9.5)
    lines = sum(1 + int(len(line) / letters) for line in message.text.splitlines())
    extra = 32 if message.role is Role.ASSISTANT else 22
    return max(40, 23 * lines + extra + (44 if message.spoken else 0) + 190 * len(message.attachments))
