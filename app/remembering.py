"""What is kept of the conversations, and what can be done with those that are. For the GUI thread; nothing here waits.

Listens to the conversation's view model and hands every finished message to the history; owns the history's view model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from app.earlier_turns import EarlierTurns
from app.history import export
from app.history.keeper import HistoryKeeper
from app.history.records import Entry
from app.history.store import HistoryStore
from app.kept_messages import KeptConversation, Loaded, ToBeKept, fingerprint
from app.reopening import Reopening
from app.settings import SettingsStore
from app.view_models.conversation import Change, ConversationViewModel, Notice, What
from app.view_models.history import HistoryViewModel
from app.view_models.message import Message, MessageState

_FILE = "history.sqlite"
_RETRY_SECONDS = 10.0
_PURGE_SECONDS = 3600.0  # between two looks for conversations that are too old
_GROWING_SECONDS = 2.0  # between two looks how far an answer has come
_DAY = 86_400.0


class Conversing(Protocol):
    """What the session can do about conversations."""

    def new_conversation(self) -> None: ...
    def go_on_with(self, conversation: str, messages: list[Message]) -> None: ...


class Remembering:
    """One history.

    Attributes:
        history: the view model of the list.
    """

    def __init__(
        self,
        shown: ConversationViewModel,
        settings: SettingsStore,
        session: Conversing,
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self.history = HistoryViewModel()
        self._shown, self._settings, self._session = shown, settings, session
        self._keeper = HistoryKeeper(settings.path.with_name(_FILE), self, post)
        self._reopening = Reopening(shown, self._keeper, self)
        self._earlier = EarlierTurns(shown, self._keeper, self, self._reopening.make_ready)
        self._open = KeptConversation()
        self._next = KeptConversation()  # of the conversation that is about to be opened
        self._unusable: Notice | None = None  # what was told when nothing could be kept
        self._asked = 0  # the newest question to the list; answers to older ones are not wanted any more
        self._retried = self._purged = self._grown = time.monotonic()
        self._take_up()
        shown.subscribe(self._on_change)

    def start(self) -> None:
        """Read the list; then delete what is too old."""
        self.refresh()
        self._purge()

    def tick(self) -> None:
        """To be called often: try again what could not be written, look for what has become too old."""
        now = time.monotonic()
        if now - self._retried > _RETRY_SECONDS:
            self._retried = now
            self._keeper.retry()
        if now - self._purged > _PURGE_SECONDS:
            self._purge()
        if now - self._grown > _GROWING_SECONDS:
            self._grown = now
            self._keep_growing()

    def close(self) -> None:
        """Keep what there is of an answer that is not complete, and free the file."""
        for message in self._shown.messages:
            if message.state is MessageState.GROWING and message.text:
                message.state = MessageState.INTERRUPTED
                self._keep(message)
        self._keeper.close()

    def settle(self, seconds: float = 60.0) -> None:
        """Wait until everything that was told so far is written."""
        self._keeper.settle(seconds)

    # the list

    def refresh(self) -> None:
        """Read the list anew."""
        self.search(self.history.query)

    def search(self, typed: str) -> None:
        """Show the conversations in which this was said; all of them if it is empty."""
        self.history.query = typed
        self._asked += 1
        asked = self._asked

        def ask(store: HistoryStore) -> list[Entry]:
            return store.search(typed) if asked == self._asked else []  # more has been typed meanwhile

        self._keeper.read(ask, lambda entries: self.history.show(entries) if asked == self._asked else None)

    def rename(self, conversation: str, title: str) -> None:
        """Call it otherwise; by its first words again if the title is empty."""
        self._keeper.write(lambda store: store.rename(conversation, title))
        self.refresh()

    def pin(self, conversation: str, pinned: bool) -> None:
        """Keep it at the top, and from being deleted for its age."""
        self._keeper.write(lambda store: store.pin(conversation, pinned))
        self.refresh()

    def delete(self, conversation: str) -> None:
        """For good; where it is the open one, a new one begins."""
        self._keeper.write(lambda store: store.delete([conversation]))
        if conversation == self._shown.conversation:
            self._forget_open()
        self.refresh()

    def delete_all(self) -> None:
        """Everything, for good."""
        self._keeper.write(HistoryStore.delete_all)
        self._forget_open()
        self.refresh()

    def export(self, conversation: str, path: Path) -> None:
        """As Markdown where the path ends so, else with sound and files; tells when it is done, or why not."""

        def ask(store: HistoryStore) -> Notice:
            entry = store.entry(conversation)
            title = entry.title if entry is not None else ""
            exported = export.Exported(title, store.messages(conversation), store.recording, store.frames)
            write = export.write_markdown if path.suffix.lower() == ".md" else export.write_media
            try:
                write(exported, path)
            except OSError as error:
                return Notice(f"{path}: cannot be written ({error.strerror or error}).", "warning")
            return Notice(f"The conversation has been saved to {path}.")

        self._keeper.read(ask, self._shown.set_notice)

    def set_private(self, on: bool) -> None:
        """Begin a conversation of which nothing is kept, or one that is kept again."""
        if on != self.history.private:
            self.history.private = on
            self._session.new_conversation()

    # an old conversation

    def open(self, conversation: str) -> None:
        """Show it and go on with it."""
        self._reopening.open(conversation)

    def with_senses(self, message: Message, then: Callable[[Message], None]) -> None:
        """Do something with a message once what was heard and seen of it has been read from the history."""
        self._reopening.with_senses(message, then)

    def read_earlier(self) -> None:
        """Show what was said before all that is shown, if there is anything."""
        self._earlier.read(self._open)

    def let_go(self, at_end: Callable[[], bool]) -> None:
        """To be called often: of a long conversation keep the newest turns in memory, as long as nothing else is looked
        at. One of which nothing is kept is all there until it ends: it can be scrolled back to its beginning, too."""
        if self.history.keeping:
            self._earlier.let_go(self._open, at_end)

    # what reopening tells

    def begin(self, conversation: str, newest: Loaded) -> None:
        """Its newest turns are there: it is the open one from now on."""
        self.history.private = False
        self._next = KeptConversation.of(newest)
        self._session.go_on_with(conversation, newest.messages)

    def is_open(self, kept: KeptConversation) -> bool:
        """Whether no other conversation has been opened since."""
        return kept is self._open

    def keep(self, message: Message) -> None:
        """Something of it is not in the history yet."""
        self._keep(message)

    def is_gone(self) -> None:
        """It has been deleted meanwhile."""
        self.refresh()

    # keeping

    def _on_change(self, change: Change) -> None:
        if change.what in (What.ADDED, What.CHANGED):
            self._keep(self._shown.messages[change.index])
        elif change.what is What.CLEARED:
            self._compare()

    def _keep(self, message: Message) -> None:
        """Write a message that is complete, if something about it is new."""
        if message.state is MessageState.GROWING or not self.history.keeping:
            return
        now, kept = fingerprint(message), self._open
        if kept.messages.get(message.key) == now:
            return
        kept.messages[message.key] = now
        conversation = self._shown.conversation
        given = ToBeKept.of(message, kept.turn_of(message))
        self._keeper.write(lambda store: store.save(conversation, given.stored()))
        self._keep_senses(message)
        self._keeper.read(lambda store: store.entry(conversation), self._show_entry)

    def _keep_growing(self) -> None:
        """An answer as far as it has come: a machine may stop, a display may go away, and Qt with it."""
        answer, kept = self._shown.answer(), self._open
        if answer is None or answer.state is not MessageState.GROWING or not self.history.keeping:
            return
        now = ("growing", answer.text)
        if answer.text.strip() and kept.messages.get(answer.key) != now:
            kept.messages[answer.key] = now
            conversation = self._shown.conversation
            given = ToBeKept.of(answer, kept.turn_of(answer), MessageState.INTERRUPTED)
            self._keeper.write(lambda store: store.save(conversation, given.stored()))

    def _keep_senses(self, message: Message) -> None:
        """What was heard and seen; what the person has deleted of it goes from the history too."""
        kept, key = self._open, message.key
        if message.speech and key not in kept.sounding:
            kept.sounding.add(key)
            self._keeper.save_speech(key, message.role.value, list(message.speech), message.sample_rate)
        elif not message.spoken and key in kept.sounding:
            kept.sounding.discard(key)
            self._keeper.write(lambda store: store.forget_recording(key))
        if message.seen and not message.seen.resting and key not in kept.seeing:
            kept.seeing.add(key)
            self._keeper.save_frames(key, list(zip(message.seen.times, message.seen.frames)))
        elif not message.seen and key in kept.seeing:
            kept.seeing.discard(key)
            self._keeper.write(lambda store: store.forget_frames(key))

    def _compare(self) -> None:
        """Messages have gone: with their conversation, which stays in the history, or out of it."""
        if self._shown.conversation != self.history.current:
            self._open, self._next = self._next, KeptConversation()
            self._take_up()
            return
        gone = self._open.messages.keys() - {message.key for message in self._shown.messages}
        if gone:
            self._open.forget(gone)
            self._keeper.write(lambda store: store.forget_messages(gone))
            self.refresh()

    def _take_up(self) -> None:
        self.history.current = self._shown.conversation
        self.history.keeping = not self.history.private and self._settings.current.retention != "none"
        self.history.tell()

    def _forget_open(self) -> None:
        """What is shown has been deleted: nothing of it may be written again, not the end of an answer that runs."""
        self.history.keeping = False
        self._session.new_conversation()

    def _show_entry(self, entry: Entry | None) -> None:
        """A conversation has changed: it is the newest now."""
        history = self.history
        if entry is None or (history.query and history.find(entry.key) is None):
            return
        others = [other for other in history.entries if other.key != entry.key]
        if history.query:
            history.show([entry if other.key == entry.key else other for other in history.entries])
        else:
            pinned = [other for other in others if other.pinned]
            front = [entry, *pinned] if entry.pinned else [*pinned, entry]
            history.show(front + others[len(pinned) :])

    def _purge(self) -> None:
        self._purged = time.monotonic()
        days = self._settings.current.retention
        if days.isdigit():
            before = time.time() - int(days) * _DAY
            self._keeper.write(lambda store: store.delete_older(before))
            self.refresh()

    # the keeper tells

    def history_damaged(self, aside: Path) -> None:
        """A fresh file has begun: what is shown is kept again, so that nothing of it is lost."""
        self._shown.tell_too(
            Notice(f"The history was damaged; it is kept in {aside}, and a new one has begun.", "warning")
        )
        self._open = KeptConversation(turns=self._open.turns, newest=self._open.newest)
        for message in self._shown.messages:
            self._keep(message)
        self.refresh()

    def history_unusable(self, reason: str) -> None:
        """Nothing is lost as long as the program runs."""
        text = (
            f"Conversations cannot be kept right now ({reason}); it will be tried again as long as the window is open."
        )
        self._unusable = Notice(text, "warning", stays=True)
        self._shown.set_notice(self._unusable)

    def history_usable(self) -> None:
        """All is well again."""
        if self._unusable is not None:
            self._shown.withdraw(self._unusable)
        self._shown.set_notice(Notice("Conversations are being kept again; nothing is missing."))
        self.refresh()
