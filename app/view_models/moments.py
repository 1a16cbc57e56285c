"""Times that a text names, such as 0:42, 1:02:03 or "at 12.5 seconds": where they stand and when they are."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLOCK = r"(?<![\d:.])(?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,2}):(?P<seconds>[0-5]\d(?:\.\d+)?)(?![\d:])"
_WORDS = r"\b(?:at|around|from|after|until|to|by)\s+(?:about\s+)?(?P<count>\d+(?:\.\d+)?)\s?(?:seconds?\b|secs?\b|s\b)"
_CHINESE = r"第?\s?(?P<ordinal>\d+(?:\.\d+)?)\s?秒"
_TIME = re.compile(f"{_CLOCK}|{_WORDS}|{_CHINESE}", re.IGNORECASE)


@dataclass(frozen=True)
class Moment:
    """Letters `begin` to `end` of the text name this time."""

    begin: int
    end: int
    seconds: float


def moments(text: str, longest: float) -> list[Moment]:
    """Every time in the text that lies within a film or sound of `longest` seconds."""
    found = []
    for match in _TIME.finditer(text):
        begin = match.start()
        if match["seconds"] is not None:
            seconds = 3600 * int(match["hours"] or 0) + 60 * int(match["minutes"]) + float(match["seconds"])
        elif match["count"] is not None:
            seconds, begin = float(match["count"]), match.start("count")
        else:
            seconds = float(match["ordinal"])
        if seconds <= longest:
            found.append(Moment(begin, match.end(), seconds))
    return found
