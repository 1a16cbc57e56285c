"""An old conversation is taken up again: its newest turns at once, then what was heard and seen in them; what was said
before is read when somebody wants it (app.earlier_turns). For the GUI thread; nothing here waits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from app.history.keeper import HistoryKeeper
from app.kept_messages import Loaded, Senses, load_newest, read_senses
from app.view_models.conversation import ConversationViewModel
from app.view_models.message import Message

_READY_SECONDS = 1800.0  # of sound that is made ready to be played when turns are read; the rest when wanted


class Reader(Protocol):
    """Who is told of what has been read."""

    def begin(self, conversation: str, newest: Loaded) -> None: ...
    def is_gone(self) -> None: ...


class Reopening:
    """One conversation at a time: another one that is opened ends the reading of the one before."""

    def __init__(self, shown: ConversationViewModel, keeper: HistoryKeeper, reader: Reader) -> None:
        self._shown, self._keeper, self._reader = shown, keeper, reader

    def open(self, conversation: str) -> None:
        """Show it and go on with it."""
        if conversation == self._shown.conversation:
            return

        def show(newest: Loaded) -> None:
            if not newest.messages:  # deleted meanwhile
                self._reader.is_gone()
                return
            self._reader.begin(conversation, newest)
            self.make_ready(list(newest.messages))

        self._keeper.read(partial(load_newest, conversation=conversation), show)

    def with_senses(self, message: Message, then: Callable[[Message], None]) -> None:
        """Do something with a message once what was heard and seen of it has been read from the history."""
        if not _rests(message):
            then(message)
            return

        def take(senses: Senses) -> None:
            self._take(message, senses)
            then(message)

        self._keeper.read(partial(read_senses, key=message.key), take)

    def make_ready(self, messages: list[Message], seconds: float = _READY_SECONDS) -> None:
        """Read recordings and frames, the newest first, one at a time, as long as the messages are shown."""
        while messages and not _rests(messages[-1]):
            messages.pop()
        if not messages or _cost(messages[-1]) > seconds:
            return
        message = messages.pop()
        left = seconds - _cost(message)

        def take(senses: Senses) -> None:
            self._take(message, senses)
            if any(m is message for m in self._shown.messages):
                self.make_ready(messages, left)

        self._keeper.read(partial(read_senses, key=message.key), take)

    def _take(self, message: Message, senses: Senses) -> None:
        senses.give_back(message)
        self._shown.changed(message)


def _cost(message: Message) -> float:
    """Seconds of sound; a frame counts as much as one, which is about what it takes of the disk."""
    return message.kept_seconds + (len(message.seen.times) if message.seen.resting else 0)


def _rests(message: Message) -> bool:
    """Whether something of it is still in the history alone."""
    return message.seen.resting or (not message.speech and message.kept_seconds > 0)
