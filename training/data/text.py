"""Sentences for the voice to learn from: WordNet's usage examples and glosses, and assistant-like templates.

WordNet (its licence allows any use with attribution) gives tens of thousands of varied short sentences; the
templates give the phrases an assistant says all the time. Everything is seeded and ends up in one shuffled list,
so any prefix of it is representative.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator
from pathlib import Path

WORDNET = Path("/usr/share/wordnet")
MAX_WORDS = 14
TEST_PERCENT = 2

CAPITALS = """France Paris|Spain Madrid|Italy Rome|Germany Berlin|Japan Tokyo|China Beijing|Russia Moscow|Egypt Cairo
Greece Athens|Portugal Lisbon|England London|Ireland Dublin|Norway Oslo|Sweden Stockholm|Denmark Copenhagen
Finland Helsinki|Poland Warsaw|Austria Vienna|Hungary Budapest|Canada Ottawa|Cuba Havana|Peru Lima|Chile Santiago
Kenya Nairobi|India Delhi|Thailand Bangkok|Turkey Ankara|Belgium Brussels|Switzerland Bern|Scotland Edinburgh
Australia Canberra|Argentina Buenos Aires|Iceland Reykjavik|Vietnam Hanoi|South Korea Seoul|Iran Tehran
Iraq Baghdad|Nigeria Abuja|Ukraine Kyiv|Mexico Mexico City|Brazil Brasilia|New Zealand Wellington
the United States Washington|the Netherlands Amsterdam|Morocco Rabat|Israel Jerusalem|Colombia Bogota"""
OPPOSITES = """hot cold|big small|up down|left right|fast slow|day night|black white|good bad|happy sad|rich poor
old new|young old|early late|open closed|hard soft|wet dry|full empty|high low|strong weak|light dark|long short
near far|easy difficult|loud quiet|clean dirty|thick thin|wide narrow|deep shallow|true false|heavy light
inside outside|win lose|love hate|begin end|before after|push pull|buy sell|laugh cry|sweet sour|cheap expensive"""
THINGS = """apple banana cherry lemon grass sky sea snow coal blood rose tomato carrot sun moon fire leaf milk egg
chocolate frog swan crow elephant strawberry orange pumpkin cloud night wheat ocean forest desert"""
COLOURS = "red green blue yellow white black brown grey orange purple pink silver gold turquoise violet".split()
ANIMALS = """cat dog horse cow sheep pig goat lion tiger elephant giraffe monkey bear wolf fox rabbit mouse rat
frog snake eagle owl duck goose chicken penguin whale dolphin shark spider bee ant butterfly camel kangaroo
zebra crocodile turtle parrot squirrel""".split()
NOUNS = """bread water coffee tea sugar salt music book film story song house garden car train bicycle computer phone
camera clock window door table chair bed kitchen school teacher student doctor nurse friend family mother father
brother sister child baby city village street river mountain lake island beach weather rain wind storm summer
winter spring autumn morning evening night week month year money work game picture letter word sentence question
answer problem idea language history science nature planet star earth moon sun energy light sound heart brain
hand face eye ear foot health food breakfast lunch dinner recipe""".split()
ADJECTIVES = """important useful beautiful interesting wonderful large small simple common popular famous healthy
dangerous safe warm cold bright dark quiet loud clear strange special perfect natural modern ancient""".split()
VERBS = "help|explain|describe|find|remember|write|read|learn|understand|choose|make|fix|plan|count|play".split("|")
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
PHRASES = """Hello!|Hello, how can I help you today?|Hi there!|Good morning!|Good evening!|Good night!|Goodbye!
You are welcome.|You're welcome!|Thank you.|Thank you very much.|I am sorry.|I'm sorry, I did not understand that.
Could you please say that again?|I am here to help you.|How can I assist you today?|Yes.|No.|Yes, of course.
No, I don't think so.|I don't know.|I am not sure.|That is a good question.|That's a great question!|Sure!
Of course.|Certainly.|Let me think.|I am a voice assistant.|I am an AI assistant.|My name is Nano.
I am doing well, thank you.|I'm happy to help.|What would you like to know?|Please tell me more.|I see.|That's great!
Have a nice day!|See you later.|Nice to meet you.|I can hear you.|I can see you.|I like that.|That is correct.
That is right.|That is wrong.|I think so.|Maybe.|It depends.|Okay.|All right.|Well done!|Congratulations!
Is there anything else I can help you with?|I'm a computer program.|I do not have feelings.|Sorry, I can't do that."""
CONCEPT_STARTS = ["{T} is {a} {adj} part of everyday life.", "I think {t} is very {adj}.", "The {t} is {adj}.",
                  "The most {adj} {t} is the one with the {t2}.", "There are many kinds of {t} in the world.",
                  "You can {v} the {t} in the {t2}.", "I can {v} the {t} for you.", "Let me {v} the {t} for you.",
                  "Would you like me to {v} the {t}?", "It is {adj} to have {a} {t} and a {t2}.",
                  "I can see {a} {t} and a {t2}.", "In the picture there is {a} {adj} {t}.",
                  "This is {a} {adj} {t}.", "I don't know much about the {t}.", "Here is {a} {adj} {t} for you.",
                  "The {t} and the {t2} are {adj}.", "To {v} the {t}, you need {a} {adj} {t2}."]

ONES = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen").split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def number_words(n: int) -> str:
    """``21`` → ``twenty-one``; good to 9999."""
    if n < 0:
        return "minus " + number_words(-n)
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + ("-" + ONES[n % 10] if n % 10 else "")
    if n < 1000:
        return ONES[n // 100] + " hundred" + (" and " + number_words(n % 100) if n % 100 else "")
    return number_words(n // 1000) + " thousand" + (" " + number_words(n % 1000) if n % 1000 else "")


def article(word: str) -> str:
    """The indefinite article that goes before ``word``."""
    return "an" if word[:1].lower() in "aeiou" and not word.startswith(("uni", "use", "eu", "one")) else "a"


def is_test(text: str) -> bool:
    """Two percent of all texts, chosen by hash, are never trained on by any stage."""
    return int(hashlib.md5(text.lower().encode()).hexdigest()[:8], 16) % 100 < TEST_PERCENT


def pairs(table: str) -> list[tuple[str, str]]:
    """``"the Netherlands Amsterdam|…"`` → (key, value); two-word keys and values are handled by capitals."""
    out = []
    for entry in re.split(r"[|\n]", table):
        words = entry.split()
        cut = 1
        if words[0] in ("the", "South", "New"):
            cut = 3 if words[:2] == ["the", "United"] else 2
        out.append((" ".join(words[:cut]), " ".join(words[cut:])))
    return out


def template(rng: random.Random) -> str:
    """One random assistant-like sentence."""
    kind = rng.choices(["sum", "capital", "opposite", "colour", "legs", "concept", "count", "date", "choice", "list",
                        "digits", "phrase"], [10, 7, 8, 6, 3, 26, 5, 5, 8, 8, 8, 6])[0]
    n = rng.choice
    if kind in ("sum", "digits"):
        say = number_words if kind == "sum" else str
        a, b = rng.randint(0, 20), rng.randint(0, 20)
        word, value = n([("plus", a + b), ("minus", a - b), ("times", a * b)])
        if kind == "digits":
            value = abs(value)
            shape = n(["{a} {w} {b} is {v}.", "The answer is {v}.", "{a} {w} {b} equals {v}.", "There are {v} {t}s.",
                       "It was in {y}.", "Number {v}."])
            return shape.format(a=a, w=word, b=b, v=value, t=n(NOUNS), y=rng.randint(1800, 2030))
        if rng.random() < 0.3:
            value = rng.randint(0, 2100)
        text = n(["{a} {w} {b} is {v}.", "{a} {w} {b} equals {v}.", "The answer is {v}.", "That makes {v}.",
                  "I count {v} {t}s."]).format(a=say(a), w=word, b=say(b), v=say(value), t=n(NOUNS))
    elif kind == "capital":
        country, city = n(pairs(CAPITALS))
        other = n(pairs(CAPITALS))
        text = n([f"The capital of {country} is {city}.", f"{city} is the capital of {country}.",
                  f"{city} is in {country}.", f"{country} is a country, and its capital is {city}.",
                  f"{city} is far away from {other[1]}.", f"People in {country} often travel to {other[0]}."])
    elif kind == "opposite":
        a, b = n(pairs(OPPOSITES))
        if rng.random() < 0.5:
            a, b = b, a
        t = n(NOUNS)
        text = n([f"The opposite of {a} is {b}.", f"{a} is the opposite of {b}.", f"The {t} is not {a}, it is {b}.",
                  f"It can be {a} or {b}.", f"The {t} is {a} and the {n(NOUNS)} is {b}."])
    elif kind == "colour":
        t = n(THINGS.split())
        text = n([f"The {t} is {n(COLOURS)}.", f"{article(t)} {t} is {n(COLOURS)}.", f"The colour is {n(COLOURS)}.",
                  f"I see {n(COLOURS)} and {n(COLOURS)}.", f"The sky is {n(COLOURS)} and the {t} is {n(COLOURS)}."])
    elif kind == "legs":
        a = n(ANIMALS)
        text = n([f"{article(a)} {a} has {n(['two', 'four', 'six', 'eight', 'no'])} legs.", f"The {a} is an animal.",
                  f"{article(a)} {a} can {n(['run', 'swim', 'fly', 'jump', 'climb', 'sing'])} very fast.",
                  f"{a}s and {n(ANIMALS)}s are animals."])
    elif kind == "concept":
        t, adj = n(NOUNS), n(ADJECTIVES)
        shape = n(CONCEPT_STARTS)
        first = adj if "{a} {adj}" in shape else t
        text = shape.format(T=t, t=t, t2=n(NOUNS), adj=adj, v=n(VERBS), a=article(first))
    elif kind == "count":
        start = rng.randint(0, 30)
        text = ", ".join(number_words(start + i) for i in range(rng.randint(2, 6))) + "."
    elif kind == "date":
        d, m = n(DAYS), n(MONTHS)
        text = n([f"Today is {d}.", f"It is {d}, the {rng.randint(10, 20)}th of {m}.", f"{m} comes before {n(MONTHS)}.",
                  f"The first day of {m} is a {d}.", f"It happened on {d} in {m}.",
                  f"It is {number_words(rng.randint(1, 12))} o'clock.", f"See you on {d}."])
    elif kind == "choice":
        a, b = n(ANIMALS), n(ANIMALS)
        text = n([f"{article(a)} {a} is bigger than {article(b)} {b}.", f"I like {n(NOUNS)} more than {n(NOUNS)}.",
                  f"You can choose between {n(NOUNS)} and {n(NOUNS)}.", f"You said {n(NOUNS)} {n(NOUNS)} {n(NOUNS)}."])
    elif kind == "list":
        words = [n(NOUNS + ANIMALS + COLOURS) for _ in range(rng.randint(2, 5))]
        start = n(["", "", "You need ", "There are ", "For example, "])
        text = start + ", ".join(words[:-1]) + " and " + words[-1] + "."
    else:
        text = n(re.split(r"[|\n]", PHRASES))
    return text[0].upper() + text[1:]


def clean(text: str) -> str | None:
    """A sentence with a capital and an end mark, or None when it holds anything unusual."""
    text = re.sub(r"\s+", " ", text.replace("`", "'")).strip(" ,;:-\"")
    if not re.fullmatch(r"[A-Za-z0-9 ,.;:'!?-]+", text) or re.search(r"[A-Z]{2,}|\d{3,}|--|\.\.", text):
        return None
    if not 1 <= len(text.split()) <= MAX_WORDS or len(text) < 6:
        return None
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else text.rstrip(".;:,") + "."


def wordnet(folder: Path = WORDNET) -> Iterator[tuple[str, str]]:
    """Yields ("example" | "gloss", sentence) for every usable usage example and noun gloss."""
    for part in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{part}").read_text(encoding="latin-1").splitlines():
            if line.startswith("  ") or "|" not in line:
                continue
            head, _, gloss = line.partition("|")
            for example in re.findall(r'"([^"]+)"', gloss):
                sentence = clean(example)
                if sentence and len(sentence.split()) > 1:
                    yield "example", sentence
            if part != "noun":
                continue
            word = re.sub(r"\(.*?\)", "", head.split()[4]).replace("_", " ")
            plain = re.sub(r"\(.*?\)", "", gloss.split('"')[0].split(";")[0]).strip()
            if not word.islower() or " " in word or not re.match(r"(a|an|the|any|someone|something) ", plain):
                continue
            sentence = clean(f"{article(word)} {word} is {plain}")
            if sentence:
                yield "gloss", sentence


def sentences(count: int, seed: int = 1, template_share: float = 0.3) -> list[str]:
    """``count`` different sentences, shuffled; short ones are preferred, as they teach most per second."""
    rng = random.Random(seed)
    examples: dict[str, str] = {}
    for kind, sentence in wordnet():
        examples.setdefault(sentence, kind)
    texts = [s for s, kind in examples.items() if kind == "example" or rng.random() < 0.35]
    rng.shuffle(texts)
    chosen = dict.fromkeys(texts[:round(count * (1 - template_share))])
    for _ in range(40 * count):
        if len(chosen) >= count:
            break
        chosen.setdefault(template(rng))
    out = list(chosen)
    rng.shuffle(out)
    return out


if __name__ == "__main__":
    for line in sentences(40000)[:60]:
        print(line)
