"""From speech probabilities, frame by frame, to voices that begin, last and pause. Pure state."""

from __future__ import annotations

from app.call.turn import Event, TurnRules
from app.call.vad import FRAME_SECONDS


class VoiceActivity:
    """One stream.

    Attributes:
        on: whether a voice is heard, pauses shorter than asked for included.
        silent: seconds since its last voiced frame.
        voiced: seconds of voiced frames since it began.
        lasts: seconds since it began.
    """

    def __init__(self, rules: TurnRules) -> None:
        self._rules = rules
        self.reset()

    def reset(self) -> None:
        """Nothing is heard."""
        self.on = False
        self.silent = self.voiced = self.lasts = 0.0
        self._run = 0  # voiced frames in a row, before it counts as a voice
        self._breathing = False

    def push(self, probability: float, pause: float) -> Event | None:
        """The next frame; a voice pauses after `pause` seconds of silence. After a breath, it begins once more."""
        rules = self._rules
        if not self.on:
            self.silent += FRAME_SECONDS
            self._run = self._run + 1 if probability >= rules.start_probability else 0
            if self._run < rules.start_frames:
                return None
            self.on, self.silent = True, 0.0
            self.voiced = self.lasts = self._run * FRAME_SECONDS
            self._breathing = False
            return Event.VOICE
        self.lasts += FRAME_SECONDS
        if probability >= rules.stay_probability:
            self.silent = 0.0
            self.voiced += FRAME_SECONDS
            breathed, self._breathing = self._breathing, False
            return Event.VOICE if breathed else None
        self.silent += FRAME_SECONDS
        # Sums of 0.032 are not exact; half a frame of slack keeps the frame count what it looks like.
        if self.silent < pause - FRAME_SECONDS / 2:
            breathes = not self._breathing and self.silent >= rules.breath - FRAME_SECONDS / 2
            self._breathing |= breathes
            return Event.BREATH if breathes else None
        self.on, self._run = False, 0
        return Event.PAUSE
