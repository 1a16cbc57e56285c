"""Whose turn it is: one table of states and events. Pure: no sound, no thread, and no clock but the one it is given.

A guess that the person is done costs nothing: the answer begins behind closed doors and is taken back when they go on.
Whatever is heard over the answer stops the loudspeaker at once, and only then is it found out what it was: a word that
goes on makes a new turn, a cough or an "mhm" lets the answer carry on from where it was.

    LISTENING ── voice ──▶ SPEAKING ── breath: guess ──▶ BREATHING ── pause: ask ──▶ PAUSING ── complete ──▶ GUESSING
        ▲                      ▲  ◀──────── voice: take back ───────┴───────────────────┴──────────────────────┤
        │ played out           │ voice: take back                                                      silence ▼
    ANSWERING ◀─ a while ── OPENING ◀─────────────────────────── first sound ───────────────────────────── THINKING
        │ ▲                    │ ▲
  noise ▼ │ it was nothing     ▼ │           HELD, HELD_EARLY: the loudspeaker waits; a voice that lasts is a new turn
      HELD ─▶ CARRYING_ON    HELD_EARLY      (or the rest of this one, while the answer has hardly begun)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple


class State(Enum):
    """What is going on between the two."""

    LISTENING = auto()  # nobody speaks
    SPEAKING = auto()  # the person speaks
    BREATHING = auto()  # they take a breath, or are done: the answer is being made from here on, and not heard yet
    PAUSING = auto()  # they pause, and what they said sounds as if more would come
    GUESSING = auto()  # they pause, and are thought to be done
    THINKING = auto()  # their turn is over; the answer is not heard yet
    OPENING = auto()  # the first moments of the answer: who speaks now was not done
    HELD_EARLY = auto()  # the same, held because something was heard
    ANSWERING = auto()  # the answer is heard
    HELD = auto()  # the answer is held because something was heard
    CARRYING_ON = auto()  # it was nothing, and the answer is heard again: who speaks now means it
    INSISTING = auto()  # held again, soon after
    BUTTON = auto()  # a button is held: everything is one turn
    UNWANTED = auto()  # a voice whose turn was ended by hand goes on


class Event(Enum):
    """What happens."""

    NOISE = auto()  # there is more than the answer in the microphone; whether it is a voice is not known yet
    NOTHING = auto()  # no voice has followed
    VOICE = auto()  # a voice begins
    BREATH = auto()  # it has been silent for a breath
    PAUSE = auto()  # it has been silent for a moment
    COMPLETE = auto()  # what was said until the pause sounds complete
    INCOMPLETE = auto()  # it does not
    LASTED = auto()  # a voice over the answer has lasted: longer than an "mhm", or too long to be its own echo
    TIMEOUT = auto()  # the time that this state may last is over
    LIMIT = auto()  # the turn is as long as it may be
    SOUND = auto()  # the loudspeaker begins
    SILENCE = auto()  # it has played everything, or no answer will come
    PRESS = auto()  # the button goes down
    END = auto()  # by hand: what was said is complete (the button goes up)
    DROP = auto()  # by hand: what was said is not wanted
    DEAF = auto()  # nothing can or may be heard from now on


class Act(Enum):
    """What is to be done about it."""

    BEGIN = auto()  # a turn begins; an answer that runs is over
    ASK = auto()  # does what was said sound complete?
    GUESS = auto()  # begin the answer, and do not let it be heard
    TAKE_BACK = auto()  # the answer has never been: the turn goes on
    ANSWER = auto()  # the turn is over: let the answer be heard
    HOLD = auto()  # hold the loudspeaker where it is
    CARRY_ON = auto()  # let it go on from there


class Move(NamedTuple):
    """Where an event leads, and what is done on the way."""

    state: State
    acts: tuple[Act, ...] = ()


_CERTAIN = 0.9  # likely enough that there is nothing to wait for


@dataclass(frozen=True)
class TurnRules:
    """What counts as a turn; times in seconds.

    Attributes:
        start_probability, stay_probability: of speech in a frame, to begin with and to go on; what trails off goes on.
        complete_probability: from which on what was said is thought to be complete.
        start_frames: that many voiced frames in a row are a voice.
        pre_roll: what is heard before a voice is noticed, and belongs to it.
        breath: of silence, after which an answer is begun: it takes its time, and most often it is wanted.
        pause: of silence, after which it is asked whether what was said is complete.
        end_silence: after which a turn that certainly sounds complete is over.
        unsure_silence: the same where it just about does, and in between where it is in between.
        slow_silence: the same where it does not; the limit for the slow speaker.
        reopen: of an answer that has been heard, until which a voice still belongs to the turn before it.
        doubt: after a noise over an answer, until which a voice may follow from it.
        overlooked: of voice over an answer without a noise before it: less of it is the answer's own.
        lasting: of voice over an answer; less of it is an "mhm", a cough, a door.
        insisting: the same soon after such a noise; within `insist_within` of it.
        quiet_again: of silence after which what was heard over the answer is over.
        unwanted: of silence after which a voice whose turn was ended by hand is over.
        longest: turn.
    """

    start_probability: float = 0.5
    stay_probability: float = 0.35
    complete_probability: float = 0.5
    start_frames: int = 3
    pre_roll: float = 0.3
    breath: float = 0.13
    pause: float = 0.2
    end_silence: float = 0.38
    unsure_silence: float = 0.8
    slow_silence: float = 1.4
    reopen: float = 1.2
    doubt: float = 0.5
    overlooked: float = 0.6
    lasting: float = 0.75
    insisting: float = 0.35
    insist_within: float = 2.5
    quiet_again: float = 0.3
    unwanted: float = 0.6
    longest: float = 120.0

    def deadline(self, state: State, sureness: float = 1.0) -> float | None:
        """How long a state may last; None for as long as it likes. `sureness`: how likely the turn sounded complete."""
        unsure = min(1.0, max(0.0, (_CERTAIN - sureness) / (_CERTAIN - self.complete_probability)))
        return {
            State.PAUSING: self.slow_silence - self.pause,
            State.GUESSING: self.end_silence + unsure * (self.unsure_silence - self.end_silence) - self.pause,
            State.OPENING: self.reopen,
            State.CARRYING_ON: self.insist_within,
        }.get(state)

    def silence(self, state: State) -> float:
        """After how much silence a voice has paused."""
        if state in (State.HELD, State.HELD_EARLY, State.INSISTING):
            return self.quiet_again
        return self.unwanted if state is State.UNWANTED else self.pause

    def voice(self, state: State) -> float | None:
        """After how much of it a voice has lasted; None where that does not matter."""
        if state is State.INSISTING:
            return self.insisting
        if state in (State.ANSWERING, State.OPENING, State.CARRYING_ON):
            return self.overlooked
        return self.lasting if state in (State.HELD, State.HELD_EARLY) else None


def _stay(state: State, *events: Event) -> dict[Event, Move]:
    """These change nothing in that state."""
    return {event: Move(state) for event in events}


S, E, A = State, Event, Act  # the table is read more often than these

# Every state and every event. A turn that the person has ended by hand is not taken back: from there on it is
# LISTENING, whether an answer is being made or not. SOUND and SILENCE are told again and again while they last, so that
# every way leads to where the loudspeaker really is. Where the person acts by hand, the session stops it itself.
TABLE: dict[State, dict[Event, Move]] = {
    S.LISTENING: {
        E.VOICE: Move(S.SPEAKING, (A.BEGIN,)),
        E.SOUND: Move(S.ANSWERING),  # to a question that was typed; or a recording
        E.PRESS: Move(S.BUTTON, (A.BEGIN,)),
        **_stay(S.LISTENING, E.BREATH, E.NOISE, E.NOTHING),
        **_stay(S.LISTENING, E.PAUSE, E.COMPLETE, E.INCOMPLETE, E.LASTED, E.TIMEOUT, E.LIMIT, E.SILENCE),
        **_stay(S.LISTENING, E.END, E.DROP, E.DEAF),
    },
    S.SPEAKING: {
        E.BREATH: Move(S.BREATHING, (A.GUESS,)),
        E.PAUSE: Move(S.PAUSING, (A.GUESS, A.ASK)),
        E.LIMIT: Move(S.THINKING, (A.ANSWER,)),
        E.END: Move(S.UNWANTED, (A.ANSWER,)),
        E.DROP: Move(S.UNWANTED),
        E.DEAF: Move(S.LISTENING, (A.ANSWER,)),
        E.PRESS: Move(S.BUTTON),  # the voice is in the turn already
        **_stay(S.SPEAKING, E.NOISE, E.NOTHING),
        **_stay(S.SPEAKING, E.VOICE, E.COMPLETE, E.INCOMPLETE, E.LASTED, E.TIMEOUT, E.SOUND, E.SILENCE),
    },
    S.BREATHING: {
        E.VOICE: Move(S.SPEAKING, (A.TAKE_BACK,)),
        E.PAUSE: Move(S.PAUSING, (A.ASK,)),
        E.LIMIT: Move(S.THINKING, (A.ANSWER,)),
        E.END: Move(S.UNWANTED, (A.ANSWER,)),
        E.DROP: Move(S.UNWANTED),
        E.DEAF: Move(S.LISTENING, (A.ANSWER,)),
        E.PRESS: Move(S.BUTTON, (A.TAKE_BACK,)),
        **_stay(S.BREATHING, E.NOISE, E.NOTHING, E.BREATH, E.COMPLETE, E.INCOMPLETE, E.LASTED, E.TIMEOUT),
        **_stay(S.BREATHING, E.SOUND, E.SILENCE),
    },
    S.PAUSING: {
        E.VOICE: Move(S.SPEAKING, (A.TAKE_BACK,)),
        E.COMPLETE: Move(S.GUESSING),
        E.TIMEOUT: Move(S.THINKING, (A.ANSWER,)),
        E.LIMIT: Move(S.THINKING, (A.ANSWER,)),
        E.END: Move(S.LISTENING, (A.ANSWER,)),
        E.DROP: Move(S.LISTENING),
        E.DEAF: Move(S.LISTENING, (A.ANSWER,)),
        E.PRESS: Move(S.BUTTON, (A.TAKE_BACK,)),
        **_stay(S.PAUSING, E.BREATH, E.NOISE, E.NOTHING, E.PAUSE, E.INCOMPLETE, E.LASTED, E.SOUND, E.SILENCE),
    },
    S.GUESSING: {
        E.VOICE: Move(S.SPEAKING, (A.TAKE_BACK,)),
        E.TIMEOUT: Move(S.THINKING, (A.ANSWER,)),
        E.LIMIT: Move(S.THINKING, (A.ANSWER,)),
        E.END: Move(S.LISTENING, (A.ANSWER,)),
        E.DROP: Move(S.LISTENING),
        E.DEAF: Move(S.LISTENING, (A.ANSWER,)),
        E.PRESS: Move(S.BUTTON, (A.TAKE_BACK,)),
        # The loudspeaker is held back, so what begins or ends there now is not this answer.
        **_stay(
            S.GUESSING, E.BREATH, E.NOISE, E.NOTHING, E.PAUSE, E.COMPLETE, E.INCOMPLETE, E.LASTED, E.SOUND, E.SILENCE
        ),
    },
    S.THINKING: {
        E.VOICE: Move(S.SPEAKING, (A.TAKE_BACK,)),
        E.SOUND: Move(S.OPENING),
        E.SILENCE: Move(S.LISTENING),  # there was no answer, or none aloud
        E.PRESS: Move(S.BUTTON, (A.BEGIN,)),
        E.DROP: Move(S.LISTENING),
        **_stay(S.THINKING, E.BREATH, E.NOISE, E.NOTHING),
        **_stay(S.THINKING, E.PAUSE, E.COMPLETE, E.INCOMPLETE, E.LASTED, E.TIMEOUT, E.LIMIT, E.END, E.DEAF),
    },
    S.OPENING: {
        E.NOISE: Move(S.HELD_EARLY, (A.HOLD,)),
        E.LASTED: Move(S.HELD_EARLY, (A.HOLD,)),
        E.TIMEOUT: Move(S.ANSWERING),
        E.SILENCE: Move(S.LISTENING),
        E.PRESS: Move(S.BUTTON, (A.BEGIN,)),
        E.DROP: Move(S.LISTENING),
        E.DEAF: Move(S.ANSWERING),
        **_stay(S.OPENING, E.BREATH, E.VOICE, E.NOTHING, E.PAUSE, E.COMPLETE, E.INCOMPLETE, E.LIMIT, E.SOUND, E.END),
    },
    S.HELD_EARLY: {
        E.NOTHING: Move(S.ANSWERING, (A.CARRY_ON,)),
        E.LASTED: Move(S.SPEAKING, (A.TAKE_BACK,)),
        E.PAUSE: Move(S.CARRYING_ON, (A.CARRY_ON,)),
        E.SILENCE: Move(S.SPEAKING, (A.BEGIN,)),  # somebody else has stopped the answer; the voice goes on
        E.PRESS: Move(S.BUTTON, (A.BEGIN,)),
        E.END: Move(S.CARRYING_ON, (A.CARRY_ON,)),
        E.DROP: Move(S.LISTENING, (A.CARRY_ON,)),
        E.DEAF: Move(S.ANSWERING, (A.CARRY_ON,)),
        **_stay(S.HELD_EARLY, E.BREATH, E.NOISE, E.VOICE, E.COMPLETE, E.INCOMPLETE, E.TIMEOUT, E.LIMIT, E.SOUND),
    },
    S.ANSWERING: {
        E.NOISE: Move(S.HELD, (A.HOLD,)),
        E.LASTED: Move(S.HELD, (A.HOLD,)),
        E.SILENCE: Move(S.LISTENING),
        E.PRESS: Move(S.BUTTON, (A.BEGIN,)),
        E.DROP: Move(S.LISTENING),
        **_stay(
            S.ANSWERING, E.BREATH, E.VOICE, E.NOTHING, E.PAUSE, E.COMPLETE, E.INCOMPLETE, E.TIMEOUT, E.LIMIT, E.SOUND
        ),
        **_stay(S.ANSWERING, E.END, E.DEAF),
    },
    S.HELD: {
        E.NOTHING: Move(S.ANSWERING, (A.CARRY_ON,)),
        E.LASTED: Move(S.SPEAKING, (A.BEGIN,)),
        E.PAUSE: Move(S.CARRYING_ON, (A.CARRY_ON,)),
        E.SILENCE: Move(S.SPEAKING, (A.BEGIN,)),
        E.PRESS: Move(S.BUTTON, (A.BEGIN,)),
        E.END: Move(S.CARRYING_ON, (A.CARRY_ON,)),
        E.DROP: Move(S.LISTENING, (A.CARRY_ON,)),
        E.DEAF: Move(S.ANSWERING, (A.CARRY_ON,)),
        **_stay(S.HELD, E.BREATH, E.NOISE, E.VOICE, E.COMPLETE, E.INCOMPLETE, E.TIMEOUT, E.LIMIT, E.SOUND),
    },
    S.CARRYING_ON: {
        E.NOISE: Move(S.INSISTING, (A.HOLD,)),
        E.LASTED: Move(S.INSISTING, (A.HOLD,)),
        E.TIMEOUT: Move(S.ANSWERING),
        E.SILENCE: Move(S.LISTENING),
        E.PRESS: Move(S.BUTTON, (A.BEGIN,)),
        E.DROP: Move(S.LISTENING),
        E.DEAF: Move(S.ANSWERING),
        **_stay(
            S.CARRYING_ON, E.BREATH, E.VOICE, E.NOTHING, E.PAUSE, E.COMPLETE, E.INCOMPLETE, E.LIMIT, E.SOUND, E.END
        ),
    },
    S.INSISTING: {
        E.NOTHING: Move(S.CARRYING_ON, (A.CARRY_ON,)),
        E.LASTED: Move(S.SPEAKING, (A.BEGIN,)),
        E.PAUSE: Move(S.CARRYING_ON, (A.CARRY_ON,)),
        E.SILENCE: Move(S.SPEAKING, (A.BEGIN,)),
        E.PRESS: Move(S.BUTTON, (A.BEGIN,)),
        E.END: Move(S.CARRYING_ON, (A.CARRY_ON,)),
        E.DROP: Move(S.LISTENING, (A.CARRY_ON,)),
        E.DEAF: Move(S.ANSWERING, (A.CARRY_ON,)),
        **_stay(S.INSISTING, E.BREATH, E.NOISE, E.VOICE, E.COMPLETE, E.INCOMPLETE, E.TIMEOUT, E.LIMIT, E.SOUND),
    },
    S.BUTTON: {
        E.END: Move(S.LISTENING, (A.ANSWER,)),
        E.DROP: Move(S.LISTENING),
        E.DEAF: Move(S.LISTENING, (A.ANSWER,)),
        **_stay(S.BUTTON, E.BREATH, E.NOISE, E.NOTHING),
        **_stay(S.BUTTON, E.VOICE, E.PAUSE, E.COMPLETE, E.INCOMPLETE, E.LASTED, E.TIMEOUT, E.LIMIT, E.SOUND),
        **_stay(S.BUTTON, E.SILENCE, E.PRESS),
    },
    S.UNWANTED: {
        E.PAUSE: Move(S.LISTENING),
        E.DEAF: Move(S.LISTENING),
        E.PRESS: Move(S.BUTTON, (A.BEGIN,)),
        **_stay(S.UNWANTED, E.BREATH, E.NOISE, E.NOTHING),
        **_stay(S.UNWANTED, E.VOICE, E.COMPLETE, E.INCOMPLETE, E.LASTED, E.TIMEOUT, E.LIMIT, E.SOUND, E.SILENCE),
        **_stay(S.UNWANTED, E.END, E.DROP),
    },
}


class TurnMachine:
    """The table, with a clock that its caller moves.

    Attributes:
        state: where it is; since: when it came there, in seconds of the clock.
        sureness: how likely the turn sounded complete when it last paused.
    """

    def __init__(self, rules: TurnRules | None = None) -> None:
        self.rules = rules or TurnRules()
        self.state = State.LISTENING
        self.now = self.since = 0.0
        self.sureness = 1.0
        self._begun = 0.0  # when the turn did

    def handle(self, event: Event) -> tuple[Act, ...]:
        """Something has happened; what is to be done now, in this order."""
        move = TABLE[self.state][event]
        if move.state is not self.state:
            self.state, self.since = move.state, self.now
        if Act.BEGIN in move.acts:
            self._begun = self.now
        return move.acts

    def advance(self, now: float) -> tuple[Act, ...]:
        """It is that late now; what is due, if anything. The clock never goes back."""
        self.now = max(self.now, now)
        allowed = self.rules.deadline(self.state, self.sureness)
        if allowed is not None and self.now - self.since >= allowed - 1e-6:
            return self.handle(Event.TIMEOUT)
        if (
            self.state in (State.SPEAKING, State.BREATHING, State.PAUSING)
            and self.now - self._begun >= self.rules.longest
        ):
            return self.handle(Event.LIMIT)
        return ()
