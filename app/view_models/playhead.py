"""What the loudspeaker plays right now and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Playhead:
    """Of a message's speech or of a file's sound.

    Attributes:
        subject: the Message or the Attachment that is heard.
        seconds: of it that have reached the listener's ear.
        total: seconds of it there are by now.
        complete: whether no more will come.
    """

    subject: object
    seconds: float
    total: float
    complete: bool

    def of(self, subject: object) -> bool:
        """Whether this is what is heard."""
        return self.subject is subject
