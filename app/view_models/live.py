"""What the program looks at right now, and what a turn has seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Looking:
    """A camera, a screen or a window that is open, or none.

    Attributes:
        kind: "camera", "screen", "window" or "" for none.
        device: which one, as its source names it.
        opening: whether its first frame is still to come.
    """

    kind: str = ""
    device: str = ""
    opening: bool = False


@dataclass
class Seen:
    """The frames that the model was given in a turn: uint8 [T, H, W, 3] or a list of them, and the seconds since the
    turn began at which each was taken. While frames of an old conversation are still in the history, there are times
    only."""

    frames: list[np.ndarray] | np.ndarray
    times: list[float]

    @classmethod
    def nothing(cls) -> Seen:
        """No frame yet."""
        return cls([], [])

    def __bool__(self) -> bool:
        return bool(self.times)

    @property
    def resting(self) -> bool:
        """Whether its frames are in the history alone."""
        return bool(self.times) and not len(self.frames)

    def add(self, frame: np.ndarray, at: float) -> None:
        """One more, later than those before."""
        assert isinstance(self.frames, list)
        self.frames.append(frame)
        self.times.append(at)
