"""The turn machine: which probabilities begin a turn, which end it, and what a cut turn does to the voice behind it."""

from __future__ import annotations

import random

import pytest

from app.call.turn import TurnChange, TurnMachine, TurnRules
from app.call.vad import FRAME_SECONDS

VOICE, SILENCE = 0.9, 0.05


def frames(seconds: float) -> int:
    return round(seconds / FRAME_SECONDS)


def feed(machine: TurnMachine, probability: float, seconds: float) -> list[TurnChange]:
    return [change for _ in range(frames(seconds)) if (change := machine.push(probability)) is not None]


def test_turn_begins_with_the_third_voiced_frame_and_ends_after_the_silence() -> None:
    machine = TurnMachine()
    assert [machine.push(VOICE) for _ in range(3)] == [None, None, TurnChange.STARTED]
    feed(machine, VOICE, 1.0)
    quiet = 0
    while machine.speaking:
        machine.push(SILENCE)
        quiet += 1
    assert quiet * FRAME_SECONDS == pytest.approx(TurnRules().end_silence, abs=FRAME_SECONDS)


def test_click_and_cough_begin_nothing() -> None:
    machine = TurnMachine()
    for _ in range(20):
        assert feed(machine, VOICE, 2 * FRAME_SECONDS) == []
        assert feed(machine, SILENCE, 0.1) == []


def test_pause_within_a_sentence_does_not_end_it() -> None:
    machine = TurnMachine()
    feed(machine, VOICE, 0.5)
    for _ in range(5):
        assert feed(machine, SILENCE, 0.45) == []
        assert feed(machine, VOICE, 0.2) == []
    assert machine.speaking


def test_trailing_off_is_still_speaking() -> None:
    machine = TurnMachine()
    feed(machine, VOICE, 0.5)
    assert feed(machine, 0.4, 3.0) == []  # not enough to begin, enough to go on
    assert machine.speaking


def test_longest_turn_ends() -> None:
    machine = TurnMachine(TurnRules(longest=2.0))
    assert feed(machine, VOICE, 2.15) == [TurnChange.STARTED, TurnChange.ENDED]


def test_cut_turn_needs_a_silence_before_the_next() -> None:
    machine = TurnMachine()
    feed(machine, VOICE, 0.5)
    machine.cut()
    assert not machine.speaking
    assert feed(machine, VOICE, 2.0) == []
    machine.reset()  # an answer that was played meanwhile does not make the voice wanted
    assert feed(machine, VOICE, 0.5) == []
    assert feed(machine, SILENCE, 0.4) == [] and feed(machine, VOICE, 0.5) == []  # the breath between two words
    assert feed(machine, SILENCE, 0.7) == []
    assert feed(machine, VOICE, 0.2) == [TurnChange.STARTED]


def test_starts_and_ends_alternate_whatever_comes() -> None:
    rolled = random.Random(3)
    for _ in range(50):
        machine, told = TurnMachine(), []
        for _ in range(400):
            if rolled.random() < 0.01:
                if machine.speaking:
                    told.append(TurnChange.ENDED)  # the listener tells of it
                machine.cut()
            if (change := machine.push(rolled.choice((0.0, 0.2, 0.4, 0.6, 1.0)))) is not None:
                told.append(change)
        expected = [TurnChange.STARTED, TurnChange.ENDED] * len(told)
        assert told == expected[: len(told)]
