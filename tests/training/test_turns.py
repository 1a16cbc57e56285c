"""What conversations of several turns teach: to remember what was told, and to say so when something never was."""

from __future__ import annotations

import random

from training.thinker.answers import HeldOut
from training.thinker.seen import case_of
from training.thinker.turns import TOPICS, UNKNOWN, conversation, texts

ORDINARY = [(f"What is {n} plus one?", f"{n} plus one is {n + 1}.") for n in range(20)]


def test_what_is_asked_was_told_before_or_is_not_known() -> None:
    remembered = untold = 0
    for seed in range(400):
        *before, (question, reply) = conversation(random.Random(seed), ORDINARY)
        topic = next((t for t in TOPICS if question in t.asked), None)
        if topic is None:
            continue
        told = [said for said, _ in before]
        mine = [value for value in topic.values if any(form.format(value) in told for form in topic.told)]
        if reply == topic.unknown:
            untold += 1
            assert not mine, (before, question)
        else:
            remembered += 1
            (value,) = mine
            assert value.removeprefix("in my ") in reply
    assert remembered > 80 and untold > 20


def test_what_was_said_is_said_again() -> None:
    talks = [conversation(random.Random(seed), ORDINARY) for seed in range(400)]
    again = [talk for talk in talks if talk[-1][0] == "Say that again."]
    first = [talk for talk in talks if talk[-1][0] == "What did I say first?"]
    assert again and all(talk[-1][1] == talk[-2][1] for talk in again)
    assert first and all(talk[-1][1].endswith(talk[0][0]) for talk in first)


def test_nothing_of_it_is_held_out() -> None:
    held = HeldOut()
    assert not [text for text in [*texts(), *UNKNOWN] if text in held]


def test_a_case_is_the_same_for_the_same_seed() -> None:
    """A clip of its question is made long before its picture is drawn again."""
    for kind in ("still", "film", "bell"):
        first, again, other = case_of(kind, 5), case_of(kind, 5), case_of(kind, 6)
        assert first.question == again.question and (first.frames == again.frames).all()
        assert first.frames.shape != other.frames.shape or (first.frames != other.frames).any()
        assert (first.bell is not None) == (kind == "bell")
