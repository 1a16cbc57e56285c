"""How far the voice has come in a text, and where in the voice a sentence begins.

Nothing aligns the codes of the speech with the letters of the text, so both are shares: a letter takes the time of a
letter, a digit that of a spoken number, a Chinese character that of a syllable, the end of a sentence a pause.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from app.view_models.playhead import Playhead

TYPICAL_RATE = 15.0  # letters a second, until a voice has been heard
_DIGIT, _SYLLABLE, _SENTENCE, _COMMA = 3.5, 4.0, 6.0, 3.0  # in letters
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？]+[”’」』）]*|\n+")


@lru_cache(maxsize=64)
def spoken_lengths(text: str) -> np.ndarray:
    """Float64 [letters + 1]: how much is spoken before each letter of the text, in letters; the last is all of it."""
    lengths = np.array(list(map(_length, text)), np.float64)
    return np.concatenate([[0.0], np.cumsum(lengths)])


@lru_cache(maxsize=4096)
def _length(letter: str) -> float:
    if letter.isdigit():
        return _DIGIT
    if letter in ".!?…。！？":
        return _SENTENCE
    if letter in ",;:，；：、":
        return _COMMA
    if "\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7af":
        return _SYLLABLE
    return 1.0 if letter.isalpha() else 0.0 if not letter.isspace() else 0.5


def sentences(text: str) -> list[tuple[int, int]]:
    """Begin and end of each sentence; lines are sentences too. Spaces between them belong to none."""
    found, begin = [], 0
    for match in [*_SENTENCE_END.finditer(text), None]:
        end = len(text) if match is None else match.end()
        piece = text[begin:end]
        if piece.strip():
            start = begin + len(piece) - len(piece.lstrip())
            found.append((start, begin + len(piece.rstrip())))
        begin = end
    return found


def sentence_at(text: str, position: int) -> tuple[int, int] | None:
    """The sentence that the letter at `position` belongs to, or the one before it."""
    found = None
    for begin, end in sentences(text):
        if begin > position:
            break
        found = (begin, end)
    return found


_MARKUP = re.compile(r"```[^\n]*|[*_`~]+|^\s*(?:#+|>|[-+•]|\|)\s+|\s*\|\s*", re.MULTILINE)
_LONGEST_CAPTION = 110  # letters; two lines of large ones


@lru_cache(maxsize=8)
def without_markup(text: str) -> str:
    """The words of an answer without the signs of Markdown, as they are spoken."""
    return _MARKUP.sub(" ", text).strip()


def caption_around(text: str, spoken: int) -> tuple[int, int]:
    """Begin and end of what is shown while `spoken` letters have been said: the sentence, or of a long one as much as
    can be read at a glance."""
    whole = sentence_at(text, max(0, spoken - 1))
    if whole is None:
        return 0, 0
    begin, end = whole
    while end - begin > _LONGEST_CAPTION:
        cut = text.rfind(" ", begin, begin + _LONGEST_CAPTION)
        cut = begin + _LONGEST_CAPTION if cut <= begin else cut + 1
        if spoken <= cut:
            return begin, cut
        begin = cut
    return begin, end


def share_before(text: str, position: int) -> float:
    """Which share of the speech lies before the letter at `position`, from 0 to 1."""
    lengths = spoken_lengths(text)
    return float(lengths[min(position, len(text))] / lengths[-1]) if lengths[-1] else 0.0


def rate_of(text: str, seconds: float) -> float | None:
    """Letters a second of a voice that spoke this text in so long; None where that says nothing."""
    letters = float(spoken_lengths(text)[-1])
    return letters / seconds if seconds > 1.0 and letters > 10 else None


class Caption:
    """Where the voice is in one text; never goes back while it plays on."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._reached = 0.0

    def spoken(self, text: str, playhead: Playhead, rate: float = TYPICAL_RATE) -> int:
        """Letters of `text` that have been spoken, whole words; while the text still grows, at the voice's `rate`."""
        lengths = spoken_lengths(text)
        if playhead.seconds < self._seconds:  # somebody has jumped back
            self._reached = 0.0
        self._seconds = playhead.seconds
        if playhead.complete and playhead.total > 0:
            said = float(lengths[-1]) * min(1.0, playhead.seconds / playhead.total)
        else:
            said = min(float(lengths[-1]), playhead.seconds * rate)
        self._reached = max(self._reached, said)
        position = int(np.searchsorted(lengths, self._reached - 1e-9, "left"))
        return word_end(text, min(position, len(text)))


def word_end(text: str, position: int) -> int:
    """The end of the word that `position` is in; Chinese has a word a character here."""
    while position < len(text) and text[position - 1 : position].isalnum() and text[position].isalnum():
        if "\u3040" <= text[position] <= "\u9fff":
            break
        position += 1
    return position


def word_before(text: str, position: int) -> int:
    """Where the word that ends at `position` begins."""
    begin = position
    while begin and not text[begin - 1].isalnum():
        begin -= 1
    while begin and text[begin - 1].isalnum():
        begin -= 1
        if "\u3040" <= text[begin] <= "\u9fff":
            break
    return begin
