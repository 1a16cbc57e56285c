"""What was said, as the window shows it: messages of both sides, and the files that were given with them."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np

from app.media import SAMPLE_RATE, Audio, Image, Media, MediaKind, Video
from app.view_models.envelope import Envelope
from app.view_models.latency import Latency
from app.view_models.live import Seen


class Role(Enum):
    """Whose words these are."""

    USER = "user"
    ASSISTANT = "assistant"


class MessageState(Enum):
    """How far a message has come."""

    GROWING = "growing"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class AttachmentState(Enum):
    """How far a dropped file has come."""

    READING = "reading"
    READY = "ready"
    FAILED = "failed"


@dataclass
class Attachment:
    """A file that goes with a question.

    Attributes:
        thumbnail: a small picture of it, uint8 [H, W, 3], where it has one.
        levels: how loud it is, one number from 0 to 1 per tenth of a second, where it sounds.
        progress: how much of it has been read, from 0 to 1.
        problem: one sentence if it cannot be used.
    """

    path: Path
    kind: MediaKind
    state: AttachmentState = AttachmentState.READING
    media: Media | None = None
    thumbnail: np.ndarray | None = None
    levels: np.ndarray | None = None
    progress: float = 0.0
    problem: str = ""

    @property
    def seconds(self) -> float:
        """How long it lasts; 0 for a picture."""
        return self.media.seconds if isinstance(self.media, Audio | Video) else 0.0

    @property
    def sound(self) -> np.ndarray | None:
        """What it sounds like, float32 mono 16 kHz; None for a picture, silence for a film without sound."""
        if not isinstance(self.media, Audio | Video):
            return None
        samples = self.media.samples
        return np.zeros(round(self.seconds * SAMPLE_RATE), np.float32) if samples is None else samples

    @property
    def detail(self) -> str:
        """Its size or its length, as far as it is known."""
        match self.media:
            case Image(_, pixels):
                return f"{pixels.shape[1]}×{pixels.shape[0]}"
            case Audio() | Video():
                return clock(self.media.seconds)
        return ""


@dataclass
class Message:
    """One turn of one side.

    Attributes:
        generation: the turn's number, shared by a question and its answer; negative in a conversation of the history.
        speech: float32 pieces in order: what the person said, or what the answer sounds like.
        reason: one sentence why it failed.
        timings: seconds by stage, once the answer is complete.
        latency: how long its answer took to come, as the person waited.
        seen: what a camera or a screen showed while it was asked.
        heard_seconds: how much of an answer that was stopped had been heard; None where all of it was, or nothing.
        key: unique for ever; what it is called in the history.
        created: seconds since 1970.
        kept_seconds: length of the recording in the history, where it is not in `speech` yet.
    """

    role: Role
    generation: int
    text: str = ""
    state: MessageState = MessageState.GROWING
    attachments: list[Attachment] = field(default_factory=list)
    speech: list[np.ndarray] = field(default_factory=list)
    sample_rate: int = 16_000
    reason: str = ""
    timings: dict[str, float] = field(default_factory=dict)
    latency: Latency | None = None
    heard_seconds: float | None = None
    seen: Seen = field(default_factory=Seen.nothing)
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: float = field(default_factory=time.time)
    kept_seconds: float = 0.0
    _envelope: Envelope | None = field(default=None, repr=False, compare=False)

    @property
    def envelope(self) -> Envelope:
        """How loud its speech is, as far as there is any."""
        if self._envelope is None:
            self._envelope = Envelope(self.sample_rate)
        self._envelope.take(self.speech)
        return self._envelope

    def take_recording(self, samples: np.ndarray, sample_rate: int) -> None:
        """Its recording has been read from the history: float32 mono."""
        self.speech, self.sample_rate, self.kept_seconds = [samples], sample_rate, 0.0
        self._envelope = None

    @property
    def speech_seconds(self) -> float:
        """How long its speech lasts."""
        return sum(map(len, self.speech)) / self.sample_rate if self.speech else self.kept_seconds

    @property
    def spoken(self) -> bool:
        """Whether it was said aloud rather than typed."""
        return bool(self.speech) or self.kept_seconds > 0


def clock(seconds: float) -> str:
    """Seconds as people read them: 0:07, 12:30, 1:02:03."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
