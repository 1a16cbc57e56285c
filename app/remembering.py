"""What is kept of the conversations, and how an old one is taken up again. For the GUI thread; nothing here waits.

Listens to the conversation's view model and hands every finished message to the history; owns the history's view model.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
from PIL import Image as Pillow

from app.history import export, sound
from app.history.keeper import HistoryKeeper
from app.history.records import Entry, Speech, StoredFile, StoredMessage
from app.history.store import HistoryStore
from app.media import MediaKind
from app.playback.spool import to_disk
from app.recall import SPEECH_SECONDS
from app.settings import SettingsStore, home
from app.view_models.conversation import (
    Attachment,
    AttachmentState,
    Change,
    ConversationViewModel,
    Message,
    MessageState,
    Notice,
    Role,
    What,
)
from app.view_models.history import HistoryViewModel

log = logging.getLogger(__name__)

_FILE = "history.sqlite"
_SPOOL = "speech"  # the folder of recordings that rest, without a name, as long as the program runs
_READY_SECONDS = 1800.0  # of sound that is made ready to be played when a conversation is opened; the rest when wanted
_AT_ONCE = 100  # turns that are read before anything is shown
_AT_A_TIME = 500  # of those before them
_RETRY_SECONDS = 10.0
_PURGE_SECONDS = 3600.0  # between two looks for conversations that are too old
_DAY = 86_400.0


class Conversing(Protocol):
    """What the session can do about conversations."""

    def new_conversation(self) -> None: ...
    def go_on_with(self, conversation: str, messages: list[Message]) -> None: ...


@dataclass(frozen=True)
class _Picture:
    """A file of a question, in a form that another thread may read."""

    path: Path
    kind: MediaKind
    thumbnail: np.ndarray | None


@dataclass(frozen=True)
class _Loaded:
    """Turns that come out of the history, from the one with the number `first` on."""

    messages: list[Message]
    first: int
    newest_turn: int  # of the whole conversation; its generation is -1


@dataclass
class _Open:
    """What is kept of the open conversation.

    Attributes:
        messages: key of a message: its fingerprint when it was kept last.
        sounding: keys of the messages whose recording is kept.
        turns: generation: number of the turn in the conversation.
    """

    messages: dict[str, tuple] = field(default_factory=dict)
    sounding: set[str] = field(default_factory=set)
    turns: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, loaded: _Loaded) -> _Open:
        """Of a conversation as it comes out of the history."""
        made = cls()
        made.add(loaded)
        return made

    def add(self, loaded: _Loaded) -> None:
        """Messages that are in the history already."""
        for message in loaded.messages:
            self.messages[message.key] = _fingerprint(message)
            self.turns[message.generation] = message.generation + loaded.newest_turn + 1
            if message.spoken:
                self.sounding.add(message.key)


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
        self._open = _Open()
        self._next = _Open()  # of the conversation that is about to be opened
        self._asked = 0  # the newest question to the list; answers to older ones are not wanted any more
        self._retried = self._purged = time.monotonic()
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

    def close(self) -> None:
        """Keep what there is of an answer that is not complete, and free the file."""
        for message in self._shown.messages:
            if message.state is MessageState.GROWING and message.text:
                message.state = MessageState.INTERRUPTED
                self._keep(message)
        self._keeper.close()

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
            exported = export.Exported(title, store.messages(conversation), store.recording)
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
        if conversation == self._shown.conversation:
            return

        def show(newest: _Loaded) -> None:
            if not newest.messages:  # deleted meanwhile
                self.refresh()
                return
            self.history.private = False
            self._next = _Open.of(newest)
            self._session.go_on_with(conversation, newest.messages)
            self._read_earlier(conversation, newest)

        self._keeper.read(partial(_load_newest, conversation=conversation), show)

    def _read_earlier(self, conversation: str, loaded: _Loaded) -> None:
        """Read what was said before, a little at a time, so that the window never stands still; then its sound."""
        last, newest = loaded.first - 1, loaded.newest_turn
        if not last:
            self._make_ready(list(self._shown.messages), _READY_SECONDS)
            return

        def show(earlier: _Loaded) -> None:
            if conversation == self._shown.conversation:
                self._open.add(earlier)
                self._shown.prepend(earlier.messages)
                self._read_earlier(conversation, earlier)

        first = max(1, last - _AT_A_TIME + 1)
        self._keeper.read(lambda store: _load(store, conversation, first, last, newest), show)

    def with_speech(self, message: Message, then: Callable[[Message], None]) -> None:
        """Do something with a message once its recording, if it has one, has been read from the history."""
        if message.speech or not message.kept_seconds:
            then(message)
            return

        def take(speech: Speech | None) -> None:
            self._take_speech(message, speech)
            then(message)

        self._keeper.read(partial(_read_speech, key=message.key), take)

    def _make_ready(self, messages: list[Message], seconds: float) -> None:
        """Read recordings, the newest first, one at a time, as long as the conversation is open."""
        while messages and (messages[-1].speech or not messages[-1].kept_seconds):
            messages.pop()
        if not messages or messages[-1].kept_seconds > seconds:
            return
        message = messages.pop()

        def take(speech: Speech | None) -> None:
            self._take_speech(message, speech)
            if any(m is message for m in self._shown.messages):
                self._make_ready(messages, seconds - message.kept_seconds)

        self._keeper.read(partial(_read_speech, key=message.key), take)

    def _take_speech(self, message: Message, speech: Speech | None) -> None:
        if speech is None:
            message.kept_seconds = 0.0
        elif not message.speech:
            message.take_recording(speech.samples, speech.sample_rate)
        self._shown.changed(message)

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
        now, kept = _fingerprint(message), self._open
        if kept.messages.get(message.key) == now:
            return
        kept.messages[message.key] = now
        conversation = self._shown.conversation
        turn = kept.turns.setdefault(message.generation, max(kept.turns.values(), default=0) + 1)
        files = [_Picture(a.path, a.kind, a.thumbnail) for a in message.attachments]
        stored = StoredMessage(
            message.key,
            message.role.value,
            turn,
            message.text.strip(),
            message.state.value,
            message.reason,
            message.created,
            dict(message.timings),
        )
        self._keeper.write(lambda store: store.save(conversation, _with_files(stored, files)))
        if message.speech and message.key not in kept.sounding:
            kept.sounding.add(message.key)
            self._keeper.save_speech(message.key, message.role.value, list(message.speech), message.sample_rate)
        elif not message.spoken and message.key in kept.sounding:  # the person has deleted what was heard
            kept.sounding.discard(message.key)
            self._keeper.write(lambda store: store.forget_recording(message.key))
        self._keeper.read(lambda store: store.entry(conversation), self._show_entry)

    def _compare(self) -> None:
        """Messages have gone: with their conversation, which stays in the history, or out of it."""
        if self._shown.conversation != self.history.current:
            self._open, self._next = self._next, _Open()
            self._take_up()
            return
        gone = self._open.messages.keys() - {message.key for message in self._shown.messages}
        if gone:
            for key in gone:
                del self._open.messages[key]
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
        self._shown.set_notice(
            Notice(f"The history was damaged; it is kept in {aside}, and a new one has begun.", "warning")
        )
        self._open = _Open(turns=self._open.turns)
        for message in self._shown.messages:
            self._keep(message)
        self.refresh()

    def history_unusable(self, reason: str) -> None:
        """Nothing is lost as long as the program runs."""
        text = (
            f"Conversations cannot be kept right now ({reason}); it will be tried again as long as the window is open."
        )
        self._shown.set_notice(Notice(text, "warning"))

    def history_usable(self) -> None:
        """All is well again."""
        self._shown.set_notice(Notice("Conversations are being kept again; nothing is missing."))
        self.refresh()


def _fingerprint(message: Message) -> tuple:
    """What of a message is kept, to see whether it has changed."""
    files = tuple((a.path, a.thumbnail is not None) for a in message.attachments)
    return message.generation, message.state, message.text.strip(), message.reason, message.spoken, files


def _with_files(message: StoredMessage, files: list[_Picture]) -> StoredMessage:
    """On the history's thread: pictures become small files."""
    stored = tuple(StoredFile(str(f.path), f.kind.value, _jpeg(f.thumbnail)) for f in files)
    return StoredMessage(**{**vars(message), "files": stored})


def _jpeg(pixels: np.ndarray | None) -> bytes:
    if pixels is None:
        return b""
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, "JPEG", quality=80)
    return file.getvalue()


def _load_newest(store: HistoryStore, conversation: str) -> _Loaded:
    """On the history's thread: what is seen first, with the sound that the engine will be told again."""
    newest = store.last_turn(conversation)
    loaded = _load(store, conversation, max(1, newest - _AT_ONCE + 1), newest, newest)
    seconds = SPEECH_SECONDS
    for message in reversed(loaded.messages):
        if message.role is Role.USER and message.kept_seconds:
            seconds -= message.kept_seconds
            if seconds < 0:
                break
            speech = _read_speech(store, message.key)
            if speech is not None:
                message.take_recording(speech.samples, speech.sample_rate)
    return loaded


def _load(store: HistoryStore, conversation: str, first: int, last: int, newest_turn: int) -> _Loaded:
    """On the history's thread."""
    stored = store.messages(conversation, first, last)
    return _Loaded([_message(each, each.turn - newest_turn - 1) for each in stored], first, newest_turn)


def _read_speech(store: HistoryStore, key: str) -> Speech | None:
    """On the history's thread: a recording, resting on disk until it is played; None where it cannot be read."""
    recording = store.recording(key)
    if recording is None:
        return None
    try:
        speech = sound.decode(recording)
        (samples,) = to_disk([speech.samples], home() / _SPOOL)
        return Speech(samples, speech.sample_rate)
    except soundfile.LibsndfileError as error:
        log.warning("history: the recording of %s: %s", key, error)
        return None


def _message(stored: StoredMessage, generation: int) -> Message:
    return Message(
        Role(stored.role),
        generation,
        stored.text,
        MessageState(stored.state),
        [_attachment(file) for file in stored.files],
        reason=stored.reason,
        timings=stored.timings,
        key=stored.key,
        created=stored.created,
        kept_seconds=stored.recording_seconds,
    )


def _attachment(file: StoredFile) -> Attachment:
    picture = np.asarray(Pillow.open(io.BytesIO(file.thumbnail)).convert("RGB")) if file.thumbnail else None
    return Attachment(Path(file.path), MediaKind(file.kind), AttachmentState.READY, thumbnail=picture)
