"""The thread that listens: reads the microphone, lets the ears find the turns in it, and tells of them.

Two ways: HOLD passes on everything between start and stop (a button is held down); HANDS_FREE waits for a voice and
tells of turns until it is stopped; the person may end a turn by hand, or take it back. The loudspeaker's sound is taken
out of what the microphone captures. Where that cannot be done, whoever plays sets `deaf` meanwhile: a program must not
answer itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from app.audio_devices import AudioError
from app.call import ears, echo
from app.call.ears import Ears, Framer, Told, TurnChange
from app.call.end_of_turn import EndOfTurn
from app.call.recorder import CallRecorder
from app.call.turn import Event, TurnRules
from app.call.vad import VoiceDetector
from app.capture.microphone import Microphone, SoundSource
from app.playback.played import Played

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.01
_TAIL_SECONDS = 0.12  # after the button is let go: what the sound card still holds of the last syllable


_REOPENED_WITHIN = 3.0  # seconds
_TRY_AGAIN = 0.1  # seconds
_LOOK_AGAIN = 1.0  # seconds, once there has been no microphone for those: each look asks the whole sound system
WAITS = "No microphone is left; the call goes on as soon as one is connected."
GOES_ON = "The microphone had gone; the one that is there now is listened to."
INSTEAD = "The chosen microphone is not there; the system's own is listened to."


class ListenMode(Enum):
    """How turns are found."""

    HOLD = "hold"
    HANDS_FREE = "hands-free"


class TurnCut(Enum):
    """What becomes of a turn that a person ends by hand."""

    END = "end"  # it is complete, although the voice has not been silent yet
    DROP = "drop"  # it is not wanted; whoever asks for this is not told of its end


_EVENTS = {TurnCut.END: Event.END, TurnCut.DROP: Event.DROP}


@dataclass(frozen=True)
class Heard:
    """What the listener tells. Exactly one of the first four says something.

    Attributes:
        samples: a piece of the turn, float32 mono 16 kHz; None for the others.
        change: what has become of the turn.
        problem: one sentence; listening is over.
        notice: one sentence; listening goes on.
        silence: where the turn has ended or paused, how much of it only told so, in seconds.
        run: the number that `start` returned, so that news of an earlier run can be told apart.
    """

    run: int
    samples: np.ndarray | None = None
    change: TurnChange | None = None
    problem: str | None = None
    notice: str | None = None
    silence: float = 0.0


class Loudspeaker(ears.Loudspeaker, Protocol):
    """What plays the answers, and what it has played."""

    @property
    def playing(self) -> bool: ...
    @property
    def played(self) -> Played | None: ...


class Listener:
    """At most one run at a time; `on_heard` is called on the listener's thread.

    Attributes:
        deaf: while set, hands-free listening hears nothing; muted: the same, by the person's wish.
        expected: whether an answer is being made.
        level: how loud it is now, from 0 (-60 dBFS and below) to 1 (full scale).
        answers_wanted: how often was told that an answer is to be made.
        hears_itself: whether this run's microphone hears the loudspeaker, since there is no echo canceller.
    """

    def __init__(
        self,
        on_heard: Callable[[Heard], None],
        source: Callable[[], SoundSource] = Microphone,
        rules: TurnRules | None = None,
        loudspeaker: Loudspeaker | None = None,
        recorder: CallRecorder | None = None,
    ) -> None:
        self._on_heard = on_heard
        self._make_source = source
        self._loudspeaker, self._recorder = loudspeaker, recorder
        self._rules = rules or TurnRules()
        self._stop = threading.Event()
        self._cut: TurnCut | None = None  # asked of the hands-free run, which does it with its next piece
        self._thread: threading.Thread | None = None
        self._microphone: Microphone | None = None
        self._run = 0
        self.deaf = threading.Event()
        self.muted = threading.Event()
        self.expected = self.hears_itself = False
        self.answers_wanted = 0
        self.level = 0.0

    def start(self, mode: ListenMode) -> int:
        """Listen; returns at once with the number of this run."""
        self.stop()
        self._run += 1
        self._stop, self._cut = threading.Event(), None
        worker = self._hold if mode is ListenMode.HOLD else self._hands_free
        arguments = (worker, self._stop, self._run)
        self._thread = threading.Thread(target=self._guard, args=arguments, name="listener", daemon=True)
        self._thread.start()
        return self._run

    def stop(self) -> None:
        """Let the run end; a turn that is on still tells its last pieces and its end."""
        self._stop.set()

    def cut(self, how: TurnCut) -> None:
        """End the turn of a hands-free run now; listening goes on, for a new turn after the next silence."""
        self._cut = how

    def close(self) -> None:
        """End the run and wait for that: the device must be free before the program ends."""
        self.stop()
        if self._thread is not None:
            self._thread.join(2.0)

    def _guard(
        self, worker: Callable[[SoundSource, threading.Event, int], None], stop: threading.Event, run: int
    ) -> None:
        source = self._source(run)
        try:
            source.open()
            self._tell_instead(run, "")
            worker(source, stop, run)
        except AudioError as error:
            self._on_heard(Heard(run, problem=str(error)))
        except (ImportError, OSError) as error:
            log.exception("listening ended")
            self._on_heard(Heard(run, problem=f"Voices cannot be told from silence here ({error})."))
        except Exception as error:  # a driver's own, or a defect: told, because nobody listens from now on
            log.exception("listening ended")
            self._on_heard(Heard(run, problem=f"The microphone cannot be used ({type(error).__name__}: {error})."))
        finally:
            self.level = 0.0
            source.close()

    def _source(self, run: int) -> SoundSource:
        source, loudspeaker = self._make_source(), self._loudspeaker
        self.hears_itself = False
        self._microphone = source if isinstance(source, Microphone) else None
        if loudspeaker is None or not isinstance(source, Microphone):
            return source
        if echo.available():
            return echo.EchoFreeMicrophone(source, lambda: loudspeaker.played, self._recorder)
        self.hears_itself = True
        self._on_heard(Heard(run, notice=echo.WITHOUT))
        return source

    def _hold(self, source: SoundSource, stop: threading.Event, run: int) -> None:
        self._tell(run, Told(change=TurnChange.STARTED))
        stopped_at: float | None = None
        while stopped_at is None or time.monotonic() < stopped_at + _TAIL_SECONDS:
            if stop.wait(_POLL_SECONDS):
                stopped_at = stopped_at or time.monotonic()
                time.sleep(_POLL_SECONDS)
            samples = self._read(source, stop, run)
            if len(samples):
                self._tell(run, Told(samples=samples))
        self._tell(run, Told(change=TurnChange.ENDED, silence=_TAIL_SECONDS))

    def _hands_free(self, source: SoundSource, stop: threading.Event, run: int) -> None:
        found = Ears(self._rules, self._loudspeaker, VoiceDetector(), EndOfTurn().probability)
        try:
            self._find(found, source, stop, run)
        except BaseException:
            found.tell(Event.DROP)  # an answer that was held for a voice goes on
            raise
        self._tell(run, *found.tell(Event.END))

    def _find(self, found: Ears, source: SoundSource, stop: threading.Event, run: int) -> None:
        framer, frames = Framer(), 0
        while not stop.wait(_POLL_SECONDS):
            samples = self._read(source, stop, run, found)
            interruptions, echoing = [], False
            if isinstance(source, echo.EchoFreeMicrophone):
                interruptions, echoing = source.interruptions, source.echoing
            cut, self._cut = self._cut, None
            if cut is not None:
                self._record(frames, by_hand=cut.value)
                self._tell(run, *found.tell(_EVENTS[cut]))
            if self.muted.is_set():
                self.level = 0.0
            for frame in framer.push(samples, interruptions):
                if frame is None:
                    found.disturb()
                    continue
                found.expected, deaf = self.expected, self.deaf.is_set() or self.muted.is_set()
                found.sounding = self._loudspeaker is not None and self._loudspeaker.playing
                # What has been handed to the device is heard later than that, and captured later still.
                found.echoing = echoing
                self._record(frames, sounding=found.sounding, echoing=echoing, expected=found.expected, deaf=deaf)
                told = found.hear(frame, deaf)
                for it in told:
                    if it.change is not None:
                        self._record(frames, told=it.change.value, complete=round(found.asked, 4))
                frames += 1
                self._tell(run, *told)

    def _tell(self, run: int, *told: Told) -> None:
        for it in told:
            if it.change in (TurnChange.ENDED, TurnChange.PAUSED):
                self.answers_wanted += 1
                self.expected = True  # until whoever makes the answers says otherwise
            self._on_heard(Heard(run, it.samples, it.change, silence=it.silence))

    def _record(self, frame: int, **what: object) -> None:
        if self._recorder is not None:
            self._recorder.note(frame, **what)

    def _read(self, source: SoundSource, stop: threading.Event, run: int, found: Ears | None = None) -> np.ndarray:
        """What has come; where the microphone has gone, of the next one. A call (`found`) waits for it."""
        try:
            samples = source.read()
        except AudioError:
            if not self._reopen(source, stop):
                if found is None:
                    raise
                if not self._wait_for_one(source, stop, run, found):
                    return np.zeros(0, np.float32)
            self._tell_instead(run, GOES_ON)
            samples = source.read()
        if len(samples):
            self.level = loudness(samples)
        complaint = self._microphone.check.complaint() if self._microphone is not None else None
        if complaint is not None:
            self._on_heard(Heard(run, notice=complaint))
        return samples

    def _reopen(self, source: SoundSource, stop: threading.Event) -> bool:
        """The microphone has gone: go on with it or with another one; False if there is none for a while."""
        until = time.monotonic() + _REOPENED_WITHIN
        while True:
            source.close()
            try:
                source.open()
                return True
            except AudioError as error:
                log.info("microphone: %s", error)
            if time.monotonic() > until or stop.wait(_TRY_AGAIN):
                return False

    def _wait_for_one(self, source: SoundSource, stop: threading.Event, run: int, found: Ears) -> bool:
        """The same for as long as the call lasts, in the pauses of answers: looking for devices interrupts what plays.
        A turn that was on is complete."""
        self.level = 0.0
        self._tell(run, *found.tell(Event.END))
        self._on_heard(Heard(run, notice=WAITS))
        while not stop.wait(_LOOK_AGAIN):
            if self._loudspeaker is not None and self._loudspeaker.playing:
                continue
            try:
                source.open()
                return True
            except AudioError as error:
                log.debug("microphone: %s", error)
        return False

    def _tell_instead(self, run: int, otherwise: str) -> None:
        instead = self._microphone is not None and self._microphone.instead
        if instead or otherwise:
            self._on_heard(Heard(run, notice=INSTEAD if instead else otherwise))


def loudness(samples: np.ndarray) -> float:
    """The root mean square on a scale from 0 (-60 dBFS and below) to 1 (full scale)."""
    decibels = 20.0 * np.log10(np.sqrt(np.mean(np.square(samples))) + 1e-9)
    return float(np.clip(1.0 + decibels / 60.0, 0.0, 1.0))
