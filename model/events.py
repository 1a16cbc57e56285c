"""What a reply yields, in order of time: text as it is written, speech as it is decoded, and one Done at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class TextDelta:
    """A piece of the reply's text; `at` is seconds since the prompt was complete."""

    text: str
    at: float


@dataclass(frozen=True)
class SpeechChunk:
    """A piece of the reply's speech: float32 mono samples in [-1, 1]; `start` is the index of its first sample."""

    samples: np.ndarray
    sample_rate: int
    start: int
    at: float


@dataclass(frozen=True)
class ContextTrimmed:
    """The context was full and something old was forgotten: `what` is "pictures" or "exchange" (a question and its
    answer), `tokens` is how much room that made."""

    what: str
    tokens: int


@dataclass(frozen=True)
class Remark:
    """Something about this reply that the person should know; `sentence` says it."""

    sentence: str


@dataclass(frozen=True)
class Done:
    """The reply is over. `timings` holds seconds: encode, prefill, first_text, first_audio, total."""

    text: str
    at: float
    prompt_tokens: int
    text_tokens: list[int]
    speech_codes: list[int]
    sample_rate: int
    samples: int
    interrupted: bool = False
    timings: dict[str, float] = field(default_factory=dict)


ReplyEvent = TextDelta | SpeechChunk | ContextTrimmed | Remark | Done
