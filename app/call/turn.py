"""When a turn begins and when it ends, from speech probabilities alone. Pure state: no clock, no sound, no thread."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.call.vad import FRAME_SECONDS


class TurnChange(Enum):
    """What a frame changed."""

    STARTED = "started"
    ENDED = "ended"


@dataclass(frozen=True)
class TurnRules:
    """What counts as a turn; times in seconds.

    Beginning asks for more than going on does (0.5 against 0.35), so that a voice which trails off is not cut in two.
    """

    start_probability: float = 0.5
    stay_probability: float = 0.35
    start_frames: int = 3
    pre_roll: float = 0.3
    end_silence: float = 0.6
    longest: float = 120.0


class TurnMachine:
    """Feed it one probability per 32 ms frame.

    Attributes:
        speaking: whether a turn is on.
        silence: seconds of silence at the end of the last turn.
    """

    def __init__(self, rules: TurnRules | None = None) -> None:
        self.rules = rules or TurnRules()
        self.silence = 0.0
        self._unwanted = False  # the voice of a turn that was cut off still goes on
        self.reset()

    def reset(self) -> None:
        """Wait for a new turn."""
        self.speaking = False
        self._voiced = 0
        self._silent = 0.0
        self._length = 0.0

    def cut(self) -> None:
        """The turn is over although the voice may go on: what it still says begins no new turn before a silence as long
        as one that ends a turn."""
        self.reset()
        self._unwanted = True

    def push(self, probability: float) -> TurnChange | None:
        """Take the next frame's probability; tells when it begins or ends a turn."""
        return self._while_speaking(probability) if self.speaking else self._while_waiting(probability)

    def _while_waiting(self, probability: float) -> TurnChange | None:
        if self._unwanted:
            self._silent = 0.0 if probability >= self.rules.stay_probability else self._silent + FRAME_SECONDS
            self._unwanted = self._silent < self.rules.end_silence
            return None
        self._voiced = self._voiced + 1 if probability >= self.rules.start_probability else 0
        if self._voiced < self.rules.start_frames:
            return None
        self.reset()
        self.speaking = True
        return TurnChange.STARTED

    def _while_speaking(self, probability: float) -> TurnChange | None:
        self._length += FRAME_SECONDS
        self._silent = 0.0 if probability >= self.rules.stay_probability else self._silent + FRAME_SECONDS
        # Sums of 0.032 are not exact; half a frame of slack keeps the frame count what it looks like.
        over = self._silent >= self.rules.end_silence - FRAME_SECONDS / 2
        if not over and self._length < self.rules.longest:
            return None
        self.silence = self._silent
        self.reset()
        return TurnChange.ENDED
