"""Conversations of several turns: what is told and asked for later, what was said before, and what cannot be known.

None of the names, topics and wordings of evaluation/turns.py is among them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from training.thinker.topics import TOPICS, Topic

Exchange = tuple[str, str]  # what the person says, and the reply
EACH = 8  # values of a topic that are said aloud

_AGAIN = ["Say that again.", "Can you repeat that?", "What did you say?", "Pardon?", "Please repeat your answer.",
          "I did not understand you."]  # fmt: skip
_ASKED = ["What did I say?", "What did I ask you?", "What was my question?", "What were my last words?"]
_FIRST = ["What did I say first?", "What was my first question?", "What did I ask first?"]

UNKNOWN = {
    "What did I eat yesterday?": "I do not know what you ate yesterday.",
    "What did I eat for lunch?": "I do not know what you ate for lunch.",
    "What did I do last summer?": "I do not know what you did last summer.",
    "Where did I go yesterday?": "I do not know where you went yesterday.",
    "Who called me this morning?": "I do not know who called you this morning.",
    "What is my phone number?": "I do not know your phone number.",
    "What is my address?": "I do not know your address.",
    "When is my birthday?": "I do not know when your birthday is.",
    "What is the time now?": "I do not know what time it is now.",
    "What day is it today?": "I do not know what day it is today.",
    "What is the date today?": "I do not know the date today.",
    "Will it rain tomorrow?": "I do not know if it will rain tomorrow.",
    "What is the weather like today?": "I do not know what the weather is like today.",
    "How warm is it outside?": "I do not know how warm it is outside.",
    "Who won the game last night?": "I do not know who won the game last night.",
    "What is in the news today?": "I do not know what is in the news today.",
    "What is behind the door?": "I do not know what is behind the door.",
    "What am I thinking of?": "I do not know what you are thinking of.",
    "What is in my pocket?": "I do not know what is in your pocket.",
    "What is in my bag?": "I do not know what is in your bag.",
    "Who is at the door?": "I do not know who is at the door.",
    "How much money do I have?": "I do not know how much money you have.",
    "How tall am I?": "I do not know how tall you are.",
    "What does my house look like?": "I do not know what your house looks like.",
    "What is my dog called?": "I do not know what your dog is called.",
    "What is my brother's name?": "I do not know your brother's name.",
    "Who is my best friend?": "I do not know who your best friend is.",
    "Where is my wallet?": "I do not know where your wallet is.",
    "Where did I park my car?": "I do not know where you parked your car.",
    "What will I dream of tonight?": "I do not know what you will dream of.",
    "Which numbers will win the lottery?": "I do not know which numbers will win.",
    "What did my teacher say?": "I do not know what your teacher said.",
    "What color is my car?": "I do not know what color your car is.",
    "What color is my shirt?": "I do not know what color your shirt is.",
    "How many people live in my house?": "I do not know how many people live in your house.",
    "When does my train leave?": "I do not know when your train leaves.",
    "What is on television tonight?": "I do not know what is on television tonight.",
    "How much did my shoes cost?": "I do not know how much your shoes cost.",
    "What is the score of the match?": "I do not know the score of the match.",
    "Who is the man next door?": "I do not know who the man next door is.",
    "What happened at school today?": "I do not know what happened at school today.",
}


def texts() -> list[str]:
    """Everything that a person says here aloud, but for ordinary questions."""
    rnd = random.Random(5)
    told = [form.format(value) for topic in TOPICS for form in topic.told
            for value in rnd.sample(topic.values, min(EACH, len(topic.values)))]  # fmt: skip
    asked = [question for topic in TOPICS for question in topic.asked]
    return list(dict.fromkeys([*told, *asked, *_AGAIN, *_ASKED, *_FIRST, *UNKNOWN]))


def conversations(rnd: random.Random, ordinary: Sequence[Exchange], number: int) -> list[list[Exchange]]:
    """So many, of which the last reply is to be learned; two thirds are pairs of which one tells what both ask for."""
    out: list[list[Exchange]] = []
    while len(out) < number:
        out += told_and_not(rnd, ordinary) if rnd.random() < 0.5 else [conversation(rnd, ordinary)]
    return out[:number]


def told_and_not(rnd: random.Random, ordinary: Sequence[Exchange]) -> list[list[Exchange]]:
    """The same question behind the same turns, once with and once without the one that answers it. Mostly something
    like it is told in both, so that only reading on can tell."""
    topic = rnd.choice(TOPICS)
    said = rnd.sample(ordinary, rnd.choice((0, 0, 1, 1, 2)))
    kin = [other for other in TOPICS if other.kin == topic.kin and other is not topic] if topic.kin else []
    for _ in range(rnd.choice((0, 1, 1, 2))):
        other = rnd.choice(kin if kin and rnd.random() < 0.6 else TOPICS)
        if not set(other.asked) & set(topic.asked) and other is not topic:
            said.append(_told(other, rnd.choice(other.values), rnd))
    rnd.shuffle(said)
    value, question = rnd.choice(topic.values), rnd.choice(topic.asked)
    at = rnd.randint(0, len(said))
    told = [*said[:at], _told(topic, value, rnd), *said[at:]]
    known = topic.known.format(_yours(value))
    return [[*told, (question, known)], [*said, (question, topic.unknown)]]


def conversation(rnd: random.Random, ordinary: Sequence[Exchange]) -> list[Exchange]:
    """One of another kind: what nobody can know, what was said before, what is told now, and ordinary questions."""
    before = rnd.sample(ordinary, rnd.randint(1, 3))
    kind = rnd.choices(["told", "unknown", "again", "asked", "first", "ordinary"],
                       [0.14, 0.22, 0.18, 0.14, 0.07, 0.25])[0]  # fmt: skip
    question, reply = before[-1]
    if kind == "again":
        return [*before, (rnd.choice(_AGAIN), reply)]
    if kind == "asked":
        return [*before, (rnd.choice(_ASKED), _quoted(question))]
    if kind == "first":
        return [*before, (rnd.choice(_FIRST), _quoted(before[0][0]))]
    if kind == "unknown":
        return [*before[1:], rnd.choice(list(UNKNOWN.items()))]
    if kind == "told":
        topic = rnd.choice(TOPICS)
        return [*before[1:], _told(topic, rnd.choice(topic.values), rnd)]
    return before


def _told(topic: Topic, value: str, rnd: random.Random) -> Exchange:
    reply = rnd.choice(topic.reply).format(value)
    return rnd.choice(topic.told).format(value), reply[0].upper() + reply[1:]


def _quoted(said: str) -> str:
    return f"You {'asked' if said.endswith('?') else 'said'}: {said}"


def _yours(value: str) -> str:
    return value.replace("my ", "your ")
