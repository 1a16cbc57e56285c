"""Which turns of the open conversation are in memory: the newest, and earlier ones while somebody looks at them.

The others are in the history alone. They come back as a conversation that is reopened does: with words, sound, small
pictures and what was seen, and without what the history never has (when the first sound came, how much of a stopped
answer was heard). For the GUI thread; nothing here waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from app.history.keeper import HistoryKeeper
from app.history.records import StoredMessage
from app.history.store import HistoryStore
from app.kept_messages import TURNS_IN_MEMORY, KeptConversation, Loaded, is_whole, load_before
from app.view_models.conversation import ConversationViewModel
from app.view_models.message import Message

_LOOK_SECONDS = 1.0  # between two looks whether there is something to let go of
_PATIENCE = 2.0  # seconds after which turns that do not come are asked for again


class Owner(Protocol):
    """Who knows what is kept of the open conversation."""

    def is_open(self, kept: KeptConversation) -> bool: ...
    def keep(self, message: Message) -> None: ...


class EarlierTurns:
    """Reads them and lets go of them; `make_ready` reads what was heard and seen in messages that have been read."""

    def __init__(
        self,
        shown: ConversationViewModel,
        keeper: HistoryKeeper,
        owner: Owner,
        make_ready: Callable[[list[Message]], None],
    ) -> None:
        self._shown, self._keeper, self._owner, self._make_ready = shown, keeper, owner, make_ready
        self._looked = self._asked = 0.0

    def read(self, kept: KeptConversation) -> None:
        """The turns before those that are in memory, a page of them."""
        now = time.monotonic()
        if kept.first <= 1 or now - self._asked < _PATIENCE:
            return
        self._asked = now
        before = kept.first

        def show(earlier: Loaded) -> None:
            self._asked = 0.0
            if self._owner.is_open(kept) and kept.first == before:
                kept.add(earlier)
                self._shown.prepend(earlier.messages)
                self._make_ready(list(earlier.messages))

        conversation, newest = self._shown.conversation, kept.newest
        self._keeper.read(partial(load_before, conversation=conversation, before=before, newest_turn=newest), show)

    def let_go(self, kept: KeptConversation, at_end: Callable[[], bool]) -> None:
        """Of the oldest turns that are more than stay in memory: once the history says that it has all of them, and if
        nothing but the conversation's end is looked at even then."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS or not at_end():
            return
        self._looked = now
        going = _too_old(self._shown.messages)
        if not going or any(message.generation not in kept.turns for message in going):
            return
        conversation = self._shown.conversation
        first, last = kept.turns[going[0].generation], kept.turns[going[-1].generation]

        def ask(store: HistoryStore) -> dict[str, StoredMessage]:
            return {stored.key: stored for stored in store.messages(conversation, first, last)}

        def drop(stored: dict[str, StoredMessage]) -> None:
            unchanged = all(it is was for it, was in zip(self._shown.messages, going))  # nothing was read or deleted
            if self._owner.is_open(kept) and unchanged and at_end():
                self._drop(kept, going, stored)

        self._keeper.read(ask, drop)

    def _drop(self, kept: KeptConversation, going: list[Message], stored: dict[str, StoredMessage]) -> None:
        count = next((i for i, it in enumerate(going) if not self._may_go(it, stored.get(it.key))), len(going))
        if count < len(going):
            self._owner.keep(going[count])
            while count and going[count - 1].generation == going[count].generation:
                count -= 1  # a question stays with its answer
        if count:
            kept.let_go(going[:count])
            self._shown.let_go(count)

    def _may_go(self, message: Message, stored: StoredMessage | None) -> bool:
        playhead = self._shown.playhead
        heard = playhead is not None and any(playhead.of(it) for it in (message, *message.attachments))
        return not heard and is_whole(message, stored)


def _too_old(messages: list[Message]) -> list[Message]:
    """What is before the turns that stay in memory, oldest first; a page at most, so that the window never waits."""
    begins = [i for i, it in enumerate(messages) if i == 0 or it.generation != messages[i - 1].generation]
    many = min(len(begins) - TURNS_IN_MEMORY, TURNS_IN_MEMORY)
    return messages[: begins[many]] if many > 0 else []
