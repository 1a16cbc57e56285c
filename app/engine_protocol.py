"""The messages between the window's process and the engine's: commands one way, events the other.

Everything is a frozen dataclass of plain values and numpy arrays, so it pickles and knows neither torch nor Qt. A turn
has a `generation`, a number that grows with each turn; events carry the generation of the command that caused them, so
that whatever a stopped turn still sends can be told apart and dropped.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from app.pipes import read_exactly

DEVICE_LOST = 86  # exit code of an engine whose graphics device is gone: a new process may find it again
PICTURE_PIXELS = (56 * 56, 28 * 28 * 16384)  # the official checkpoints'
_NUMBER = struct.Struct("<Q")


# Commands: window → engine


@dataclass(frozen=True)
class LoadModel:
    """Load a model in place of the one there is; answered by Loaded or LoadFailed. `voice=None` keeps the voice.

    `context` is how many tokens it may remember, 0 for all that it can. `engine` is the address of a server to ask in
    our own engine's place; `name` is then the server's name for the model, or empty for its first one. `saving`: how
    many steps more memory is to be saved than was planned, as OutOfMemory tells.
    """

    name: str
    device: str = "auto"
    precision: str = "auto"
    speech: bool = True
    voice: str | None = None
    context: int = 0
    engine: str = ""
    saving: int = 0


@dataclass(frozen=True)
class StartConversation:
    """Forget the conversation so far and start a new one; `voice=None` is the model's own first voice."""

    voice: str | None = None
    system: str | None = None


@dataclass(frozen=True)
class SetVoice:
    """Speak in another voice from the next reply on."""

    voice: str


@dataclass(frozen=True)
class Recall:
    """An earlier turn of "user" or "assistant", for a conversation that goes on in a new engine.

    `samples`, float32 mono 16 kHz, is what was said aloud.
    """

    role: str
    text: str = ""
    samples: np.ndarray | None = None


@dataclass(frozen=True)
class Preview:
    """Speak a sentence of the model's own in a voice, apart from the conversation; answered like Reply."""

    generation: int
    voice: str


@dataclass(frozen=True)
class Hear:
    """A piece of what the microphone hears, sent while the person still speaks: float32 mono 16 kHz."""

    generation: int
    samples: np.ndarray


@dataclass(frozen=True)
class See:
    """A frame of a camera or a screen, uint8 [H, W, 3], `at` seconds after the turn began and later than the last."""

    generation: int
    pixels: np.ndarray
    at: float


@dataclass(frozen=True)
class Say:
    """What the person typed."""

    generation: int
    text: str


@dataclass(frozen=True)
class AddMedia:
    """A whole decoded file, in the order in which it was given.

    `kind` is "audio", "image" or "video"; `pixels` is uint8 [H, W, 3] or [T, H, W, 3]; `samples` is float32 mono
    16 kHz.
    """

    generation: int
    kind: str
    pixels: np.ndarray | None = None
    samples: np.ndarray | None = None
    fps: float = 0.0


@dataclass(frozen=True)
class Reply:
    """The turn is complete, or may be: answer it. Until something new is heard, seen or said, Resume takes it back.
    `again`: take the last reply back as if it had never been, and give another one to the same question."""

    generation: int
    speech: bool = True
    seed: int | None = None
    greedy: bool = False
    again: bool = False


@dataclass(frozen=True)
class Interrupt:
    """Stop the reply of this generation within one step; the engine forgets what was not heard (seconds of speech)."""

    generation: int
    heard_seconds: float | None = None


@dataclass(frozen=True)
class Resume:
    """The person goes on speaking: stop the reply of this generation within one step and take it back, as if Reply had
    never been sent. The turn is open again, and what is heard next, under a generation of its own, belongs to it."""

    generation: int


@dataclass(frozen=True)
class Discard:
    """Forget what was heard, seen and said of a turn that is not answered yet."""

    generation: int


@dataclass(frozen=True)
class Quit:
    """End the engine's process."""


Command = (
    LoadModel
    | StartConversation
    | SetVoice
    | Recall
    | Preview
    | Hear
    | See
    | Say
    | AddMedia
    | Reply
    | Interrupt
    | Resume
    | Discard
    | Quit
)


# Events: engine → window


@dataclass(frozen=True)
class Loaded:
    """The model is there and a conversation is open. `picture_pixels`: of how many at least and at most it sees a
    picture. `note`: a sentence about how it was loaded, if there is anything to say."""

    name: str
    device: str
    precision: str
    voices: tuple[str, ...]
    voice: str
    sample_rate: int
    context_length: int
    generation: int = 0
    picture_pixels: tuple[int, int] = PICTURE_PIXELS
    note: str = ""


@dataclass(frozen=True)
class OutOfMemory:
    """The turn needed more memory than there is. It has Failed; the model should be loaded anew, with this `saving`."""

    generation: int
    saving: int


@dataclass(frozen=True)
class LoadFailed:
    """The model cannot be loaded; `reason` is one sentence for a person. `bad_input`: what was named is no model."""

    reason: str
    bad_input: bool = False
    generation: int = 0


@dataclass(frozen=True)
class Text:
    """A piece of the reply's text."""

    generation: int
    delta: str


@dataclass(frozen=True)
class Speech:
    """A piece of the reply's speech: float32 mono; `start` is the index of its first sample in the reply."""

    generation: int
    samples: np.ndarray
    sample_rate: int
    start: int


@dataclass(frozen=True)
class ReplyDone:
    """The reply is over; `text` is all of it, `timings` are seconds by stage."""

    generation: int
    text: str
    interrupted: bool
    seconds: float
    timings: dict[str, float]


@dataclass(frozen=True)
class Trimmed:
    """The context was full: the oldest "pictures", or the oldest "exchange" of question and answer, are forgotten."""

    generation: int
    what: str


@dataclass(frozen=True)
class Remark:
    """Something about this reply that the person should know; `sentence` says it."""

    generation: int
    sentence: str


@dataclass(frozen=True)
class Failed:
    """The turn cannot be answered; `reason` is one sentence, and the turn is forgotten. The conversation goes on."""

    generation: int
    reason: str
    bad_input: bool = False


@dataclass(frozen=True)
class EngineDied:
    """The engine's process has ended without being asked. Made by the parent, never sent."""

    exit_code: int
    last_words: str
    generation: int = 0


Event = Loaded | LoadFailed | OutOfMemory | Text | Speech | ReplyDone | Trimmed | Remark | Failed | EngineDied


def write_message(stream: BinaryIO, message: Command | Event) -> None:
    """Write one message: sizes of its parts, its pickle, its arrays. Both ends are ours, so pickle is safe here.

    Arrays go from their own memory into the pipe: to copy a film into a pickle would hold Python's lock, and so the
    window, for a twentieth of a second.
    """
    arrays: list[pickle.PickleBuffer] = []
    body = pickle.dumps(message, protocol=5, buffer_callback=arrays.append)
    parts = [memoryview(body), *(array.raw() for array in arrays)]
    stream.write(_NUMBER.pack(len(parts)) + b"".join(_NUMBER.pack(part.nbytes) for part in parts))
    for part in parts:
        stream.write(part)
    stream.flush()


def read_message(stream: BinaryIO) -> Command | Event | None:
    """Read one message, or None when the other end has closed its pipe, be it in the middle of a message."""
    count = _read_numbers(stream, 1)
    sizes = count and _read_numbers(stream, count[0])
    if not sizes:
        return None
    parts = [part for size in sizes if (part := read_exactly(stream, size)) is not None]
    if len(parts) < len(sizes):
        return None
    message: Command | Event = pickle.loads(parts[0], buffers=parts[1:])
    return message


def _read_numbers(stream: BinaryIO, count: int) -> list[int]:
    """So many numbers, or none where the stream ends before."""
    data = stream.read(count * _NUMBER.size)
    return [number for (number,) in _NUMBER.iter_unpack(data)] if len(data) == count * _NUMBER.size else []
