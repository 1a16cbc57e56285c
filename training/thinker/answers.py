"""Correct short answers to the questions of `training.data.questions`, where a table or a sum can tell them.

The pretrained Thinker rambles; these pairs teach it to answer in one short sentence that repeats what was asked. No
held-out question has a part in this: a question is left out if it contains all the telling words of one of them, so
that paraphrases are left out as well.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

from training.data.question_words import LISTS, PLURALS
from training.data.questions import held_out
from training.thinker import facts as f

_EMPTY = set("""a an the is are was were be do does did of in on at to for from with and or what which who where when
why how it its you your i my me we they people can could please tell name something call called another use used
get go make made there this that have has many much know would like whats""".split())
_SINGULAR = {v: k for k, v in PLURALS.items()}
_NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen""".split()
_TENS = ["_", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_MONTHS, _DAYS = LISTS["month"], LISTS["weekday"]
_SEASONS = ["spring", "summer", "autumn", "winter"]
EVERYDAY_PAIRS = Path(__file__).parents[1] / "data" / "everyday_pairs.txt"
Rule = Callable[..., str | None]


def telling(question: str) -> frozenset[str]:
    """The words that carry a question's meaning, plurals cut."""
    words = re.sub(r"[^a-z ]", "", question.lower().replace("-", " ")).split()
    return frozenset(w.rstrip("s") or w for w in words if w not in _EMPTY)


class HeldOut:
    """Tells whether a question is, or says the same as, a held-out one."""

    def __init__(self) -> None:
        self._sets = [s for s in map(telling, held_out()) if s]

    def __contains__(self, question: str) -> bool:
        words = telling(question)
        return any(s <= words if len(s) > 1 else s == words for s in self._sets)


def words_of(n: int) -> str:
    """A whole number from -99 to 9999 in words."""
    if n < 0:
        return "minus " + words_of(-n)
    if n < 20:
        return _NUMBERS[n]
    if n < 100:
        return _TENS[n // 10] + ("-" + _NUMBERS[n % 10] if n % 10 else "")
    if n < 1000:
        return ("a" if n < 200 else words_of(n // 100)) + " hundred" + (" and " + words_of(n % 100) if n % 100 else "")
    return words_of(n // 1000) + " thousand" + (" " + words_of(n % 1000) if n % 1000 else "")


_VALUE = {words_of(n): n for n in range(101)}


def _one(animal: str) -> str:
    """Singular of an animal."""
    animal = animal.lower()
    if animal in _SINGULAR:
        animal = _SINGULAR[animal]
    return animal[:-1] if animal.endswith("s") and animal[:-1] in LISTS["animal"] else animal


def with_article(word: str) -> str:
    """With the article that its first sound asks for: an umbrella, a unicorn."""
    return ("an " if re.match(r"[aeio]|u(?!ni|ku|se|te)", word.lower()) else "a ") + word


def _next(items: list[str], item: str, step: int) -> str | None:
    return items[(items.index(item) + step) % len(items)] if item in items else None


def _sum(a: str, sign: str, b: str) -> str | None:
    if a not in _VALUE or b not in _VALUE:
        return None
    x, y = _VALUE[a], _VALUE[b]
    sign = "plus" if sign == "and" else sign
    value = {"plus": x + y, "minus": x - y, "times": x * y}[sign]
    return f"{a} {sign} {b} is {words_of(value)}."


def _compare(order: list[str], word: str) -> Rule:
    def rule(a: str, b: str) -> str | None:
        if a not in order or b not in order or abs(order.index(a) - order.index(b)) < 4:
            return None
        first, second = (a, b) if order.index(a) > order.index(b) else (b, a)
        return f"{with_article(first)} is {word} than {with_article(second)}."
    return rule


def _seasonal(month: str) -> str:
    return _SEASONS[(_MONTHS.index(month) - 2) % 12 // 3]


def _days(month: str) -> str:
    if month == "February":
        return "twenty-eight"
    return "thirty" if month in ("April", "June", "September", "November") else "thirty-one"


def _yes(true: bool, yes: str, no: str) -> str:
    return f"Yes, {yes}." if true else f"No, {no}."


def _count(a: str, b: str) -> str | None:
    if a not in _VALUE or b not in _VALUE or abs(_VALUE[a] - _VALUE[b]) > 12:
        return None
    x, y = _VALUE[a], _VALUE[b]
    step = 1 if y >= x else -1
    return ", ".join(words_of(n) for n in range(x, y + step, step)) + "."


def _several(number: str, kind: str) -> str | None:
    items = [x for x in f.MEMBERS.get(re.sub(r"ie$", "y", kind), "").split(",") if x]
    count = _VALUE.get(number, 9)
    if count > len(items):
        return None
    items = items[:count]
    return (", ".join(items[:-1]) + " and " + items[-1] if count > 1 else items[0]) + "."


def _legs(animal: str) -> str | None:
    count = f.LEGS.get(animal)
    return None if count is None else f"{with_article(animal)} has {words_of(count) if count else 'no'} legs."


def _member(kind: str) -> str | None:
    return random.Random(kind).choice(f.MEMBERS[kind].split(",")) + "." if kind in f.MEMBERS else None


def _colored(color: str, kind: str) -> str | None:
    thing = f.COLORED.get(f"{color} {kind}")
    return f"{thing} is {color}." if thing else None


def _star_or_planet(name: str) -> str | None:
    kind = "a star" if "sun" in name else "a moon" if "moon" in name else "a planet"
    return f"{name} is {kind}." if name.lower() in f.PLANETS else None


def _got(table: dict, form: str, change: Callable[[str], str] = lambda x: x.lower()) -> Rule:
    """A rule that puts the asked word {q} and its entry {a} into a sentence."""
    def rule(word: str) -> str | None:
        entry = table.get(change(word))
        return None if entry is None else form.format(q=word, a=entry, A=with_article(word))
    return rule


RULES: list[tuple[str, Rule]] = [
    (r"(?:What is|What's|Which city is|Tell me|Do you know) the capital (?:city )?of (.+)",
     _got(f.CAPITAL, "The capital of {q} is {a}.")),
    (r"What language do people speak in (.+)", _got(f.LANGUAGE, "People in {q} speak {a}.")),
    (r"Which language is spoken in (.+)", _got(f.LANGUAGE, "{a} is spoken in {q}.")),
    (r"(?:Which continent is (.+) in|On which continent is (.+))", _got(f.CONTINENT, "{q} is in {a}.")),
    (r"Where is (.+)", lambda x: _got(f.CITY, "{q} is in {a}.")(x) or _got(f.CONTINENT, "{q} is in {a}.")(x)),
    (r"(?:In which country is (.+)|Could you tell me where (.+) is)", _got(f.CITY, "{q} is in {a}.")),
    (r"(?:What money is used in (.+)|What is the currency of (.+))", _got(f.MONEY, "The money of {q} is {a}.")),
    (r"Is (.+) the capital of (.+)", lambda a, b: None if b.lower() not in f.CAPITAL else _yes(
        f.CAPITAL[b.lower()] == a, f"{a} is the capital of {b}", f"the capital of {b} is {f.CAPITAL[b.lower()]}")),
    (r"(?:What is|What's|Tell me) the opposite of (.+)", _got(f.OPPOSITE, "The opposite of {q} is {a}.")),
    (r"(?:Give me|What is) another word for (.+)", _got(f.SYNONYM, "Another word for {q} is {a}.")),
    (r"What does (\w+) mean", _got(f.SYNONYM, "{q} means {a}.")),
    (r"What color is ((?:an? )?.+)", _got(f.COLOR, "{q} is {a}.", lambda x: re.sub("^an? ", "", x.lower()))),
    (r"What color do you get when you mix (\w+) and (\w+)", lambda a, b: f"{a} and {b} make {f.MIX[frozenset((a, b))]}."
     if frozenset((a, b)) in f.MIX else (f"{a} and {b} make {a}." if a == b else None)),
    (r"What sound does an? (\w+) make", _got(f.SOUND, "{A} {a}.")),
    (r"What (?:do|does) (?:an? )?(\w+) eat", lambda x: _got(
        f.EATS, "{q} eat {a}." if _one(x) != x.lower() else "{A} eats {a}.", _one)(x)),
    (r"Where do (\w+) live", _got(f.LIVES, "{q} live {a}.", _one)),
    (r"(?:What is a baby (\w+) called|What do you call a baby (\w+))", _got(f.BABY, "A baby {q} is called a {a}.")),
    (r"How many legs does an? (\w+) have", _legs),
    (r"How many wheels does an? (\w+) have", _got(f.WHEELS, "{A} has {a} wheels.")),
    (r"Which is bigger, an? (\w+) or an? (\w+)", _compare(f.SIZE, "bigger")),
    (r"Which animal is big, an? (\w+) or an? (\w+)", _compare(f.SIZE, "bigger")),
    (r"Which is faster, an? (\w+) or an? (\w+)", _compare(f.SPEED, "faster")),
    (r"Is an? (\w+) a mammal", lambda x: None if x not in f.LEGS else _yes(
        x in f.MAMMALS, f"{with_article(x)} is a mammal", f"{with_article(x)} is not a mammal")),
    (r"Is an? (\w+) a bird or an insect", lambda x: f"{with_article(x)} is {'a bird' if x in f.BIRDS else 'an insect'}."
     if x in f.BIRDS | f.INSECTS else None),
    (r"Can an? (\w+) fly", lambda x: None if x not in f.LEGS else _yes(
        x in f.FLIERS, f"{with_article(x)} can fly", f"{with_article(x)} cannot fly")),
    (r"Do (\w+) lay eggs", lambda x: None if _one(x) not in f.LEGS else _yes(
        _one(x) in f.EGG_LAYERS, f"{x} lay eggs", f"{x} do not lay eggs")),
    (r"What is an? (.+) (?:used for|good for)", _got(f.USED_FOR, "{A} is used for {a}.")),
    (r"What do you do with an? (.+)", _got(f.USED_FOR, "{A} is for {a}.")),
    (r"(?:What is|Please explain what) an? (\w+)(?: is)?", _got(f.USED_FOR, "{A} is a thing for {a}.")),
    (r"What is an? (.+) made of", _got(f.MADE_OF, "{A} is made of {a}.")),
    (r"What is (.+) made from", _got(f.FROM, "{q} is made from {a}.")),
    (r"Is (\w+) a fruit or a vegetable", lambda x: f"{with_article(x)} is a {'fruit' if x in f.FRUIT else 'vegetable'}."
     if x in f.FRUIT | f.VEGETABLE else None),
    (r"(?:Can you name|Name) an? (\w+) (.+)", lambda color, kind: _colored(color, kind)),
    (r"Can you name an? (.+) that is (\w+)", lambda kind, color: _colored(color, kind)),
    (r"Name an? (.+)", _member),
    (r"Name (\w+) (.+)s", _several),
    (r"(?:What is|How much is) (\w[\w -]*) (plus|minus|times|and) (\w[\w -]*)", _sum),
    (r"Is (\w[\w -]*) bigger than (\w[\w -]*)", lambda a, b: None if a not in _VALUE or b not in _VALUE else _yes(
        _VALUE[a] > _VALUE[b], f"{a} is bigger than {b}", f"{a} is not bigger than {b}")),
    (r"Count from (\w+) to ([\w -]+)", _count),
    (r"What number comes (after|before) ([\w -]+)", lambda side, x: None if x not in _VALUE else
        f"{words_of(_VALUE[x] + (1 if side == 'after' else -1))} comes {side} {x}."),
    (r"Which month comes after (\w+)", lambda x: f"{_next(_MONTHS, x, 1)} comes after {x}."),
    (r"Which month comes before (\w+)", lambda x: f"{_next(_MONTHS, x, -1)} comes before {x}."),
    (r"Wh\w+ day comes after (\w+)", lambda x: f"{_next(_DAYS, x, 1)} comes after {x}."),
    (r"Wh\w+ day comes before (\w+)", lambda x: f"{_next(_DAYS, x, -1)} comes before {x}."),
    (r"Which season comes after (\w+)",
     lambda x: f"{_next(_SEASONS, x.replace('fall', 'autumn'), 1)} comes after {x}."),
    (r"In which season is (\w+)", lambda x: f"{x} is in {_seasonal(x)}."),
    (r"How many days are in (\w+)", lambda x: f"{x} has {_days(x)} days." if x in _MONTHS else None),
    (r"How many (\w+) do people have", _got(f.PARTS, "People have {a} {q}.")),
    (r"(?:What are (\w+) for|What do you do with your (\w+))", _got(f.PART_USE, "You use your {q} to {a}.")),
    (r"Who invented (.+)", _got(f.INVENTED, "{q} was invented by {a}.")),
    (r"Who wrote (.+)", _got(f.WROTE, "{a} wrote {q}.")),
    (r"(?:Who was (.+)|Why is (.+) famous)", _got(f.PERSON, "{q} was {a}.")),
    (r"What does an? (\w+) do", _got(f.DOES, "{A} {a}.")),
    (r"Where does an? (\w+) work", _got(f.WORKS, "{A} works {a}.")),
    (r"(?:What do you use to|What do I need to) (.+)", _got(f.TOOL, "You use {a} to {q}.")),
    (r"Where do you go to (.+)", _got(f.PLACE, "You go to {a} to {q}.")),
    (r"What do you do when you are (\w+)", _got(f.FEELING, "When you are {q}, you {a}.")),
    (r"Is (.+) a star or a planet", _star_or_planet),
    (r"What is (.+) made of", _got(f.PLANETS, "{q} is made of {a}.")),
    (r"Is (\w+) hard or soft", _got(f.HARD, "{q} is {a}.")),
    (r"Can you (.+)", lambda x: f"I cannot {x}, but I can tell you about it." if x in LISTS["doing"] else None),
    (r"Where did I put my (\w+)", lambda x: f"I do not know where you put your {x}."),
]
RULES = [(re.compile(pattern + r"[?.]"), rule) for pattern, rule in RULES]  # type: ignore[misc]


def answer(question: str) -> str | None:
    """A correct short answer, or None if no rule knows one."""
    for pattern, rule in RULES:
        match = pattern.fullmatch(question)  # type: ignore[attr-defined]
        if match:
            text = rule(*(g for g in match.groups() if g is not None))
            if text:
                return text[0].upper() + text[1:]
    return None


def everyday() -> dict[str, str]:
    """Question -> answer about everyday life, written for this project; no relation of a held-out question."""
    lines = EVERYDAY_PAIRS.read_text(encoding="utf-8").splitlines()
    held = HeldOut()
    return {question: text for question, _, text in (line.partition("|") for line in lines) if question not in held}


def pairs(questions: list[str]) -> dict[str, str]:
    """Question -> correct answer, for all that have one and are no relation of a held-out question."""
    held = HeldOut()
    found = ((q, answer(q)) for q in questions)
    return {q: a for q, a in found if a and q not in held}
