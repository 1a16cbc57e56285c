"""What is kept of a conversation, as plain values: the form between the window's messages and the database."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

LONGEST_TITLE = 60  # letters


@dataclass(frozen=True)
class Recording:
    """What a message sounds like.

    Attributes:
        sound: FLAC for what the person said, Ogg Opus for answers.
        seconds: how long it lasts.
    """

    sound: bytes
    seconds: float


@dataclass(frozen=True)
class StoredFile:
    """A file that was given with a question. The file itself stays where it is; a small JPEG of it is kept."""

    path: str
    kind: str
    thumbnail: bytes = b""


@dataclass(frozen=True)
class StoredMessage:
    """One side of one turn.

    Attributes:
        key: unique for ever; writing a message of the same key replaces it.
        turn: number of the turn in its conversation, from 1; shared by a question and its answer.
        created: seconds since 1970.
        frame_times: when each frame was seen that is kept, seconds since the turn began.
        recording_seconds: length of the recording that is kept, 0 where there is none.
    """

    key: str
    role: str
    turn: int
    text: str
    state: str = "complete"
    reason: str = ""
    created: float = 0.0
    timings: dict[str, float] = field(default_factory=dict)
    files: tuple[StoredFile, ...] = ()
    recording_seconds: float = 0.0
    frame_times: tuple[float, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A conversation as a list shows it.

    Attributes:
        updated: when its last message was kept, seconds since 1970.
        excerpt: the words around what was searched for; empty in a list without a search.
    """

    key: str
    title: str
    pinned: bool
    updated: float
    messages: int
    excerpt: str = ""


@dataclass(frozen=True)
class Speech:
    """Sound as the program uses it: float32 mono."""

    samples: np.ndarray
    sample_rate: int


def title_of(messages: list[StoredMessage]) -> str:
    """What to call a conversation that nobody has named: its first words, or the names of its first files."""
    for message in messages:
        words = " ".join(message.text.split())
        if words:
            return words if len(words) <= LONGEST_TITLE else words[: LONGEST_TITLE - 1].rstrip() + "…"
        if message.files:
            return ", ".join(name_of(file) for file in message.files)[:LONGEST_TITLE]
    return ""


def name_of(file: StoredFile) -> str:
    """The last part of its path, whichever system it came from."""
    return file.path.replace("\\", "/").rsplit("/", 1)[-1]
