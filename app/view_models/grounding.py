"""Boxes and points that the model names in an answer, in Qwen's JSON: {"bbox_2d": [x1, y1, x2, y2], "label": "cat"} and
{"point_2d": [x, y], "label": "nose"}; coordinates are pixels of the picture as the model saw it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_KEYS = ("bbox_2d", "point_2d")
_EMPTY_CODE = re.compile(r"```[a-z]*\s*```")
_MOST = 200  # marks of one answer; more could not be told apart


@dataclass(frozen=True)
class Mark:
    """A box (left, top, right, bottom) or a point (x, y) of a picture, with what it is."""

    label: str
    place: tuple[float, ...]

    @property
    def is_point(self) -> bool:
        """Whether it is a point."""
        return len(self.place) == 2

    def scaled(self, x: float, y: float) -> Mark:
        """The same in a picture that is so many times as wide and high."""
        factors = (x, y) * (len(self.place) // 2)
        return Mark(self.label, tuple(value * factor for value, factor in zip(self.place, factors)))


def marks(text: str) -> list[Mark]:
    """Every box and point in the text, in its order; what is incomplete or no JSON yet is passed over."""
    if not any(key in text for key in _KEYS):
        return []
    found: list[Mark] = []
    decoder, position = json.JSONDecoder(), 0
    while (begin := _next(text, position)) >= 0 and len(found) < _MOST:
        try:
            value, position = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            position = begin + 1
            continue
        found += [mark for item in _objects(value) if (mark := _mark(item)) is not None]
    return found[:_MOST]


def without_marks(text: str) -> str:
    """The text without the JSON that `marks` finds in it, and without the fences of code around that."""
    decoder, position, kept = json.JSONDecoder(), 0, ""
    begin = 0
    while (begin := _next(text, begin)) >= 0:
        try:
            value, end = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            begin += 1
            continue
        if any(_mark(item) is not None for item in _objects(value)):
            kept += text[position:begin]
            position = end
        begin = end
    return _EMPTY_CODE.sub("", kept + text[position:]).strip()


def _next(text: str, position: int) -> int:
    places = [place for sign in "[{" if (place := text.find(sign, position)) >= 0]
    return min(places, default=-1)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)


def _mark(item: dict[str, Any]) -> Mark | None:
    for key, count in (("bbox_2d", 4), ("point_2d", 2)):
        place = item.get(key)
        if not isinstance(place, list) or len(place) != count or not all(map(_is_number, place)):
            continue
        if count == 4:
            left, top, right, bottom = place
            place = [min(left, right), min(top, bottom), max(left, right), max(top, bottom)]
        label = item.get("label", "")
        return Mark(label if isinstance(label, str) else str(label), tuple(float(value) for value in place))
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
