"""Messages of the window as the history keeps them, and back again; what is marked so runs on the history's thread."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image as Pillow

from app.history import frames, sound
from app.history.records import Speech, StoredFile, StoredMessage
from app.history.store import HistoryStore
from app.media import MediaKind
from app.playback.spool import frames_to_disk, to_disk
from app.recall import SPEECH_SECONDS
from app.settings import home
from app.view_models.live import Seen
from app.view_models.message import Attachment, AttachmentState, Message, MessageState, Role

log = logging.getLogger(__name__)

_SPOOL = "speech"  # the folder of recordings that rest, without a name, as long as the program runs
# Turns of a conversation that are in memory when nobody looks further back: half an hour of a call, some forty screens,
# under 2 MiB. The engine is told twelve of them again when it begins anew. Earlier ones come this many at a time, too.
TURNS_IN_MEMORY = 100


@dataclass(frozen=True)
class Loaded:
    """Turns that come out of the history, from the one with the number `first` on."""

    messages: list[Message]
    first: int
    newest_turn: int  # of the whole conversation; its generation is -1


@dataclass(frozen=True)
class Senses:
    """What a message sounds like and what was seen while it was asked, as far as that is kept."""

    speech: Speech | None
    frames: list[np.ndarray]

    def give_back(self, message: Message) -> None:
        """To the message that they belong to."""
        if self.speech is None:
            message.kept_seconds = 0.0
        elif not message.speech:
            message.take_recording(self.speech.samples, self.speech.sample_rate)
        if message.seen.resting:
            times = message.seen.times
            message.seen = Seen(self.frames, times) if len(self.frames) == len(times) else Seen.nothing()


@dataclass
class KeptConversation:
    """What is kept of the open conversation.

    Attributes:
        messages: key of a message: its fingerprint when it was kept last.
        sounding: keys of the messages whose recording is kept.
        seeing: keys of the messages whose frames are kept.
        turns: generation: number of the turn in the conversation.
        newest: the highest of these numbers that was ever given; first: from which turn on messages are in memory,
            1 where none is in the history alone.
    """

    messages: dict[str, tuple] = field(default_factory=dict)
    sounding: set[str] = field(default_factory=set)
    seeing: set[str] = field(default_factory=set)
    turns: dict[int, int] = field(default_factory=dict)
    newest: int = 0
    first: int = 1

    @classmethod
    def of(cls, loaded: Loaded) -> KeptConversation:
        """Of a conversation as it comes out of the history."""
        made = cls()
        made.add(loaded)
        return made

    def add(self, loaded: Loaded) -> None:
        """Messages that are in the history already, said before all that were known."""
        self.newest, self.first = max(self.newest, loaded.newest_turn), loaded.first
        for message in loaded.messages:
            self.messages[message.key] = fingerprint(message)
            self.turns[message.generation] = message.generation + loaded.newest_turn + 1
            if message.spoken:
                self.sounding.add(message.key)
            if message.seen:
                self.seeing.add(message.key)

    def turn_of(self, message: Message) -> int:
        """The number of its turn; the next one where the turn is new."""
        if message.generation not in self.turns:
            self.newest += 1
            self.turns[message.generation] = self.newest
        return self.turns[message.generation]

    def let_go(self, messages: list[Message]) -> None:
        """These, whole turns before all others, are in the history alone from now on: nothing more is known of them."""
        self.first = max(self.turns[message.generation] for message in messages) + 1
        self.turns = {generation: turn for generation, turn in self.turns.items() if turn >= self.first}
        self.forget(message.key for message in messages)

    def forget(self, keys: Iterable[str]) -> None:
        """They are not among the open conversation's messages any more."""
        for key in keys:
            self.messages.pop(key, None)
            self.sounding.discard(key)
            self.seeing.discard(key)


def fingerprint(message: Message) -> tuple:
    """What of a message is kept, to see whether it has changed."""
    files = tuple((a.path, a.thumbnail is not None) for a in message.attachments)
    kept = message.generation, message.state, message.text.strip(), message.reason
    return *kept, message.spoken, len(message.seen.times), files


@dataclass(frozen=True)
class _Picture:
    """A file of a question, in a form that another thread may read."""

    path: Path
    kind: MediaKind
    thumbnail: np.ndarray | None


@dataclass(frozen=True)
class ToBeKept:
    """A message on its way to the history's thread."""

    message: StoredMessage
    pictures: list[_Picture]

    @classmethod
    def of(cls, message: Message, turn: int, state: MessageState | None = None) -> ToBeKept:
        """Copies what another thread may not look at; `state` in place of the message's own."""
        stored = StoredMessage(
            message.key,
            message.role.value,
            turn,
            message.text.strip(),
            (state or message.state).value,
            message.reason,
            message.created,
            dict(message.timings),
        )
        return cls(stored, [_Picture(a.path, a.kind, a.thumbnail) for a in message.attachments])

    def stored(self) -> StoredMessage:
        """On the history's thread: its pictures become small files."""
        files = tuple(StoredFile(str(p.path), p.kind.value, _jpeg(p.thumbnail)) for p in self.pictures)
        return StoredMessage(**{**vars(self.message), "files": files})


def is_whole(message: Message, stored: StoredMessage | None) -> bool:
    """Whether the history has everything of a message that it ever gets, its sound and what it saw too."""
    if stored is None or message.state is MessageState.GROWING:
        return False
    words = message.state.value, message.text.strip(), message.reason
    return (
        words == (stored.state, stored.text.strip(), stored.reason)
        and bool(message.speech_seconds) == bool(stored.recording_seconds)
        and len(message.seen.times) == len(stored.frame_times)
        and [(a.thumbnail is not None) for a in message.attachments] == [bool(f.thumbnail) for f in stored.files]
    )


def _jpeg(pixels: np.ndarray | None) -> bytes:
    if pixels is None:
        return b""
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, "JPEG", quality=80)
    return file.getvalue()


def load_newest(store: HistoryStore, conversation: str) -> Loaded:
    """On the history's thread: what is seen first, with the sound that the engine will be told again."""
    newest = store.last_turn(conversation)
    loaded = load_before(store, conversation, newest + 1, newest)
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


def load_before(store: HistoryStore, conversation: str, before: int, newest_turn: int) -> Loaded:
    """On the history's thread: some turns that end before that one; none, and 1 for the first, where there are none.

    Their generations are below those of all turns that were read or said since, whenever that was."""
    first = store.first_turn_of(conversation, TURNS_IN_MEMORY, before)
    if not first:
        return Loaded([], 1, newest_turn)
    stored = store.messages(conversation, first, before - 1)
    return Loaded([_message(each, each.turn - newest_turn - 1) for each in stored], first, newest_turn)


def read_senses(store: HistoryStore, key: str) -> Senses:
    """On the history's thread: what was heard and seen of a message, resting on disk until somebody wants it."""
    pictures = [frames.decode(picture) for _, picture in store.frames(key)]
    return Senses(_read_speech(store, key), frames_to_disk(pictures, home() / _SPOOL))


def _read_speech(store: HistoryStore, key: str) -> Speech | None:
    """None where there is no recording, or one that cannot be read."""
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
        seen=Seen([], list(stored.frame_times)),
        key=stored.key,
        created=stored.created,
        kept_seconds=stored.recording_seconds,
    )


def _attachment(file: StoredFile) -> Attachment:
    picture = np.asarray(Pillow.open(io.BytesIO(file.thumbnail)).convert("RGB")) if file.thumbnail else None
    return Attachment(Path(file.path), MediaKind(file.kind), AttachmentState.READY, thumbnail=picture)
