"""The words that nano's ear knows, and how often they and pairs of them are said: lexicon.txt beside the weights.

    python -m training.data.lexicon --data runs/data --out assets/nano/lexicon.txt

Counted in the texts of the ear's training, questions several times: they are what an assistant hears. Each word is
written as it mostly is inside a sentence ("Paris", "I"). Words met once, and names and words of WordNet that were not
met at all, are known too: as rare ones.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from model.thinker.lexicon import SPACE_AND_LETTERS
from training.thinker.answers import everyday

QUESTIONS = 10  # times that a question's words count: questions are what is asked
WORD = re.compile(r"[A-Za-z']+")
LONGEST = 20  # letters of a word
UNMET = 8  # letters of a word that was met in no text, at most
OFTEN = 10  # times that a pair of words is met, at least
ALONE = ("a", "i", "o")  # letters that are words


def surfaces(texts: Iterable[str], times: int = 1) -> Counter[str]:
    """How often each word is written like this; the first of a text, which has a capital whatever it is, apart: with a
    "^" in front."""
    counts: Counter[str] = Counter()
    for text in texts:
        for number, word in enumerate(WORD.findall(text.replace("-", " "))):
            word = word.strip("'")
            if word:
                counts[word if number else f"^{word}"] += times
    return counts


def lexicon(counts: Counter[str]) -> dict[str, int]:
    """Each word once, as it is mostly written inside a sentence, with all its occurrences; the most frequent first."""
    written: dict[str, Counter[str]] = {}
    totals: Counter[str] = Counter()
    for word, count in counts.items():
        plain = word.removeprefix("^")
        totals[plain.lower()] += count
        if plain == word:
            written.setdefault(word.lower(), Counter())[word] += count
    allowed = set(SPACE_AND_LETTERS[1:])
    return {written[word].most_common(1)[0][0] if word in written else word: count
            for word, count in totals.most_common()
            if set(word) <= allowed and len(word) <= LONGEST and (len(word) > 1 or word in ALONE)}  # fmt: skip


def pairs(texts: Iterable[str], times: int = 1) -> Counter[str]:
    """How often two words stand side by side, in small letters."""
    counts: Counter[str] = Counter()
    for text in texts:
        words = [word for found in WORD.findall(text.lower().replace("-", " ")) if (word := found.strip("'"))]
        for pair in pairwise(words):
            counts[" ".join(pair)] += times
    return counts


def lemmas(wordnet: Path) -> list[str]:
    """Single words and names that WordNet has."""
    found: dict[str, None] = {}
    for part in ("noun", "verb", "adj", "adv"):
        for line in (wordnet / f"data.{part}").read_text(encoding="latin-1").splitlines():
            if line.startswith("  "):
                continue
            fields = line.split()
            for word in fields[4 : 4 + 2 * int(fields[3], 16) : 2]:
                for single in word.split("(")[0].split("_"):
                    if single.isascii() and single.isalpha() and len(single) <= UNMET:
                        found.setdefault(single)
    return list(found)


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    args = parser.parse_args()
    lists, prose = (json.loads((args.data / f"{name}.json").read_text()) for name in ("questions", "prose"))
    counts = surfaces(lists["sentences"]) + surfaces(prose["sentences"])
    counts += surfaces([*lists["questions"], *everyday()], QUESTIONS)
    counts += surfaces(everyday().values(), QUESTIONS)
    met = {word.removeprefix("^").lower() for word in counts}
    counts += Counter(word for word in lemmas(args.wordnet) if word.lower() not in met)
    words = lexicon(counts)
    known = {word.lower() for word in words}
    beside = pairs(lists["sentences"]) + pairs(prose["sentences"])
    beside += pairs([*lists["questions"], *everyday()], QUESTIONS)
    often = {pair: count for pair, count in beside.most_common()
             if count >= OFTEN and all(word in known for word in pair.split())}  # fmt: skip
    args.out.write_text("".join(f"{count} {word}\n" for word, count in (words | often).items()))
    print(f"{len(words)} words, {len(often)} pairs; {args.out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
