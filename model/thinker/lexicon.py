"""From how likely each letter is to words: the likeliest path through all the words that there are.

Token passing (Young, Russell and Thornton 1989) through the tree of the words' letters, with the topology of CTC, and
with how often each word is said. Only states near the best one are kept, so a second of speech takes milliseconds.
"""

from __future__ import annotations

import math
import re
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from model.errors import BadInputError

SPACE_AND_LETTERS = " abcdefghijklmnopqrstuvwxyz'"
BELL = "*"  # what the ear spells where a bell rings
ALPHABET = SPACE_AND_LETTERS + BELL  # its numbers begin at 1
BLANK, SPACE = 0, 1
BELL_IS_SAID = "bell"
OFTEN = 0.01  # share of all words that are a bell, as far as is known
NEVER = np.float32(-1e9)
_LINE = re.compile(r"[1-9][0-9]* [A-Za-z']+( [A-Za-z']+)?")


@dataclass(frozen=True)
class Weights:
    """Chosen by development voices.

    frequent: what the logarithm of a word's share counts beside what is heard; paired: of this share of all words it is
    known behind which they stand; behind: what the logarithm of that counts; word: what every word costs; joined: one
    without a space before it; beam: how far behind the best state another is forgotten; near: how far behind the best
    word another is told with it; told: how many are; quiet: logarithm of the blank's likelihood above which a frame
    holds nothing else."""

    frequent: float = 0.6
    paired: float = 0.85
    behind: float = 1.3
    word: float = -2.0
    joined: float = -8.0
    beam: float = 12.0
    near: float = 5.0
    told: int = 5
    quiet: float = -0.02


@dataclass(frozen=True)
class Word:
    """What was said up to a frame (exclusive): words that may be meant, numbered, and how likely each; the likeliest is
    the first."""

    end: int
    words: tuple[int, ...]
    shares: tuple[float, ...]


@dataclass
class _End:
    """A word that may have ended at a frame; before: the one in front of it, 0 is none."""

    word: Word
    before: int


def read_words(folder: Path) -> dict[str, int]:
    """A model's lexicon.txt: one line for each word that its ear knows, "count word", as it is written in the middle of
    a sentence, and for pairs of them that are often said, "count word word". Raises BadInputError."""
    path = folder / "lexicon.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInputError(f"{path} cannot be read, and without it nothing is heard: {error.strerror}.") from error
    words: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not _LINE.fullmatch(line):
            raise BadInputError(f'{path}, line {number}: "{line}" is not a count and a word in the letters a to z.')
        count, word = line.split(" ", 1)
        words[word] = int(count)
    if not words:
        raise BadInputError(f"{path} holds no words.")
    return words


class Lexicon:
    """The tree of all words. What is heard is kept in arrays of all its nodes, so one thread reads at a time."""

    def __init__(self, counts: dict[str, int], weights: Weights = Weights()) -> None:
        self.weights = weights
        words = {word: count for word, count in counts.items() if " " not in word}
        total = sum(words.values())
        said = {word.lower(): (word, math.log(count / total)) for word, count in words.items()}
        said[BELL] = BELL_IS_SAID, math.log(OFTEN)
        spelled = sorted(said)
        self.words = [said[letters][0] for letters in spelled]  # as they are written
        self.bell = spelled.index(BELL)  # the number of what is no word
        self._share = np.array([weights.frequent * said[letters][1] + weights.word for letters in spelled], np.float32)
        self._behind = self._pairs(counts, {letters: i for i, letters in enumerate(spelled)}, total)
        self._letter, self._word, self._first, self._count = _tree(spelled)
        size = len(self._letter)
        # of each node how likely the best path is that ends with its letter, or with a blank behind it; and the word
        # before that one
        self._heard, self._quiet = np.full(size, NEVER), np.full(size, NEVER)
        self._heard_from, self._quiet_from = np.zeros(size, np.int32), np.zeros(size, np.int32)
        self._lock = threading.Lock()

    def _pairs(self, counts: dict[str, int], numbers: dict[str, int], total: int) -> dict[tuple[int, int], float]:
        """By how much a word is likelier behind another, logarithms, of those whose pair is known."""
        weights, lower = self.weights, {word.lower(): count for word, count in counts.items()}
        out = {}
        for pair, count in lower.items():
            before, _, word = pair.partition(" ")
            if word in numbers and before in numbers:
                likelier = count * total / (lower[before] * lower[word])
                out[numbers[before], numbers[word]] = weights.behind * math.log(
                    weights.paired * likelier + 1 - weights.paired)  # fmt: skip
        return out

    def read(self, log: np.ndarray) -> list[Word]:
        """What is said in logarithms of likelihoods float32 [T, 1 + len(ALPHABET)]."""
        with self._lock:
            said = self._read(log)
        return self._timed(said, log.argmax(1))

    def _timed(self, said: list[Word], likeliest: np.ndarray) -> list[Word]:
        """The same words, each ending with its last letter, a bell where it is struck, where the path went on through
        silence."""
        out, begin = [], 0
        for word in said:
            letters = likeliest[begin : word.end]
            if word.words[0] == self.bell:
                there = np.flatnonzero(letters == len(ALPHABET))[:1]
            else:
                there = np.flatnonzero(letters > SPACE)[-1:]
            out.append(replace(word, end=begin + int(there[0]) + 1) if len(there) else word)
            begin = word.end
        return out

    def _read(self, log: np.ndarray) -> list[Word]:
        weights, heard, quiet = self.weights, self._heard, self._quiet
        ends = [_End(Word(0, (), ()), 0)]
        active = np.zeros(0, np.int64)
        between, between_from = np.float32(0), 0  # behind a word and its space; at first behind nothing
        space, space_from = NEVER, 0  # in the space
        roots = self._first[0] + np.arange(self._count[0])
        for t, likely in enumerate(log):
            over = self._over(active, ends)
            best = over.best
            if likely[BLANK] > weights.quiet:
                self._fall_quiet(active, likely)
                heard[active] = NEVER
                if space > between:
                    between, between_from = space, space_from
                between, space = between + likely[BLANK], NEVER
                continue
            ended = 0
            start, start_from = (space, space_from) if space > between else (between, between_from)
            next_space, next_space_from = space + likely[SPACE], space_from
            if best + likely[SPACE] > next_space:
                ended = self._end(ends, t, over)
                next_space, next_space_from = best + likely[SPACE], ended
            if best + weights.joined > start:
                ended = ended or self._end(ends, t, over)
                start, start_from = best + weights.joined, ended
            below, reached, reached_from = self._reached(active, likely)
            below = np.concatenate([below, roots])
            reached = np.concatenate([reached, start + likely[self._letter[roots]]])
            reached_from = np.concatenate([reached_from, np.full(len(roots), start_from, np.int32)])
            stays = heard[active] + likely[self._letter[active]]
            self._fall_quiet(active, likely)
            heard[active] = stays
            better = reached > heard[below]
            below = below[better]
            heard[below], self._heard_from[below] = reached[better], reached_from[better]
            if space > between:
                between, between_from = space, space_from
            between, space, space_from = between + likely[BLANK], next_space, next_space_from
            active = np.union1d(active, below)
            score = np.maximum(heard[active], quiet[active])
            kept = score >= max(score.max(initial=NEVER), between, space) - weights.beam
            heard[active[~kept]] = quiet[active[~kept]] = NEVER
            active = active[kept]
        over = self._over(active, ends)
        last = space_from if space > between else between_from
        if over.best > max(between, space):
            last = self._end(ends, len(log), over)
        heard[active] = quiet[active] = NEVER
        out = []
        while last:
            out.append(ends[last].word)
            last = ends[last].before
        return out[::-1]

    def _fall_quiet(self, active: np.ndarray, likely: np.ndarray) -> None:
        """A blank behind what is heard."""
        heard, quiet = self._heard[active], self._quiet[active]
        self._quiet_from[active] = np.where(heard > quiet, self._heard_from[active], self._quiet_from[active])
        self._quiet[active] = np.maximum(heard, quiet) + likely[BLANK]

    def _reached(self, active: np.ndarray, likely: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Nodes below the active ones, how likely they are now, and the word before. A letter that is doubled needs a
        blank between."""
        counts = self._count[active]
        above = np.repeat(active, counts)
        skipped = np.repeat(np.cumsum(counts) - counts, counts)
        below = np.repeat(self._first[active], counts) + np.arange(len(above)) - skipped
        doubled = self._letter[below] == self._letter[above]
        heard, quiet = np.where(doubled, NEVER, self._heard[above]), self._quiet[above]
        behind = np.where(heard > quiet, self._heard_from[above], self._quiet_from[above])
        return below, np.maximum(heard, quiet) + likely[self._letter[below]], behind

    def _over(self, active: np.ndarray, ends: list[_End]) -> _Over:
        nodes = active[self._word[active] >= 0]
        words, heard, quiet = self._word[nodes], self._heard[nodes], self._quiet[nodes]
        behind = np.where(heard > quiet, self._heard_from[nodes], self._quiet_from[nodes])
        alone = self.weights.behind * math.log(1 - self.weights.paired)
        likelier = [self._behind.get((ends[end].word.words[0], word), alone) if end else 0.0
                    for end, word in zip(behind.tolist(), words.tolist())]  # fmt: skip
        scores = np.maximum(heard, quiet) + self._share[words] + np.array(likelier, np.float32)
        return _Over(nodes, words, behind, scores)

    def _end(self, ends: list[_End], t: int, over: _Over) -> int:
        """Note the best of the words that may be over, with those that may be meant in its place; its number."""
        best = int(over.scores.argmax())
        alike = np.flatnonzero((over.behind == over.behind[best]) & (over.scores > over.best - self.weights.near))
        alike = alike[np.argsort(-over.scores[alike])][: self.weights.told]
        shares = np.exp(over.scores[alike] - over.best)
        word = Word(t, tuple(over.words[alike].tolist()), tuple((shares / shares.sum()).tolist()))
        ends.append(_End(word, int(over.behind[best])))
        return len(ends) - 1


class _Over:
    """Nodes at which a word may be over, the words, the numbers of what was said before, and how likely each is."""

    def __init__(self, nodes: np.ndarray, words: np.ndarray, behind: np.ndarray, scores: np.ndarray) -> None:
        self.nodes, self.words, self.behind, self.scores = nodes, words, behind, scores
        self.best = np.float32(scores.max(initial=NEVER))


def _tree(words: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of sorted words, for each node, the first the root: letter, word that ends there (-1 is none), first node below
    and how many there are; those below one lie side by side."""
    numbers = np.zeros(128, np.int64)
    numbers[[ord(letter) for letter in ALPHABET]] = np.arange(1, 1 + len(ALPHABET))
    text = np.array(words, dtype="S")
    codes = text.view(np.uint8).reshape(len(words), -1)  # [words, letters of the longest]
    there = codes > 0
    begins = np.ones(codes.shape, bool)  # whether a prefix is none of the word before
    begins[1:] = np.logical_or.accumulate(codes[1:] != codes[:-1], axis=1)
    begins &= there
    sizes = begins.sum(0)
    bases = 1 + np.cumsum(sizes) - sizes  # of each length of prefix, its first node
    nodes = bases + np.cumsum(begins, axis=0) - 1  # [words, letters]: the node of each prefix
    above = np.concatenate([np.zeros((len(words), 1), np.int64), nodes[:, :-1]], axis=1)
    letter, ends, first = (np.full(1 + sizes.sum(), start, np.int64) for start in (0, -1, 0))
    letter[nodes[begins]] = numbers[codes[begins]]
    first[above[begins][::-1]] = nodes[begins][::-1]
    count = np.bincount(above[begins], minlength=len(letter))
    ends[nodes[np.arange(len(words)), there.sum(1) - 1]] = np.arange(len(words))
    return letter, ends, first, count
