"""From frames of sound to turns: runs the voice detector, asks whether what was said is complete, moves the turn
machine, holds the loudspeaker.

Everything happens on the clock of the samples, so that the same sound leads to the same turns.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from app.call.turn import Act, Event, State, TurnMachine, TurnRules
from app.call.vad import FRAME, FRAME_SECONDS
from app.call.voice_activity import VoiceActivity

_ANSWERED_AHEAD = (State.BREATHING, State.PAUSING, State.GUESSING)
_IN_TURN = (State.SPEAKING, *_ANSWERED_AHEAD, State.BUTTON)
_HELD = (State.HELD, State.HELD_EARLY, State.INSISTING)
_UNDECIDED = (*_HELD, *_ANSWERED_AHEAD)  # their frames may yet be of a turn
_TAKEN_BACK = (State.THINKING, State.OPENING)
_OVER_THE_ANSWER = (State.OPENING, State.ANSWERING, State.CARRYING_ON)
_GAP = 3.0  # seconds of a silence within a turn that are kept for it, and of a voice over an answer
_JUDGED = 8.0  # seconds of a turn that its end is judged by


class TurnChange(Enum):
    """What has become of the turn."""

    STARTED = "started"
    PAUSED = "paused"  # it may be over: an answer may be made, and must not be heard yet
    WENT_ON = "went on"  # it was not over: whatever was answered since never happened
    ENDED = "ended"


@dataclass(frozen=True)
class Told:
    """A piece of the turn, float32 mono 16 kHz, or a change of it; `silence` is how much of it, in seconds, only told
    that it is over."""

    samples: np.ndarray | None = None
    change: TurnChange | None = None
    silence: float = 0.0


class Loudspeaker(Protocol):
    """What plays the answers; used on the listener's thread, which it must not keep waiting."""

    def hold(self) -> None: ...
    def carry_on(self) -> None: ...


class Detector(Protocol):
    """Voice or not, frame by frame."""

    def probability(self, frame: np.ndarray) -> float: ...
    def reset(self) -> None: ...


class Framer:
    """Cuts what comes in pieces into the detector's frames, with interruptions at their place among them."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)

    def push(self, samples: np.ndarray, interruptions: Sequence[int] = ()) -> Iterator[np.ndarray | None]:
        """Frames, float32 [512], in order; None where something begins over the answer, after so many samples."""
        done = 0
        for at in interruptions:
            yield from self._frames(samples[done:at])
            yield None
            done = at
        yield from self._frames(samples[done:])

    def _frames(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= FRAME:
            frame, self._rest = self._rest[:FRAME], self._rest[FRAME:]
            yield frame


class Ears:
    """One microphone's stream.

    Attributes:
        machine: the turn machine.
        expected: whether an answer is being made; set by whoever makes it, and here when a turn ends.
        sounding: whether the loudspeaker has something of an answer to play; set by who knows.
        echoing: whether what is heard may still be the answer's own sound; set by who knows.
        asked: how likely the last pause was the end of a turn.
    """

    def __init__(
        self,
        rules: TurnRules,
        loudspeaker: Loudspeaker | None,
        detector: Detector,
        is_complete: Callable[[np.ndarray], float],
    ) -> None:
        self.machine = TurnMachine(rules)
        self._rules, self._loudspeaker = rules, loudspeaker
        self._detector, self._is_complete = detector, is_complete
        self._activity = VoiceActivity(rules)
        self._kept: deque[np.ndarray] = deque()  # heard, and not passed on
        self._turn: deque[np.ndarray] = deque(maxlen=round(_JUDGED / FRAME_SECONDS))
        self._now = 0.0
        self._without_echo = 0  # frames in a row of a voice that cannot be the answer's
        self._over_the_answer = 0.0  # seconds of a voice that was on when the last answer ended
        self._deaf = False
        self.expected = self.sounding = self.echoing = False
        self.asked = 0.0

    @property
    def in_turn(self) -> bool:
        """Whether the person's turn is on."""
        return self.machine.state in _IN_TURN

    def disturb(self) -> None:
        """There is more than the answer in the microphone, from now on: it waits until it is known what that is."""
        if not self._deaf:
            self._do(self.machine.handle(Event.NOISE), [])

    def hear(self, frame: np.ndarray, deaf: bool = False) -> list[Told]:
        """The next 32 ms, float32 [512]; while `deaf`, time goes by and nothing is heard."""
        told: list[Told] = []
        self._now += FRAME_SECONDS
        self._do(self.machine.advance(self._now), told)
        if self.machine.state is State.BUTTON:
            return [Told(samples=frame)]
        self._mind_loudspeaker(told)
        if deaf:
            self._be_deaf(told)
            return told
        self._deaf = False
        voice = self._detector.probability(frame)
        event = self._activity.push(voice, self._rules.silence(self.machine.state))
        self._kept.append(frame)
        if event is not None:
            self._do(self.machine.handle(event), told)
        speaks = self._activity.on and self._activity.silent == 0.0
        self._without_echo = self._without_echo + 1 if speaks and not self.echoing else 0
        lasting = self._rules.voice(self.machine.state)
        if lasting is not None and self._activity.on and self._activity.voiced >= lasting and not self._may_be_echo():
            self._do(self.machine.handle(Event.LASTED), told)
        held_for = self._now - self.machine.since if self.machine.state in _HELD else 0.0
        if held_for >= self._rules.doubt and not self._activity.on:
            self._do(self.machine.handle(Event.NOTHING), told)
        self._pass_on(told)
        return told

    def tell(self, event: Event) -> list[Told]:
        """Something that the person has done by hand."""
        told: list[Told] = []
        self._do(self.machine.handle(event), told)
        self._pass_on(told)
        return told

    def _mind_loudspeaker(self, told: list[Told]) -> None:
        if self.sounding or self.echoing:
            self._do(self.machine.handle(Event.SOUND), told)
        elif not self.expected:
            if self.machine.state in _HELD and not self._activity.on:
                self._do(self.machine.handle(Event.NOTHING), told)  # it has ended by itself, and nobody speaks
            was = self.machine.state
            self._do(self.machine.handle(Event.SILENCE), told)
            if was in _OVER_THE_ANSWER:  # a voice that began over the answer begins now, if it goes on
                self._over_the_answer = self._activity.lasts if self._activity.on else 0.0
                self._activity.reset()

    def _be_deaf(self, told: list[Told]) -> None:
        if not self._deaf:
            self._deaf = True
            self._do(self.machine.handle(Event.DEAF), told)
            self._detector.reset()
            self._activity.reset()
        self._kept.clear()

    def _do(self, acts: tuple[Act, ...], told: list[Told]) -> None:
        for act in acts:
            match act:
                case Act.BEGIN:
                    self._turn.clear()
                    told.append(Told(change=TurnChange.STARTED))
                case Act.ASK:
                    self._ask(told)
                case Act.GUESS:
                    self.expected = True
                    told.append(Told(change=TurnChange.PAUSED, silence=self._activity.silent))
                case Act.TAKE_BACK:
                    self.expected = False
                    told.append(Told(change=TurnChange.WENT_ON))
                case Act.ANSWER:
                    self.expected = True
                    told.append(Told(change=TurnChange.ENDED, silence=self._activity.silent))
                case Act.HOLD:
                    if self._loudspeaker is not None:
                        self._loudspeaker.hold()
                case Act.CARRY_ON:
                    if self._loudspeaker is not None:
                        self._loudspeaker.carry_on()

    def _ask(self, told: list[Told]) -> None:
        self.asked = self._is_complete(np.concatenate([*self._turn, *self._kept]))
        complete = self.asked >= self._rules.complete_probability
        self.machine.sureness = self.asked
        self._do(self.machine.handle(Event.COMPLETE if complete else Event.INCOMPLETE), told)

    def _may_be_echo(self) -> bool:
        """Whether a voice for which the answer was held may be the rest of it, on its way through the room."""
        return self.machine.state in _HELD and self._without_echo < self._rules.start_frames

    def _pass_on(self, told: list[Told]) -> None:
        """What is of the turn goes out; of the rest, what may yet turn out to be is kept."""
        state = self.machine.state
        if state is State.SPEAKING and self._kept:
            # The frames before the turn was noticed hold its first syllable.
            told.append(Told(samples=np.concatenate(list(self._kept))))
            self._turn.extend(self._kept)
            self._kept.clear()
        elif state not in _UNDECIDED:
            while len(self._kept) * FRAME_SECONDS > self._worth_keeping(state):
                self._kept.popleft()

    def _worth_keeping(self, state: State) -> float:
        """Seconds before now that a turn which begins next would have to begin with."""
        if state in _TAKEN_BACK:
            return _GAP
        noticed = self._rules.start_frames * FRAME_SECONDS
        seconds = self._rules.pre_roll + noticed
        if state in _OVER_THE_ANSWER and self._activity.on:
            seconds += self._activity.lasts
        elif state is State.LISTENING and self._now - self.machine.since <= noticed:
            seconds += self._over_the_answer
        return min(_GAP, seconds)
