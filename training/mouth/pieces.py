"""What each token of the vocabulary sounds like inside the words it is met in.

A tokenizer cuts words anywhere: "ty" is not said as in "tie", nor "Sevent" by itself at all. So the phonemes of whole
words are laid along their letters, and each piece gets those of its letters, as it is most often said in the words of
the corpus and of WordNet.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from tokenizers import Tokenizer

STRESS = "ˈˌ"
MOST = 2  # phonemes that one letter stands for: "x", "u"
UNSEEN = math.log(1e-5)
IN_TEXT, WHOLE = 10, 20  # how much more a word of the texts counts than one of WordNet, a whole word than a piece
WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*")
Chunks = tuple[tuple[str, ...], ...]


def symbols(phonemes: str) -> list[str]:
    """Single phonemes; a stress mark belongs to the vowel behind it."""
    return re.findall(f"[{STRESS}]?[^{STRESS} ]", phonemes)


def laid_along(letters: str, said: list[str], likely: dict[tuple[str, tuple[str, ...]], float]) -> Chunks | None:
    """The likeliest way to share out the phonemes of a word among its letters, in order; None where there is none."""
    columns = len(said) + 1
    best = [0.0] + [-math.inf] * (columns - 1)
    back: list[list[int]] = []
    for letter in letters:
        row, came = [-math.inf] * columns, [0] * columns
        for end in range(columns):
            for begin in range(max(0, end - MOST), end + 1):
                if best[begin] > -math.inf:
                    score = best[begin] + likely.get((letter, tuple(said[begin:end])), UNSEEN)
                    if score > row[end]:
                        row[end], came[end] = score, begin
        best = row
        back.append(came)
    if best[-1] == -math.inf:
        return None
    chunks, end = [], len(said)
    for came in reversed(back):
        chunks.append(tuple(said[came[end] : end]))
        end = came[end]
    return tuple(reversed(chunks))


def learned(words: dict[str, list[str]], rounds: int = 5) -> dict[tuple[str, tuple[str, ...]], float]:
    """Log likelihood of the phonemes of each letter, by aligning all words again and again."""
    likely: dict[tuple[str, tuple[str, ...]], float] = {}
    counts: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for word, said in words.items():  # to begin with: one phoneme a letter, where a straight line would put it
        for at, phoneme in enumerate(said):
            counts[word[at * len(word) // len(said)], (phoneme,)] += 1
    for _ in range(rounds):
        total: Counter[str] = Counter()
        for (letter, _chunk), number in counts.items():
            total[letter] += number
        likely = {key: math.log(number / total[key[0]]) for key, number in counts.items()}
        for letter in total:  # any letter may be silent
            likely.setdefault((letter, ()), math.log(0.05))
        counts = Counter()
        for word, said in words.items():
            for pair in zip(word, laid_along(word, said, likely) or ()):
                counts[pair] += 1
    return likely


def wordnet_words(folder: Path = Path("/usr/share/wordnet")) -> set[str]:
    """Single words of all entries, in small letters; proper names too."""
    lines = (
        line
        for part in ("noun", "verb", "adj", "adv")
        for line in (folder / f"index.{part}").read_text(encoding="latin-1").splitlines()
    )
    return {word for line in lines if not line.startswith(" ") for word in WORD.findall(line.split()[0])}


def said_in_words(texts: Iterable[str], tokenizer: Tokenizer, phonemize: Callable[[str], str]) -> dict[int, list[str]]:
    """Token → its phonemes as most words have them, for every token that is a word or a part of one."""
    weights: Counter[str] = Counter(word for text in texts for word in WORD.findall(text))
    weights = Counter({word: IN_TEXT * number for word, number in weights.items()})
    for word in wordnet_words():
        weights[word] += 1
        weights[word.capitalize()] += 1
    said = {word: symbols(phonemize(word)) for word in sorted(weights)}
    low: dict[str, list[str]] = {}
    for word, phonemes in said.items():
        if 0 < len(phonemes) <= MOST * len(word):
            low.setdefault(word.lower(), phonemes)
    likely = learned(low)
    found: defaultdict[int, Counter[tuple[str, ...]]] = defaultdict(Counter)
    words = [word for word in said if said[word]]
    for before in ("", " "):
        for word, pieces in zip(words, tokenizer.encode_batch([before + word for word in words])):
            if len(pieces.ids) == 1:
                found[pieces.ids[0]][tuple(said[word])] += WHOLE * weights[word]
            elif chunks := laid_along(word.lower(), said[word], likely):
                for token, (begin, end) in zip(pieces.ids, pieces.offsets):
                    inside = chunks[max(0, begin - len(before)) : max(0, end - len(before))]
                    found[token][tuple(phoneme for chunk in inside for phoneme in chunk)] += weights[word]
    return {token: list(counter.most_common(1)[0][0]) for token, counter in found.items()}
