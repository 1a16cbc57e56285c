"""What the window shows of the history: the conversations that are kept or were found, by when they took place.

Plain state with one rule: whoever changes it tells. For the GUI thread.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import Enum

from app.history.records import Entry
from app.view_models.listeners import Listeners


class Section(Enum):
    """Under which heading a conversation stands."""

    PINNED = "pinned"
    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"
    OLDER = "older"


class HistoryViewModel:
    """The list beside the conversation.

    Attributes:
        entries: pinned ones first, then the newest; what was found while something is searched for.
        query: what is searched for, "" for nothing.
        current: the conversation that is open; it may not be in the list (yet).
        keeping: whether the open conversation is kept; False in private mode and where nothing is to be kept.
        private: whether the person has asked for nothing to be kept of this conversation.
        loaded: False until the history has been read for the first time.
    """

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.query = ""
        self.current = ""
        self.keeping = True
        self.private = False
        self.loaded = False
        self._listeners = Listeners[[]]()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every change."""
        self._listeners.add(listener)

    def unsubscribe(self, leaves: Callable[[object], bool]) -> None:
        """Call the methods of those objects no more that leave."""
        self._listeners.remove_where(leaves)

    def show(self, entries: list[Entry]) -> None:
        """These are the conversations now."""
        self.entries, self.loaded = entries, True
        self.tell()

    def tell(self) -> None:
        """Tell everybody of a change."""
        self._listeners.tell()

    def sections(self, now: float) -> list[tuple[Section, list[Entry]]]:
        """The entries under their headings, in the order of the list; `now` is seconds since 1970."""
        today = datetime.fromtimestamp(now).date()
        grouped = itertools.groupby(self.entries, lambda entry: section_of(entry, today))
        return [(section, list(entries)) for section, entries in grouped]

    def find(self, key: str) -> Entry | None:
        """The entry of a conversation, if it is in the list."""
        return next((entry for entry in self.entries if entry.key == key), None)


def section_of(entry: Entry, today: date) -> Section:
    """By pin, then by the days since it took place."""
    if entry.pinned:
        return Section.PINNED
    day = datetime.fromtimestamp(entry.updated).date()
    if day >= today:
        return Section.TODAY
    if day == today - timedelta(days=1):
        return Section.YESTERDAY
    return Section.WEEK if day > today - timedelta(days=7) else Section.OLDER
