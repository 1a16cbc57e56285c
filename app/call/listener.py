"""The thread that listens: reads the microphone, finds the turns in it, and tells of them.

Two ways: HOLD passes on everything between start and stop (a button is held down); HANDS_FREE waits for a voice and
tells of turns until it is stopped; the person may end a turn by hand, or take it back. While `deaf` is set nothing is
heard: a program without echo cancellation must not answer its own loudspeaker.
"""

from __future__ import annotations

import collections
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from app.audio_devices import AudioError
from app.call.turn import TurnChange, TurnMachine, TurnRules
from app.call.vad import FRAME, FRAME_SECONDS, VoiceDetector
from app.capture.microphone import Microphone, SoundSource

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.02
_TAIL_SECONDS = 0.12  # after the button is let go: what the sound card still holds of the last syllable


class ListenMode(Enum):
    """How turns are found."""

    HOLD = "hold"
    HANDS_FREE = "hands-free"


class TurnCut(Enum):
    """What becomes of a turn that a person ends by hand."""

    END = "end"  # it is complete, although the voice has not been silent yet
    DROP = "drop"  # it is not wanted; whoever asks for this is not told of its end


@dataclass(frozen=True)
class Heard:
    """What the listener tells. Exactly one field says something.

    Attributes:
        samples: a piece of the turn, float32 mono 16 kHz; None for the others.
        change: the turn has started or ended.
        problem: one sentence; listening is over.
        silence: at the end of a turn, how much of it only told that it was over, in seconds.
        run: the number that `start` returned, so that news of an earlier run can be told apart.
    """

    run: int
    samples: np.ndarray | None = None
    change: TurnChange | None = None
    problem: str | None = None
    silence: float = 0.0


class Listener:
    """At most one run at a time; `on_heard` is called on the listener's thread.

    Attributes:
        deaf: while set, hands-free listening hears nothing; muted: the same, by the person's wish.
        level: how loud it is now, from 0 (-60 dBFS and below) to 1 (full scale).
    """

    def __init__(
        self,
        on_heard: Callable[[Heard], None],
        source: Callable[[], SoundSource] = Microphone,
        rules: TurnRules | None = None,
    ) -> None:
        self._on_heard = on_heard
        self._make_source = source
        self._rules = rules or TurnRules()
        self._stop = threading.Event()
        self._cut: TurnCut | None = None  # asked of the hands-free run, which does it with its next piece
        self._thread: threading.Thread | None = None
        self._run = 0
        self.deaf = threading.Event()
        self.muted = threading.Event()
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
        source = self._make_source()
        try:
            source.open()
            worker(source, stop, run)
        except AudioError as error:
            self._on_heard(Heard(run, problem=str(error)))
        except (ImportError, OSError) as error:
            log.exception("listening ended")
            self._on_heard(Heard(run, problem=f"Voices cannot be told from silence here ({error})."))
        finally:
            self.level = 0.0
            source.close()

    def _hold(self, source: SoundSource, stop: threading.Event, run: int) -> None:
        self._on_heard(Heard(run, change=TurnChange.STARTED))
        stopped_at: float | None = None
        while stopped_at is None or time.monotonic() < stopped_at + _TAIL_SECONDS:
            if stop.wait(_POLL_SECONDS):
                stopped_at = stopped_at or time.monotonic()
                time.sleep(_POLL_SECONDS)
            samples = self._read(source)
            if len(samples):
                self._on_heard(Heard(run, samples=samples))
        self._on_heard(Heard(run, change=TurnChange.ENDED, silence=_TAIL_SECONDS))

    def _hands_free(self, source: SoundSource, stop: threading.Event, run: int) -> None:
        detector, machine = VoiceDetector(), TurnMachine(self._rules)
        pre_frames = round(self._rules.pre_roll / FRAME_SECONDS) + self._rules.start_frames
        pre_roll: collections.deque[np.ndarray] = collections.deque(maxlen=pre_frames)
        rest = np.zeros(0, np.float32)
        while not stop.wait(_POLL_SECONDS):
            rest = np.concatenate([rest, self._read(source)])
            cut, self._cut = self._cut, None
            deaf = self.deaf.is_set() or self.muted.is_set()
            if self.muted.is_set():
                self.level = 0.0
            if machine.speaking and (cut is TurnCut.END or deaf):
                self._on_heard(Heard(run, change=TurnChange.ENDED))
            if cut is not None:
                machine.cut()
                pre_roll.clear()
            if deaf:
                rest = rest[:0]
                pre_roll.clear()
                detector.reset()
                machine.reset()
                continue
            while len(rest) >= FRAME:
                frame, rest = rest[:FRAME], rest[FRAME:]
                self._take(run, frame, machine.push(detector.probability(frame)), machine, pre_roll)
        if machine.speaking:
            self._on_heard(Heard(run, change=TurnChange.ENDED))

    def _read(self, source: SoundSource) -> np.ndarray:
        samples = source.read()
        if len(samples):
            self.level = loudness(samples)
        return samples

    def _take(
        self,
        run: int,
        frame: np.ndarray,
        change: TurnChange | None,
        machine: TurnMachine,
        pre_roll: collections.deque[np.ndarray],
    ) -> None:
        pre_roll.append(frame)
        if change is not None:
            self._on_heard(Heard(run, change=change, silence=machine.silence))
        if machine.speaking:
            # The frames before the turn was noticed hold its first syllable.
            self._on_heard(Heard(run, samples=np.concatenate(list(pre_roll))))
            pre_roll.clear()


def loudness(samples: np.ndarray) -> float:
    """The root mean square on a scale from 0 (-60 dBFS and below) to 1 (full scale)."""
    decibels = 20.0 * np.log10(np.sqrt(np.mean(np.square(samples))) + 1e-9)
    return float(np.clip(1.0 + decibels / 60.0, 0.0, 1.0))
