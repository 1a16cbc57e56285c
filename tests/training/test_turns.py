"""What conversations of several turns teach: to remember what was told, and to say so when something never was."""

from __future__ import annotations

import random

from training.thinker.answers import HeldOut
from training.thinker.seen import case_of
from training.thinker.topics import TOPICS
from training.thinker.turns import UNKNOWN, conversation, texts, told_and_not

ORDINARY = [(f"What is {n} plus one?", f"{n} plus one is {n + 1}.") for n in range(20)]


def test_what_is_asked_was_told_before_or_is_not_known() -> None:
    topics = set()
    for seed in range(400):
        told, untold = told_and_not(random.Random(seed), ORDINARY)
        question = told[-1][0]
        (topic,) = (t for t in TOPICS if question in t.asked)
        topics.add(topic.unknown + topic.known)
        (tells,) = (said for said in told if said not in untold and said[0] != question)
        assert [e for e in told[:-1] if e != tells] == untold[:-1], "nothing else is different"
        (value,) = (v for v in topic.values if any(form.format(v) == tells[0] for form in topic.told))
        assert told[-1][1] == topic.known.format(value.replace("my ", "your "))
        assert untold[-1] == (question, topic.unknown)
        earlier = {said for said, _ in untold[:-1]}
        assert not [v for v in topic.values for form in topic.told if form.format(v) in earlier]
    assert len(topics) > 100


def test_a_question_belongs_to_one_topic() -> None:
    asked = [question for topic in TOPICS for question in topic.asked]
    assert len(asked) == len(set(asked))


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
