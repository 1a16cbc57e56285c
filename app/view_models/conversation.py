"""What the window shows of a conversation: messages, the files that wait to be sent, what is going on right now.

Plain state with one rule: whoever changes it tells. Listeners get a Change and read the rest; they never write back.
Not thread-safe: everything here happens on the GUI thread.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import numpy as np

from app.media import SAMPLE_RATE, Audio, Image, Media, MediaKind, Video
from app.view_models.caption import TYPICAL_RATE
from app.view_models.envelope import Envelope
from app.view_models.latency import Latency
from app.view_models.listeners import Listeners
from app.view_models.live import Looking, Seen
from app.view_models.playhead import Playhead


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


class Phase(Enum):
    """What is going on, in one word."""

    LOADING = "loading"
    IDLE = "idle"
    LISTENING = "listening"
    THINKING = "thinking"
    ANSWERING = "answering"
    SPEAKING = "speaking"
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


@dataclass(frozen=True)
class ModelInfo:
    """What is known of the model that is loaded. `picture_pixels`: as how many at least and at most it sees one."""

    name: str
    device: str
    precision: str
    voices: tuple[str, ...]
    voice: str
    context_length: int = 0
    picture_pixels: tuple[int, int] = (56 * 56, 28 * 28 * 16384)


@dataclass(frozen=True)
class Notice:
    """Something to be told, with at most one thing to do about it.

    Attributes:
        severity: "info", "warning" or "error".
        action: what the button does: "restart", "settings" or "" for no button.
    """

    text: str
    severity: str = "info"
    action: str = ""


class What(Enum):
    """The part that a change is about."""

    ADDED = "added"  # a message, at `index`
    CHANGED = "changed"  # a message, at `index`
    CLEARED = "cleared"
    PHASE = "phase"
    ATTACHMENTS = "attachments"
    NOTICE = "notice"
    MODEL = "model"
    DRAFT = "draft"
    HANDS_FREE = "hands-free"
    PLAYHEAD = "playhead"
    LOOKING = "looking"
    VIEW = "view"


@dataclass(frozen=True)
class Change:
    """Something has changed; read it from the view model."""

    what: What
    index: int = -1


class ConversationViewModel:
    """The conversation as it is shown.

    Attributes:
        messages: oldest first.
        attachments: files for the next question, in the order in which they were given.
        generation: the number of the newest turn.
        draft: what is being typed and not sent; survives whatever happens to the engine.
        stoppable: whether there is something that the stop button would stop.
        playhead: what the loudspeaker plays and how far it has come, or None.
        speaking_rate: letters a second of the voice that answers.
        looking: the camera or screen that is open; view: its newest frame, uint8 [H, W, 3], or None.
        muted: whether hands-free listening hears nothing for now.
        conversation: what this one is called in the history; another one after `clear` and `show`.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.conversation = uuid.uuid4().hex
        self.attachments: list[Attachment] = []
        self.phase = Phase.LOADING
        self.notice: Notice | None = None
        self.model: ModelInfo | None = None
        self.generation = 0
        self.draft = ""
        self.hands_free = False
        self.stoppable = False
        self.playhead: Playhead | None = None
        self.speaking_rate = TYPICAL_RATE
        self.looking = Looking()
        self.view: np.ndarray | None = None
        self.muted = False
        self._listeners = Listeners[[Change]]()

    def subscribe(self, listener: Callable[[Change], None]) -> None:
        """Call `listener` after every change."""
        self._listeners.add(listener)

    def unsubscribe(self, leaves: Callable[[object], bool]) -> None:
        """Call the methods of those objects no more that leave."""
        self._listeners.remove_where(leaves)

    def tell(self, what: What, index: int = -1) -> None:
        """Tell everybody of a change."""
        self._listeners.tell(Change(what, index))

    # turns

    def new_turn(self, text: str = "", spoken: bool = False) -> Message:
        """A question begins, with the files that wait for it."""
        self.generation += 1
        state = MessageState.GROWING if spoken else MessageState.COMPLETE
        message = Message(Role.USER, self.generation, text, state, attachments=self.attachments)
        self.attachments = []
        self._add(message)
        self.tell(What.ATTACHMENTS)
        return message

    def new_answer(self) -> Message:
        """The newest question is complete; its answer begins."""
        message = Message(Role.ASSISTANT, self.generation)
        self._add(message)
        return message

    def question(self) -> Message | None:
        """The newest question."""
        return self._newest(Role.USER)

    def answer(self) -> Message | None:
        """The answer to the newest question, if it has begun."""
        return self._newest(Role.ASSISTANT)

    def question_of(self, answer: Message) -> Message | None:
        """What this answers."""
        turn = (m for m in reversed(self.messages) if m.generation == answer.generation and m.role is Role.USER)
        return next(turn, None)

    def given_before(self, message: Message, kinds: tuple[MediaKind, ...]) -> Attachment | None:
        """The newest file of these kinds that was given with this message or before it."""
        index = next((i for i in range(len(self.messages) - 1, -1, -1) if self.messages[i] is message), -1)
        for earlier in reversed(self.messages[: index + 1]):
            for attachment in earlier.attachments:
                if attachment.kind in kinds and attachment.media is not None:
                    return attachment
        return None

    def changed(self, message: Message) -> None:
        """Tell that a message has grown or ended."""
        for index in range(len(self.messages) - 1, -1, -1):
            if self.messages[index] is message:
                self.tell(What.CHANGED, index)
                return

    def remove(self, message: Message) -> None:
        """Take a question back as if it had not been asked; its files wait again."""
        self.messages = [m for m in self.messages if m is not message]
        self.attachments = message.attachments + self.attachments
        self.tell(What.CLEARED)
        self.tell(What.ATTACHMENTS)

    def renew(self, question: Message, answer: Message) -> None:
        """The newest question is to be answered anew: it begins a turn of its own, and its answer goes."""
        self.generation += 1
        question.generation = self.generation
        self.remove_answer(answer)

    def go_on(self, question: Message) -> None:
        """The newest question was not complete: it grows, as a turn of its own."""
        self.generation += 1
        question.generation, question.state = self.generation, MessageState.GROWING
        self.changed(question)

    def remove_answer(self, answer: Message) -> None:
        """An answer that never began is not worth an empty bubble."""
        self.messages = [m for m in self.messages if m is not answer]
        self.tell(What.CLEARED)

    def forget(self, generation: int) -> None:
        """Leave a turn out, question and answer."""
        self.messages = [m for m in self.messages if m.generation != generation]
        self.tell(What.CLEARED)

    def clear(self) -> None:
        """An empty conversation."""
        self.show(uuid.uuid4().hex, [])

    def show(self, conversation: str, messages: list[Message]) -> None:
        """Another conversation in place of the one there is; its turns count from below zero."""
        self.conversation, self.messages = conversation, messages
        self.tell(What.CLEARED)

    def prepend(self, messages: list[Message]) -> None:
        """What was said before all that is here."""
        self.messages = messages + self.messages
        self.tell(What.CLEARED)

    # the rest

    def set_phase(self, phase: Phase, stoppable: bool = False) -> None:
        """Something else is going on."""
        if (phase, stoppable) != (self.phase, self.stoppable):
            self.phase, self.stoppable = phase, stoppable
            self.tell(What.PHASE)

    def set_playhead(self, playhead: Playhead | None) -> None:
        """The loudspeaker has come further, or is silent."""
        if playhead != self.playhead:
            self.playhead = playhead
            self.tell(What.PLAYHEAD)

    def set_looking(self, looking: Looking) -> None:
        """Another camera or screen is open, or none."""
        if looking != self.looking:
            self.looking = looking
            self.tell(What.LOOKING)

    def show_view(self, view: np.ndarray | None) -> None:
        """What is seen now."""
        if view is not None or self.view is not None:
            self.view = view
            self.tell(What.VIEW)

    def set_muted(self, muted: bool) -> None:
        """Whether hands-free listening hears nothing for now."""
        if muted != self.muted:
            self.muted = muted
            self.tell(What.HANDS_FREE)

    def set_notice(self, notice: Notice | None) -> None:
        """Tell the person something, or take it away."""
        if notice != self.notice:
            self.notice = notice
            self.tell(What.NOTICE)

    def set_model(self, model: ModelInfo | None) -> None:
        """Another model is there, or none."""
        self.model = model
        self.tell(What.MODEL)

    def set_draft(self, text: str) -> None:
        """Put a text into the input field."""
        self.draft = text
        self.tell(What.DRAFT)

    def set_hands_free(self, on: bool) -> None:
        """Whether the microphone stays open and finds the turns by itself."""
        if on != self.hands_free:
            self.hands_free = on
            self.tell(What.HANDS_FREE)

    def attach(self, *attachments: Attachment) -> None:
        """Files wait for the next question."""
        self.attachments += attachments
        self.tell(What.ATTACHMENTS)

    def detach(self, attachment: Attachment) -> None:
        """A file is not wanted after all."""
        self.attachments = [a for a in self.attachments if a is not attachment]
        self.tell(What.ATTACHMENTS)

    def attachments_changed(self) -> None:
        """A waiting file has become ready or failed."""
        self.tell(What.ATTACHMENTS)

    def _add(self, message: Message) -> None:
        self.messages.append(message)
        self.tell(What.ADDED, len(self.messages) - 1)

    def _newest(self, role: Role) -> Message | None:
        for message in reversed(self.messages):
            if message.generation != self.generation:
                return None
            if message.role is role:
                return message
        return None


def clock(seconds: float) -> str:
    """Seconds as people read them: 0:07, 12:30, 1:02:03."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
