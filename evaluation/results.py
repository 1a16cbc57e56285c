"""What a suite finds: rows with the number of cases and a 95 % interval, as a table and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        value, low, high: shares (0 to 1; a word error rate may be above 1), or a plain number where unit is "".
        chance: what guessing would give, where that can be told.
    """

    name: str
    cases: int
    value: float
    low: float
    high: float
    unit: str = "%"
    chance: float | None = None


@dataclass
class Result:
    """The rows of one suite, the answers they were counted from, and what has to be said about them."""

    rows: list[Row]
    answers: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists."""
        return asdict(self)


def share(name: str, outcomes: Sequence[bool], chance: float | None = None) -> Row:
    """How many of the outcomes are true, with Wilson's interval."""
    n, k, z = len(outcomes), sum(outcomes), 1.96
    if n == 0:
        return Row(name, 0, math.nan, math.nan, math.nan, chance=chance)
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return Row(name, n, k / n, max(0.0, middle - half), min(1.0, middle + half), chance=chance)


def quotient(name: str, above: Sequence[float], below: Sequence[float]) -> Row:
    """Sum over sum, of values that belong together case by case: a word error rate, or one accuracy over another.
    The interval is that of 1000 samples drawn with replacement from the cases."""
    a, b = np.asarray(above, float), np.asarray(below, float)
    if b.sum() == 0:
        return Row(name, len(a), math.nan, math.nan, math.nan)
    drawn = np.random.default_rng(0).integers(0, len(a), (1000, len(a)))
    samples = a[drawn].sum(1) / np.maximum(b[drawn].sum(1), 1e-9)
    low, high = np.percentile(samples, (2.5, 97.5))
    return Row(name, len(a), float(a.sum() / b.sum()), float(low), float(high))


def mean(name: str, values: Sequence[float], unit: str = "") -> Row:
    """The mean, with the normal interval."""
    v = np.asarray(values, float)
    if len(v) == 0:
        return Row(name, 0, math.nan, math.nan, math.nan, unit)
    half = 1.96 * v.std(ddof=1) / math.sqrt(len(v)) if len(v) > 1 else math.nan
    return Row(name, len(v), float(v.mean()), float(v.mean() - half), float(v.mean() + half), unit)


def table(suite: str, result: Result) -> str:
    """Lines for a terminal."""
    width = max([len(suite), *(len(row.name) for row in result.rows)])
    lines = [f"{suite:<{width}}  cases   value   95 % interval   chance"]
    for row in result.rows:
        interval = f"{_shown(row.low, row.unit)} to {_shown(row.high, row.unit)}"
        chance = "" if row.chance is None else _shown(row.chance, row.unit)
        lines.append(
            f"{row.name:<{width}}  {row.cases:>5}  {_shown(row.value, row.unit):>6}   {interval:<16}{chance:>6}"
        )
    if result.note:
        lines.append(result.note)
    return "\n".join(lines)


def _shown(value: float, unit: str) -> str:
    if math.isnan(value):
        return "–"
    return f"{100 * value:.1f}" if unit == "%" else f"{value:.2f}"
