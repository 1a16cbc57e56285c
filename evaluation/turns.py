"""Conversations of several turns: what the person told of themselves and asks for later, and what was never told.

Every case is asked twice, with and without the turn that tells it: only who remembers one and admits the other has
understood. No training of nano has a name, a topic or a wording of these.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

UNKNOWN = [r"(do|does|did) not (know|have)", r"(don't|doesn't) (know|have)", "not sure", "no idea", "never told",
           "not told", "cannot know", "can't know", "no information"]  # fmt: skip


@dataclass(frozen=True)
class Talk:
    """What the person says, turn by turn; the last one is the question. `answers`: beginnings of words, as in
    evaluation/questions.json, of which a right answer holds one; without `told` it holds one of UNKNOWN."""

    told: str
    between: list[str]
    question: str
    answers: list[str]

    def turns(self, told: bool) -> list[str]:
        """All of it, or without what it asks for."""
        return [*([self.told] if told else []), *self.between, self.question]


_NAMES = ["Olivia", "Bruno", "Hannah", "Daniel", "Sophie", "Leo", "Carla", "Edward", "Monica", "Felix"]
_PLACES = ["Munich", "Bristol", "Denver", "Naples", "Geneva", "Seattle", "Glasgow", "Warsaw"]
_COLORS = ["silver", "red", "green", "blue", "yellow", "black", "white", "orange"]
_THINGS = ["a lamp", "a coat", "a guitar", "a carpet", "some flowers", "two chairs", "a clock", "some butter"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_FORMS = [
    (_NAMES, "You can call me {}.", "Tell me my name, please."),
    (_NAMES, "My sister is called {}.", "What is my sister called?"),
    (_PLACES, "I was born in {}.", "Where was I born?"),
    (_COLORS, "I have a new bike. It is {}.", "What color does my bike have?"),
    (_THINGS, "I bought {} today.", "What have I bought?"),
    (_DAYS, "My exam is on {}.", "On which day is my exam?"),
]
_BETWEEN = ["What is the opposite of narrow?", "How many sides does a triangle have?", "What do cows drink?",
            "Is snow warm or cold?", "What is three plus three?", "Where do penguins live?"]  # fmt: skip


def talks(cases: int) -> list[Talk]:
    """The same in every run; none, one or two other questions lie between what is told and what is asked."""
    rng = random.Random(23)
    out = []
    for i in range(cases):
        values, told, question = _FORMS[i % len(_FORMS)]
        value = rng.choice(values)
        word = value.split()[-1].lower()
        out.append(Talk(told.format(value), rng.sample(_BETWEEN, i // len(_FORMS) % 3), question, [word]))
    return out
