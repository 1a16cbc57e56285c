"""Drawn pictures and films with questions whose answers are known. The same in every run.

Every kind of question has a closed set of answers; an answer counts when it names the right one and none of the others,
so that naming them all gains nothing. `chance` is what a guess among them gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from evaluation.sounds import RATE, bell

SIDE, FPS = 224, 8
COLORS = {
    "red": (220, 30, 30), "green": (30, 160, 60), "blue": (40, 70, 220), "yellow": (240, 210, 40),
    "orange": (245, 140, 20), "purple": (130, 40, 170), "black": (20, 20, 20), "white": (250, 250, 250),
}  # fmt: skip
SHAPES = {
    "circle": ["circle", "round", "ball", "disc"],
    "square": ["square"],
    "triangle": ["triangle"],
    "star": ["star"],
}
NUMBERS = {
    1: ["one", "\\b1\\b", "\\ba single"], 2: ["two", "\\b2\\b"], 3: ["three", "\\b3\\b"], 4: ["four", "\\b4\\b"],
    5: ["five", "\\b5\\b"],
}  # fmt: skip
_GROUND = (200, 205, 210)
_WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


@dataclass(frozen=True)
class Scene:
    """A question about something shown. frames: uint8 [T, H, W, 3], one for a picture; samples: its sound at 16 kHz."""

    kind: str
    question: str
    frames: np.ndarray
    accepted: list[str]
    refused: list[str]
    chance: float
    samples: np.ndarray | None = None


class _Sheet:
    """A picture being drawn."""

    def __init__(self, ground: tuple[int, int, int] = _GROUND) -> None:
        self._image = Image.new("RGB", (SIDE, SIDE), ground)
        self._pen = ImageDraw.Draw(self._image)

    def draw(self, shape: str, color: str, at: Sequence[float] | np.ndarray, size: float) -> None:
        """A shape around `at` (x, y), `size` its half width."""
        x, y = at
        fill, box = COLORS[color], (x - size, y - size, x + size, y + size)
        if shape == "circle":
            self._pen.ellipse(box, fill, (60, 60, 60))
        elif shape == "square":
            self._pen.rectangle(box, fill, (60, 60, 60))
        else:
            count = 3 if shape == "triangle" else 10
            angles = np.arange(count) * 2 * np.pi / count - np.pi / 2
            radius = size * (np.where(np.arange(count) % 2, 0.45, 1.2) if shape == "star" else np.full(count, 1.15))
            corners = [(x + r * np.cos(a), y + r * np.sin(a)) for a, r in zip(angles, radius)]
            self._pen.polygon(corners, fill, (60, 60, 60))

    def pixels(self) -> np.ndarray:
        """uint8 [SIDE, SIDE, 3]."""
        return np.asarray(self._image).copy()


def _closed(answer: str, answers: dict[str, list[str]]) -> tuple[list[str], list[str], float]:
    """(accepted, refused, chance) of one answer among several."""
    refused = [word for name, words in answers.items() if name != answer for word in words]
    return answers[answer], refused, 1 / len(answers)


def _plain(*names: str) -> dict[str, list[str]]:
    return {name: [name] for name in names}


def _color(rng: np.random.Generator) -> Scene:
    shape, color, sheet = str(rng.choice([*SHAPES])), str(rng.choice([*COLORS])), _Sheet()
    sheet.draw(shape, color, rng.uniform(70, 154, 2), rng.uniform(25, 60))
    return Scene("color", f"What color is the {shape}?", sheet.pixels()[None], *_closed(color, _plain(*COLORS)))


def _shape(rng: np.random.Generator) -> Scene:
    shape, color, sheet = str(rng.choice([*SHAPES])), str(rng.choice([*COLORS])), _Sheet()
    sheet.draw(shape, color, rng.uniform(70, 154, 2), rng.uniform(25, 60))
    question = "What shape is this, a circle, a square, a triangle or a star?"
    return Scene("shape", question, sheet.pixels()[None], *_closed(shape, SHAPES))


def _count(rng: np.random.Generator) -> Scene:
    shape, color, number, sheet = (
        str(rng.choice([*SHAPES])),
        str(rng.choice([*COLORS])),
        int(rng.integers(1, 6)),
        _Sheet(),
    )
    places = rng.permutation(9)[:number]
    for place in places:
        x, y = 40 + 72 * (place % 3) + rng.uniform(-8, 8), 40 + 72 * (place // 3) + rng.uniform(-8, 8)
        sheet.draw(shape, color, (x, y), rng.uniform(14, 24))
    answers = {str(n): words for n, words in NUMBERS.items()}
    question = f"How many {shape}s are in the picture?"
    return Scene("count", question, sheet.pixels()[None], *_closed(str(number), answers))


def _place(rng: np.random.Generator) -> Scene:
    (a, b), (one, other) = rng.permutation([*SHAPES])[:2], rng.permutation([*COLORS])[:2]
    across, flip, sheet = bool(rng.integers(2)), bool(rng.integers(2)), _Sheet()
    near, far = np.array([60, 164]) + rng.uniform(-12, 12, 2)
    first, second = (far, near) if flip else (near, far)
    middle = rng.uniform(80, 144, 2)
    at = ((first, middle[0]), (second, middle[1])) if across else ((middle[0], first), (middle[1], second))
    for (shape, color), where in zip(((a, one), (b, other)), at):
        sheet.draw(str(shape), str(color), where, 30)
    names = ("left", "right") if across else ("above", "below")
    if across:
        question = f"Is the {one} {a} to the left or to the right of the {other} {b}?"
    else:
        question = f"Is the {one} {a} above or below the {other} {b}?"
    return Scene("place", question, sheet.pixels()[None], *_closed(names[flip], _plain(*names)))


def _direction(rng: np.random.Generator) -> Scene:
    shape, color, way = str(rng.choice([*SHAPES])), str(rng.choice([*COLORS])), str(rng.choice([*_WAYS]))
    frames, (dx, dy), (sx, sy) = [], _WAYS[way], rng.uniform(-30, 30, 2)
    for share in np.linspace(-1, 1, 2 * FPS):
        sheet = _Sheet()
        x, y = (112 + 70 * share * way + aside * (not way) for way, aside in ((dx, sx), (dy, sy)))
        sheet.draw(shape, color, (x, y), 26)
        frames.append(sheet.pixels())
    question = f"Does the {shape} move left, right, up or down?"
    return Scene("direction", question, np.stack(frames), *_closed(way, _plain(*_WAYS)))


def _order(rng: np.random.Generator) -> Scene:
    shapes, color = [str(s) for s in rng.permutation([*SHAPES])[:2]], str(rng.choice([*COLORS]))
    frames = []
    for shape in shapes:
        sheet = _Sheet()
        sheet.draw(shape, color, rng.uniform(80, 144, 2), 40)
        frames += [sheet.pixels()] * FPS
    asked = [str(s) for s in rng.permutation(shapes)]
    question = f"Which came first, the {asked[0]} or the {asked[1]}?"
    return Scene("order", question, np.stack(frames), *_closed(shapes[0], {s: SHAPES[s] for s in shapes}))


def _change(rng: np.random.Generator) -> Scene:
    what = str(rng.choice(["color", "size", "shape"]))
    shape, other = (str(s) for s in rng.permutation([*SHAPES])[:2])
    color, second = (str(c) for c in rng.permutation([*COLORS])[:2])
    before, after = _Sheet(), _Sheet()
    before.draw(shape, color, (112, 112), 28)
    after.draw(
        other if what == "shape" else shape,
        second if what == "color" else color,
        (112, 112),
        70 if what == "size" else 28,
    )
    frames = np.stack([before.pixels()] * FPS + [after.pixels()] * FPS)
    answers = {"color": ["color", "colour"], "size": ["size", "bigger", "larger"], "shape": ["shape"]}
    return Scene("change", "What changed, the color, the size or the shape?", frames, *_closed(what, answers))


def _flashes(rng: np.random.Generator) -> Scene:
    number, dark, lit = int(rng.integers(1, 5)), _Sheet((30, 30, 30)), _Sheet((255, 255, 255))
    frames = [dark.pixels()] * 4
    for _ in range(number):
        frames += [lit.pixels()] * 3 + [dark.pixels()] * int(rng.integers(3, 6))
    answers = {str(n): words for n, words in NUMBERS.items() if n < 5}
    return Scene("flashes", "How many times does the screen flash?", np.stack(frames), *_closed(str(number), answers))


def _at_the_bell(rng: np.random.Generator) -> Scene:
    colors, shape, when = (
        [str(c) for c in rng.permutation([*COLORS])[:3]],
        str(rng.choice([*SHAPES])),
        int(rng.integers(3)),
    )
    frames, seconds = [], 1.5
    for color in colors:
        sheet = _Sheet()
        sheet.draw(shape, color, rng.uniform(80, 144, 2), 45)
        frames += [sheet.pixels()] * int(seconds * FPS)
    samples = np.zeros(int(3 * seconds * RATE), np.float32)
    start = int((seconds * when + rng.uniform(0.3, 0.8)) * RATE)
    samples[start : start + len(bell())] = bell()
    question = f"What color was the {shape} when the bell rang, {colors[0]}, {colors[1]} or {colors[2]}?"
    return Scene("at the bell", question, np.stack(frames), *_closed(colors[when], _plain(*sorted(colors))), samples)


_SUITES: dict[str, tuple[Callable[[np.random.Generator], Scene], ...]] = {
    "image": (_color, _shape, _count, _place),
    "video": (_direction, _order, _change, _flashes),
    "sound and picture": (_at_the_bell,),
}


def scenes(suite: str, cases: int) -> list[Scene]:
    """So many scenes of each kind of a suite ("image", "video" or "sound and picture")."""
    return [
        make(np.random.default_rng((number, i))) for i, make in enumerate(_SUITES[suite]) for number in range(cases)
    ]
