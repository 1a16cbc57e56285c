"""The table: complete, every state reached and left again, its promises kept whatever happens in whatever order."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.call.turn import TABLE, Act, Event, State, TurnMachine, TurnRules

RULES = TurnRules()
AHEAD = {State.BREATHING, State.PAUSING, State.GUESSING}
IN_TURN = {State.SPEAKING, State.BUTTON} | AHEAD
HELD = {State.HELD, State.HELD_EARLY, State.INSISTING}


def test_every_state_and_event_is_decided() -> None:
    assert {(state, event) for state, row in TABLE.items() for event in row} == {(s, e) for s in State for e in Event}


def reachable(begin: State) -> set[State]:
    found, new = {begin}, [begin]
    while new:
        for move in TABLE[new.pop()].values():
            if move.state not in found:
                found.add(move.state)
                new.append(move.state)
    return found


def test_every_state_is_reached_and_left_again() -> None:
    assert reachable(State.LISTENING) == set(State)
    for state in State:
        assert State.LISTENING in reachable(state), state


def after(*events: Event | float) -> tuple[State, list[Act]]:
    """What comes of events, and of seconds that go by between them, and the acts of the last one."""
    machine, acts = TurnMachine(), ()
    for event in events:
        acts = machine.handle(event) if isinstance(event, Event) else machine.advance(machine.now + event)
    return machine.state, list(acts)


ASKED = (Event.VOICE, Event.BREATH, Event.PAUSE)
ANSWERED = (*ASKED, Event.COMPLETE, 0.3, Event.SOUND)

STORIES: list[tuple[str, tuple[Event | float, ...], State, list[Act]]] = [
    ("a voice", (Event.VOICE,), State.SPEAKING, [Act.BEGIN]),
    ("a breath", ASKED[:2], State.BREATHING, [Act.GUESS]),
    ("a breath between two words", (*ASKED[:2], Event.VOICE), State.SPEAKING, [Act.TAKE_BACK]),
    ("a pause", ASKED, State.PAUSING, [Act.ASK]),
    ("that sounds complete", (*ASKED, Event.COMPLETE), State.GUESSING, []),
    ("and is", (*ASKED, Event.COMPLETE, 0.3), State.THINKING, [Act.ANSWER]),
    ("and is not", (*ASKED, Event.COMPLETE, 0.1, Event.VOICE), State.SPEAKING, [Act.TAKE_BACK]),
    ("a slow speaker", (*ASKED, Event.INCOMPLETE, 1.0, Event.VOICE), State.SPEAKING, [Act.TAKE_BACK]),
    ("who is done after all", (*ASKED, Event.INCOMPLETE, 1.3), State.THINKING, [Act.ANSWER]),
    ("a second thought before the answer", (*ASKED, Event.COMPLETE, 0.3, Event.VOICE), State.SPEAKING, [Act.TAKE_BACK]),
    ("a second thought as it begins", (*ANSWERED, Event.NOISE, Event.LASTED), State.SPEAKING, [Act.TAKE_BACK]),
    ("a voice over the answer that nobody makes", (*ANSWERED, 1.5, Event.VOICE), State.ANSWERING, []),
    ("a voice over it that was overlooked", (*ANSWERED, 1.5, Event.VOICE, Event.LASTED), State.HELD, [Act.HOLD]),
    ("a noise over the answer", (*ANSWERED, 1.5, Event.NOISE), State.HELD, [Act.HOLD]),
    ("that is a voice", (*ANSWERED, 1.5, Event.NOISE, Event.VOICE), State.HELD, []),
    ("that is none", (*ANSWERED, 1.5, Event.NOISE, Event.NOTHING), State.ANSWERING, [Act.CARRY_ON]),
    ("a noise while somebody speaks", (Event.VOICE, Event.NOISE), State.SPEAKING, []),
    ("that lasts", (*ANSWERED, 1.5, Event.NOISE, Event.VOICE, Event.LASTED), State.SPEAKING, [Act.BEGIN]),
    ("an mhm", (*ANSWERED, 1.5, Event.NOISE, Event.VOICE, Event.PAUSE), State.CARRYING_ON, [Act.CARRY_ON]),
    ("and the answer goes on", (*ANSWERED, 1.5, Event.NOISE, Event.VOICE, Event.PAUSE, 3.0), State.ANSWERING, []),
    (
        "stop, stop",
        (*ANSWERED, 1.5, Event.NOISE, Event.VOICE, Event.PAUSE, 0.5, Event.NOISE),
        State.INSISTING,
        [Act.HOLD],
    ),
    ("the answer is over", (*ANSWERED, 1.5, Event.SILENCE), State.LISTENING, []),
    ("done, by hand", (Event.VOICE, Event.END), State.UNWANTED, [Act.ANSWER]),
    ("what is said after that is nobody's", (Event.VOICE, Event.END, Event.SOUND, Event.VOICE), State.UNWANTED, []),
    ("muted in mid-sentence", (Event.VOICE, Event.DEAF), State.LISTENING, [Act.ANSWER]),
    ("a talk that does not end", (Event.VOICE, 121.0), State.THINKING, [Act.ANSWER]),
    ("the button", (Event.PRESS, Event.VOICE, 500.0, Event.END), State.LISTENING, [Act.ANSWER]),
]


@pytest.mark.parametrize(("events", "state", "acts"), [s[1:] for s in STORIES], ids=[s[0] for s in STORIES])
def test_story(events: tuple[Event | float, ...], state: State, acts: list[Act]) -> None:
    assert after(*events) == (state, acts)


class AnyCall(RuleBasedStateMachine):
    """Whatever happens, in whatever order and at whatever pace."""

    def __init__(self) -> None:
        super().__init__()
        self.machine = TurnMachine()
        self.turn = False  # begun and not ended, as those who are told of acts see it
        self.held = False
        self.guessed = False
        self.answerable = False  # there is a turn whose answer may still be taken back
        self.events: list[object] = []

    def do(self, acts: Iterable[Act]) -> None:
        for act in acts:
            match act:
                case Act.BEGIN:
                    assert not self.turn, "a turn begins within a turn"
                    self.turn, self.held, self.answerable = True, False, False
                case Act.GUESS:
                    assert self.turn and not self.guessed
                    self.guessed = True
                case Act.TAKE_BACK:
                    assert self.guessed or self.answerable, "there is nothing to take back"
                    self.turn, self.guessed, self.held, self.answerable = True, False, False, False
                case Act.ANSWER:
                    assert self.turn, "a turn ends that never began"
                    self.turn, self.guessed, self.answerable = False, False, True
                case Act.HOLD:
                    assert not self.held
                    self.held = True
                case Act.CARRY_ON:
                    assert self.held
                    self.held = False

    @rule(event=st.sampled_from([e for e in Event if e not in (Event.TIMEOUT, Event.LIMIT)]))
    def happen(self, event: Event) -> None:
        dropped = event is Event.DROP and self.machine.state in IN_TURN
        self.do(self.machine.handle(event))
        if dropped:  # whoever drops a turn knows
            self.turn = self.guessed = False

    @rule(seconds=st.sampled_from([0.03, 0.25, 0.6, 2.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.do(self.machine.advance(self.machine.now + seconds))

    @invariant()
    def turn_is_on_where_the_state_says_so(self) -> None:
        assert self.turn == (self.machine.state in IN_TURN)
        assert self.guessed == (self.machine.state in AHEAD)

    @invariant()
    def loudspeaker_is_held_only_while_it_is_unclear_what_is_heard(self) -> None:
        assert self.held == (self.machine.state in HELD)

    @invariant()
    def silence_leads_home(self) -> None:
        """From wherever it is: nobody speaks, nothing plays, nothing is expected, and soon it listens again."""
        machine = TurnMachine()
        machine.state, machine.now, machine.since = self.machine.state, self.machine.now, self.machine.since
        if machine.state is State.BUTTON:
            machine.handle(Event.END)
        for _ in range(60):
            machine.advance(machine.now + 0.1)
            machine.handle(Event.PAUSE)
            machine.handle(Event.INCOMPLETE)
            machine.handle(Event.SILENCE)
        assert machine.state is State.LISTENING


TestAnyCall = AnyCall.TestCase
TestAnyCall.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
