"""How long an answer took to come, as the person waits: from the end of what they said to the sound in their ear."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One bar of the waterfall: its kind ("silence", "text", "sound"), seconds from the question's end."""

    kind: str
    begin: float
    end: float


@dataclass
class Latency:
    """Moments of one turn, in seconds of a monotonic clock; None until they have come.

    Attributes:
        asked: the last voiced sample of what was said, or the moment a typed question was sent.
        turn_over: when the turn was known to be over; in a hands-free call a silence later.
        first_text, first_sound: the first word in the window; the first sample at the device.
        speech_seconds, reply_seconds: how long the answer sounds, and how long it took to make.
        memory_bytes: what the engine's process holds.
    """

    asked: float
    turn_over: float
    first_text: float | None = None
    first_sound: float | None = None
    speech_seconds: float = 0.0
    reply_seconds: float = 0.0
    memory_bytes: int = 0

    @property
    def stages(self) -> list[Stage]:
        """What there is to draw, in order of time."""
        stages = []
        if self.turn_over - self.asked > 0.005:
            stages.append(Stage("silence", 0.0, self.turn_over - self.asked))
        if self.first_text is not None:
            stages.append(Stage("text", self.turn_over - self.asked, self.first_text - self.asked))
        if self.first_sound is not None:
            begin = self.first_text if self.first_text is not None else self.turn_over
            stages.append(Stage("sound", min(begin, self.first_sound) - self.asked, self.first_sound - self.asked))
        return stages

    @property
    def seconds(self) -> float | None:
        """How long one waited: for the sound, or where there is none for the words."""
        last = self.first_sound if self.first_sound is not None else self.first_text
        return None if last is None else last - self.asked

    @property
    def real_time_factor(self) -> float | None:
        """Time it took to make the answer over the time it sounds; below 1 it keeps up with its voice."""
        return self.reply_seconds / self.speech_seconds if self.speech_seconds > 0 and self.reply_seconds > 0 else None
