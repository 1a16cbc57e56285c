"""Comparing what was said with what was meant to be said: a common form of texts, and the edits between two of them."""

from __future__ import annotations

import re

_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen""".split()
_TENS = "_ ten twenty thirty forty fifty sixty seventy eighty ninety".split()


def normal(text: str) -> str:
    """Lower case, letters and digits only, one space between words: the form in which texts are compared."""
    return " ".join(re.sub(r"[^a-z0-9' ]", " ", text.lower()).split())


def spelled(text: str) -> str:
    """`normal` with whole numbers below 1000 in words, since one model writes "5" and another one "five"."""
    return normal(re.sub(r"\b\d{1,3}\b", lambda found: _number(int(found[0])), text.replace("-", " ")))


def _number(n: int) -> str:
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + (" " + _ONES[n % 10] if n % 10 else "")
    return _ONES[n // 100] + " hundred" + (" " + _number(n % 100) if n % 100 else "")


def word_errors(reference: str, heard: str) -> tuple[int, int]:
    """(edits, words of the reference) between two texts, compared without case, punctuation and digits."""
    a, b = spelled(reference).split(), spelled(heard).split()
    return edits(a, b), len(a)


def edits(reference: list[str], heard: list[str]) -> int:
    """How many words (or letters) must be changed, put in or left out to make one of the other."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]


def right(answer: str, accepted: list[str]) -> bool:
    """Whether one of the accepted beginnings of words (or patterns that start with \\b) occurs."""
    return any(re.search(key if key.startswith("\\b") else r"\b" + key, answer.lower()) for key in accepted)
