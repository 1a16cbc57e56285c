"""What the window shows of a conversation: its messages, the files that wait to be sent, what is going on right now.

Plain state with one rule: whoever changes it tells. Listeners get a Change and read the rest; they never write back.
Not thread-safe: everything here happens on the GUI thread.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from app.media import MediaKind
from app.view_models.caption import TYPICAL_RATE
from app.view_models.listeners import Listeners
from app.view_models.live import Looking
from app.view_models.message import Attachment, Message, MessageState, Role
from app.view_models.playhead import Playhead


class Phase(Enum):
    """What is going on, in one word."""

    LOADING = "loading"
    IDLE = "idle"
    LISTENING = "listening"
    THINKING = "thinking"
    ANSWERING = "answering"
    SPEAKING = "speaking"
    FAILED = "failed"


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
        stays: whether it is true until it is withdrawn: nothing but the person's own click takes it away before.
    """

    text: str
    severity: str = "info"
    action: str = ""
    stays: bool = False


class What(Enum):
    """The part that a change is about."""

    ADDED = "added"  # a message, at `index`
    CHANGED = "changed"  # a message, at `index`
    PREPENDED = "prepended"  # `index` messages in front of all others
    LET_GO = "let go"  # of `index` messages in front of all others, which the history has
    CLEARED = "cleared"  # other messages, or fewer
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


@dataclass(frozen=True)
class _Given:
    """The files of a message that has been let go of, while later answers may still speak of them."""

    key: str
    attachments: list[Attachment]


class ConversationViewModel:
    """The conversation as it is shown.

    Attributes:
        messages: oldest first; those of a long conversation's beginning may be in the history alone.
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
        self._givers: list[Message] | None = None  # the messages with files; None where they must be looked for
        self._given: list[_Given] = []  # before all messages, oldest first: the newest of each kind
        self._later: list[Notice] = []  # behind the one that is told now
        self._listeners = Listeners[[Change]]()

    def subscribe(self, listener: Callable[[Change], None]) -> None:
        """Call `listener` after every change."""
        self._listeners.add(listener)

    def unsubscribe(self, leaves: Callable[[object], bool]) -> None:
        """Call the methods of those objects no more that leave."""
        self._listeners.remove_where(leaves)

    def tell(self, what: What, index: int = -1) -> None:
        """Tell everybody of a change."""
        if what in (What.ADDED, What.PREPENDED, What.LET_GO, What.CLEARED):
            self._givers = None
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
        if self._givers is None:
            self._givers = [it for it in self.messages if it.attachments]
        for earlier in reversed(self._givers):
            for attachment in earlier.attachments if earlier.generation <= message.generation else ():
                if attachment.kind in kinds and attachment.media is not None:
                    return attachment
        gone = (attachment for given in reversed(self._given) for attachment in given.attachments)
        return next((it for it in gone if it.kind in kinds and it.media is not None), None)

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
        self.conversation, self.messages, self._given = conversation, messages, []
        self.tell(What.CLEARED)

    def prepend(self, messages: list[Message]) -> None:
        """What was said before all that is here."""
        given = {it.key: it.attachments for it in self._given}
        for message in messages:
            message.attachments = given.get(message.key, message.attachments)
        self._given = [it for it in self._given if all(it.key != message.key for message in messages)]
        self.messages = messages + self.messages
        self.tell(What.PREPENDED, len(messages))

    def let_go(self, count: int) -> None:
        """The first messages are in the history and not looked at: from now on they are there alone, but for the newest
        film, sound and picture among their files, as later answers may speak of them."""
        gone, self.messages = self.messages[:count], self.messages[count:]
        self._given = _newest_of_each_kind(self._given + [_Given(it.key, it.attachments) for it in gone])
        self.tell(What.LET_GO, count)

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
        """Tell the person something, or take it away; then what waits behind it is told. What stays is pushed back by
        a warning alone, and comes again after it."""
        standing = self.notice if self.notice is not None and self.notice.stays else None
        if notice is None and self._later:
            notice = self._later.pop(0)
        elif notice is not None and standing is not None and notice != standing:
            if notice.severity == "info":
                self._later.append(notice)
                return
            self._later.insert(0, standing)
        if notice != self.notice:
            self.notice = notice
            self.tell(What.NOTICE)

    def clear_notice(self) -> None:
        """What was told belongs to what is over, unless it stays."""
        if self.notice is not None and not self.notice.stays:
            self.set_notice(None)

    def withdraw(self, notice: Notice) -> None:
        """It is not true any more."""
        self._later = [other for other in self._later if other != notice]
        if self.notice == notice:
            self.set_notice(None)

    def tell_too(self, notice: Notice) -> None:
        """Tell the person something, behind a warning that is being told now."""
        if self.notice is not None and self.notice.severity != "info":
            self._later.append(notice)
        else:
            self.set_notice(notice)

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


def _newest_of_each_kind(given: list[_Given]) -> list[_Given]:
    kept: list[_Given] = []
    missing = set(MediaKind)
    for one in reversed(given):
        kinds = {it.kind for it in one.attachments if it.media is not None}
        if kinds & missing:
            kept.insert(0, one)
            missing -= kinds
    return kept
