"""What the person typed into the search field, as SQL; and the words around what was found."""

from __future__ import annotations

from dataclasses import dataclass

_INDEXED = 3  # letters: shorter words have no trigram
_BEFORE, _AFTER = 24, 70  # letters around the first hit


@dataclass(frozen=True)
class Query:
    """All of these must be found, in any order.

    Attributes:
        words: as typed, the shortest last.
    """

    words: tuple[str, ...]

    @property
    def match(self) -> str:
        """For FTS5: every word that is long enough, as a phrase; "" if none is."""
        return " ".join('"' + word.replace('"', '""') + '"' for word in self.words if len(word) >= _INDEXED)

    @property
    def patterns(self) -> tuple[str, ...]:
        """For LIKE … ESCAPE '\\': the words that FTS5 cannot find."""
        return tuple(like(word) for word in self.words if len(word) < _INDEXED)

    def excerpt(self, text: str) -> str:
        """The words around the first hit, on one line."""
        line = " ".join(text.split())
        hits = [at for word in self.words if (at := line.casefold().find(word.casefold())) >= 0]
        at = min(hits, default=0)
        start, end = max(0, at - _BEFORE), at + _AFTER
        if start and " " in line[start:at]:
            start = line.index(" ", start) + 1  # begin with a whole word
        return ("…" if start else "") + line[start:end].rstrip() + ("…" if end < len(line) else "")


def parse(typed: str) -> Query | None:
    """None if there is nothing to search for."""
    words = sorted(dict.fromkeys(typed.replace("\0", " ").split()), key=len, reverse=True)
    return Query(tuple(words)) if words else None


def like(word: str) -> str:
    """A pattern that matches any text with this word in it."""
    for special in "\\%_":
        word = word.replace(special, f"\\{special}")
    return f"%{word}%"
