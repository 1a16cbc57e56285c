"""What the session hears: owns the microphone's listener and tells of turns on the GUI thread, each exactly once.

A turn is held (the button is down) or found (hands-free). Whatever a run that is over still tells is dropped here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from app.call.ears import TurnChange
from app.call.listener import Heard, Listener, ListenMode, Loudspeaker, TurnCut
from app.capture.microphone import SoundSource

_DEAF_AFTER = 0.3  # seconds that the room still answers after the loudspeaker has fallen silent


class TurnTaker(Protocol):
    """Who is told of turns."""

    def voice_begins(self) -> None: ...
    def voice_goes_on(self, samples: np.ndarray) -> None: ...
    def voice_pauses(self, silence: float) -> None: ...
    def voice_resumes(self) -> None: ...
    def voice_ends(self, silence: float) -> None: ...
    def voice_tells(self, notice: str) -> None: ...
    def voice_fails(self, problem: str) -> None: ...


class Hearing:
    """The microphone, closed or open.

    Attributes:
        hands_free: whether turns are found; otherwise they are held.
    """

    def __init__(
        self,
        taker: TurnTaker,
        source: Callable[[], SoundSource],
        post: Callable[[Callable[[], None]], None],
        loudspeaker: Loudspeaker | None = None,
        may_interrupt: Callable[[], bool] = lambda: True,
    ) -> None:
        self._taker, self._post, self._may_interrupt = taker, post, may_interrupt
        self._listener = Listener(self._on_heard, source, loudspeaker=loudspeaker)
        self._answers_wanted = 0  # of those that the listener has told of, how many have been passed on
        self._run = 0
        self._in_turn = False
        self._last_sound = 0.0
        self.hands_free = False

    @property
    def level(self) -> float:
        """How loud the microphone is, from 0 to 1."""
        return self._listener.level

    @property
    def holding(self) -> bool:
        """Whether a turn is held, even if the microphone is still being opened for it."""
        return self._run != 0 and not self.hands_free

    def hold(self) -> None:
        """The button goes down: everything from now on is one turn."""
        self._begin(ListenMode.HOLD)

    def open(self) -> None:
        """Listen, and find the turns."""
        self._listener.deaf.clear()
        self._begin(ListenMode.HANDS_FREE)

    def end_turn(self) -> None:
        """What was said is complete; hands-free listening goes on."""
        if self.hands_free:
            self._listener.cut(TurnCut.END)
        else:
            self._listener.stop()

    def drop_turn(self) -> None:
        """What is being said is not wanted, and nothing more is told of it; hands-free listening goes on."""
        self._in_turn = False
        if self.hands_free:
            self._listener.cut(TurnCut.DROP)
        else:
            self._listener.stop()
            self._run = 0

    def close(self) -> None:
        """Listen no more; a turn that is on still tells its end."""
        self.hands_free = False
        self._listener.stop()

    def shut_down(self) -> None:
        """Free the device before the program ends."""
        self._run = 0
        self._listener.close()

    def mute(self, muted: bool) -> None:
        """Hands-free hears nothing until it is unmuted; what was being said until now is complete."""
        if muted:
            self._listener.muted.set()
        else:
            self._listener.muted.clear()

    def deafen(self) -> None:
        """The loudspeaker is about to sound: where no voice may interrupt it, or the microphone would take it for one,
        hands-free hears nothing until it has fallen silent. From any thread."""
        if self._deafens:
            self._listener.deaf.set()

    def mind_loudspeaker(self, sounding: bool, more_to_come: bool) -> None:
        """To be called often: after a deaf answer, hear again once the loudspeaker and the room are silent."""
        now = time.monotonic()
        if self._answers_wanted == self._listener.answers_wanted:  # otherwise an answer may just be about to begin
            self._listener.expected = more_to_come
        if not self._deafens:
            self._listener.deaf.clear()
        elif sounding:
            self._last_sound = now
        elif self._listener.deaf.is_set() and not more_to_come and now - self._last_sound > _DEAF_AFTER:
            self._listener.deaf.clear()

    @property
    def _deafens(self) -> bool:
        return self._listener.hears_itself or not self._may_interrupt()

    def _begin(self, mode: ListenMode) -> None:
        if self._in_turn:  # the microphone changes in the middle of a turn: what was said until now is the turn
            self._in_turn = False
            self._taker.voice_ends(0.0)
        self.hands_free = mode is ListenMode.HANDS_FREE
        self._run = self._listener.start(mode)

    def _on_heard(self, heard: Heard) -> None:
        self._post(lambda: self._take(heard))

    def _take(self, heard: Heard) -> None:
        if heard.change in (TurnChange.ENDED, TurnChange.PAUSED):
            self._answers_wanted += 1
        if heard.run != self._run:
            return
        if heard.change is TurnChange.ENDED and not self.hands_free:
            self._run = 0
        if heard.problem is not None:
            self._run = 0
            self._in_turn = self.hands_free = False
            self._taker.voice_fails(heard.problem)
        elif heard.notice is not None:
            self._taker.voice_tells(heard.notice)
        elif heard.change is TurnChange.STARTED:
            self._in_turn = True
            self._taker.voice_begins()
        elif heard.samples is not None and self._in_turn:
            self._taker.voice_goes_on(heard.samples)
        elif heard.change is TurnChange.PAUSED and self._in_turn:
            self._taker.voice_pauses(heard.silence)
        elif heard.change is TurnChange.WENT_ON:
            self._in_turn = True
            self._taker.voice_resumes()
        elif heard.change is TurnChange.ENDED and self._in_turn:
            self._in_turn = False
            self._taker.voice_ends(heard.silence)
