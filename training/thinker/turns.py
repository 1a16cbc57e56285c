"""Conversations of several turns: what is told and asked for later, what was said before, and what cannot be known.

None of the names, topics and wordings of evaluation/turns.py is among them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

Exchange = tuple[str, str]  # what the person says, and the reply


@dataclass(frozen=True)
class Topic:
    """Something about the person. `{}` stands for what it is."""

    values: list[str]
    told: list[str]
    reply: list[str]
    asked: list[str]
    known: str
    unknown: str


def _list(words: str) -> list[str]:
    return [word.replace("_", " ") for word in words.split()]


_NAMES = _list("""Anna Tom Peter Lucy Mary John Paul Emma David Laura Ben Alice Frank Helen Jack Julia Kate Mark Nora
Oscar Rose Sam Sarah Simon Susan Tim Martin Grace Henry Linda Robert Jane Philip Betty Walter Clara Victor Ruth""")
_COLORS = _list("red blue green yellow black white orange purple pink brown gray")
_PETS = _list("dog cat rabbit parrot hamster horse mouse goldfish turtle snake pony duck")
_CITIES = _list("""London Paris Berlin Madrid Rome Vienna Boston Chicago Dublin Tokyo Moscow Sydney Toronto Lisbon
Athens New_York Amsterdam Oslo Prague Cairo""")
_FOODS = _list("""pizza soup rice apples chocolate fish pancakes salad bananas cake noodles eggs potatoes
ice_cream strawberries chicken""")
_JOBS = _list("teacher doctor nurse farmer baker driver writer painter cook gardener pilot lawyer dentist singer")
_AGES = _list("""seven ten twelve sixteen twenty twenty-five thirty thirty-two forty forty-five fifty fifty-one sixty
seventy eighty""")
_ITEMS, _PLACES = _list("keys glasses shoes gloves books"), _list("""on_the_table in_the_kitchen under_the_bed
in_the_car by_the_door in_my_bag on_the_shelf in_the_garden""")

TOPICS = [
    Topic(_NAMES, ["My name is {}.", "I am {}.", "Hello, my name is {}."], ["Nice to meet you, {}.", "Hello {}."],
          ["What is my name?", "Do you remember my name?", "What am I called?"], "Your name is {}.",
          "I do not know your name."),
    Topic(_COLORS, ["My favorite color is {}.", "I like {} best."], ["{} is a nice color."],
          ["What is my favorite color?", "Which color do I like best?"], "Your favorite color is {}.",
          "I do not know your favorite color."),
    Topic(_PETS, ["I have a {}.", "I have a {} at home."], ["A {} is a good pet."],
          ["What pet do I have?", "Which animal do I have?"], "You have a {}.", "I do not know which pet you have."),
    Topic(_CITIES, ["I live in {}.", "I come from {}."], ["{} is a nice place."],
          ["Where do I live?", "Which city do I live in?", "Where do I come from?"], "You live in {}.",
          "I do not know where you live."),
    Topic(_FOODS, ["I like {}.", "My favorite food is {}."], ["Many people like {}."],
          ["What do I like to eat?", "What is my favorite food?"], "You like {}.", "I do not know what you like."),
    Topic(_JOBS, ["I am a {}.", "I work as a {}."], ["Being a {} is a good job."],
          ["What is my job?", "What do I work as?"], "You are a {}.", "I do not know your job."),
    Topic(_AGES, ["I am {} years old."], ["{} is a good age."], ["How old am I?", "What is my age?"],
          "You are {} years old.", "I do not know how old you are."),
    *(Topic(_PLACES, [f"My {item} are {{}}."], ["I will remember that."], [f"Where are my {item}?"],
            f"Your {item} are {{}}.", f"I do not know where your {item} are.") for item in _ITEMS),
]  # fmt: skip

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
    """Everything that a person says here, but for ordinary questions."""
    told = [form.format(value) for topic in TOPICS for form in topic.told for value in topic.values]
    asked = [question for topic in TOPICS for question in topic.asked]
    return list(dict.fromkeys([*told, *asked, *_AGAIN, *_ASKED, *_FIRST, *UNKNOWN]))


def conversation(rnd: random.Random, ordinary: Sequence[Exchange]) -> list[Exchange]:
    """Exchanges of which the last one's reply is to be learned; `ordinary` questions with their answers lie between."""
    before = rnd.sample(ordinary, rnd.randint(1, 3))
    kind = rnd.choices(["later", "told", "never told", "unknown", "again", "asked", "first", "ordinary"],
                       [0.34, 0.08, 0.1, 0.12, 0.1, 0.08, 0.04, 0.14])[0]  # fmt: skip
    question, reply = before[-1]
    if kind == "again":
        return [*before, (rnd.choice(_AGAIN), reply)]
    if kind == "asked":
        return [*before, (rnd.choice(_ASKED), _quoted(question))]
    if kind == "first":
        return [*before, (rnd.choice(_FIRST), _quoted(before[0][0]))]
    if kind == "ordinary":
        return before
    if kind == "unknown":
        return [*before[1:], rnd.choice(list(UNKNOWN.items()))]
    topic, other = rnd.sample(TOPICS, 2)
    if kind == "told":
        return [*before[1:], _told(topic, rnd.choice(topic.values), rnd)]
    if kind == "never told":
        between = [_told(other, rnd.choice(other.values), rnd)] if rnd.random() < 0.5 else before[:1]
        return [*between, *before[2:], (rnd.choice(topic.asked), topic.unknown)]
    value, said = rnd.choice(topic.values), before[1:]
    if rnd.random() < 0.5:
        said.append(_told(other, rnd.choice(other.values), rnd))
        rnd.shuffle(said)
    said.insert(rnd.randint(0, len(said)), _told(topic, value, rnd))
    return [*said, (rnd.choice(topic.asked), topic.known.format(_yours(value)))]


def _told(topic: Topic, value: str, rnd: random.Random) -> Exchange:
    reply = rnd.choice(topic.reply).format(value)
    return rnd.choice(topic.told).format(value), reply[0].upper() + reply[1:]


def _quoted(said: str) -> str:
    return f"You {'asked' if said.endswith('?') else 'said'}: {said}"


def _yours(value: str) -> str:
    return value.replace("my ", "your ")
