"""Drawn scenes for the eye with what is to be seen in them: shapes that stand, move, change, and light that flashes.

The evaluation has drawings of its own (evaluation/scenes.py): other grounds, sizes and places, no outlines like these.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

COLORS = {
    "red": (215, 35, 35), "green": (40, 155, 60), "blue": (45, 75, 215), "yellow": (240, 215, 45),
    "orange": (245, 140, 25), "purple": (130, 45, 165), "black": (22, 22, 22), "white": (248, 248, 248),
    "brown": (120, 75, 40), "pink": (245, 150, 190), "gray": (128, 128, 128),
}  # fmt: skip
SHAPES = {"circle": "circles", "square": "squares", "triangle": "triangles", "star": "stars", "heart": "hearts",
          "diamond": "diamonds", "cross": "crosses"}  # fmt: skip
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six")
WAYS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
BIG = 0.2  # of the picture's side: a shape of more than this half width is big


@dataclass(frozen=True)
class Thing:
    """A shape at (x, y) in parts of width and height; size: half width in parts of the shorter side."""

    shape: str
    color: str
    x: float
    y: float
    size: float


Ground = tuple[int, int, int]


def ground(rnd: random.Random, near: list[str]) -> Ground:
    """A plain ground on which none of these colors is lost."""
    while True:
        if rnd.random() < 0.6:  # light or dark gray, a little tinted
            level = rnd.choice([rnd.randint(150, 255), rnd.randint(0, 110), rnd.randint(190, 235)])
            color = tuple(min(255, max(0, level + rnd.randint(-14, 14))) for _ in range(3))
        else:
            color = tuple(rnd.randint(0, 255) for _ in range(3))
        if all(sum(abs(a - b) for a, b in zip(color, COLORS[n])) > 110 for n in near):
            return color  # type: ignore[return-value]


def drawn(things: list[Thing], on: Ground, width: int, height: int, rnd: random.Random) -> np.ndarray:
    """uint8 [height, width, 3], drawn at twice the size."""
    image = Image.new("RGB", (2 * width, 2 * height), on)
    pen = ImageDraw.Draw(image)
    line = None if rnd.random() < 0.4 else (rnd.choice([(0, 0, 0), (60, 60, 60), (120, 120, 120), (255, 255, 255)]))
    for thing in things:
        x, y, r = thing.x * 2 * width, thing.y * 2 * height, thing.size * 2 * min(width, height)
        tint = tuple(min(255, max(0, c + rnd.randint(-16, 16))) for c in COLORS[thing.color])
        _shape(pen, thing.shape, x, y, r, tint, line)
    return np.asarray(image.resize((width, height), Image.Resampling.BOX))


def _shape(
    pen: ImageDraw.ImageDraw, shape: str, x: float, y: float, r: float, fill: tuple | int, line: tuple | None
) -> None:
    if shape == "circle":
        pen.ellipse((x - r, y - r, x + r, y + r), fill, line)
        return
    if shape == "square":
        pen.rectangle((x - r * 0.95, y - r * 0.95, x + r * 0.95, y + r * 0.95), fill, line)
        return
    if shape == "heart":
        t = np.linspace(0, 2 * np.pi, 40)
        points = np.stack([16 * np.sin(t) ** 3, -13 * np.cos(t) + 5 * np.cos(2 * t) + 2 * np.cos(3 * t)], 1) / 16
    elif shape == "cross":
        a = 0.36
        points = np.array([(-a, -1), (a, -1), (a, -a), (1, -a), (1, a), (a, a), (a, 1), (-a, 1), (-a, a), (-1, a),
                           (-1, -a), (-a, -a)])  # fmt: skip
    else:
        count = {"triangle": 3, "diamond": 4, "star": 10}[shape]
        angle = np.arange(count) * 2 * np.pi / count - np.pi / 2
        radius = np.where(np.arange(count) % 2, 0.47, 1.2) if shape == "star" else np.full(count, 1.15)
        points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    pen.polygon([(x + r * a, y + r * b) for a, b in points], fill, line)


def where(x: float, y: float) -> str:
    """One word for a place in the picture."""
    dx, dy = x - 0.5, y - 0.5
    if max(abs(dx), abs(dy)) < 0.13:
        return "middle"
    if abs(dx) > abs(dy):
        return "left" if dx < 0 else "right"
    return "top" if dy < 0 else "bottom"


@dataclass(frozen=True)
class Scene:
    """Things, each with what is said of it: group of words → word (training.eye.words)."""

    things: list[Thing]
    said: list[dict[str, str]]


def seen(thing: Thing) -> dict[str, str]:
    """What is said of a shape that stands alone."""
    return {"size": "big" if thing.size > BIG else "small", "color": thing.color, "shape": thing.shape,
            "place": where(thing.x, thing.y)}  # fmt: skip


def one(rnd: random.Random) -> Scene:
    """One shape somewhere."""
    thing = Thing(rnd.choice(list(SHAPES)), rnd.choice(list(COLORS)), rnd.uniform(0.2, 0.8), rnd.uniform(0.2, 0.8),
                  rnd.choice([rnd.uniform(0.09, 0.18), rnd.uniform(0.22, 0.38)]))  # fmt: skip
    return Scene([thing], [seen(thing)])


def many(rnd: random.Random) -> Scene:
    """Two to six of one kind."""
    shape, color = rnd.choice(list(SHAPES)), rnd.choice(list(COLORS))
    number = rnd.randint(2, 6)
    rows, columns = (3, 3) if rnd.random() < 0.6 else rnd.choice([(2, 4), (4, 2), (3, 4), (4, 4)])
    places = rnd.sample([(r, c) for r in range(rows) for c in range(columns)], number)
    shift = 0.12 / max(rows, columns)
    biggest = 0.34 / max(rows, columns)
    things = [Thing(shape, color, (c + 0.5) / columns + rnd.uniform(-shift, shift),
                    (r + 0.5) / rows + rnd.uniform(-shift, shift), rnd.uniform(0.5, 1.0) * biggest)
              for r, c in places]  # fmt: skip
    return Scene(things, [{"amount": NUMBERS[number], "color": color, "shape": shape}] * number)


def two(rnd: random.Random) -> Scene:
    """Two different things beside or above each other."""
    shapes, colors = rnd.sample(list(SHAPES), 2), rnd.sample(list(COLORS), 2)
    near, far, middle = rnd.uniform(0.15, 0.36), rnd.uniform(0.64, 0.85), rnd.uniform(0.3, 0.7)
    across = rnd.random() < 0.5
    aside = middle + rnd.uniform(-0.1, 0.1)
    at = [(near, middle), (far, aside)] if across else [(middle, near), (aside, far)]
    size = rnd.uniform(0.08, 0.17)
    things = [Thing(s, c, *p, size * rnd.uniform(0.85, 1.1)) for s, c, p in zip(shapes, colors, at)]
    said = [{"color": t.color, "shape": t.shape, "place": place}
            for t, place in zip(things, ("left", "right") if across else ("top", "bottom"))]  # fmt: skip
    return Scene(things, said)


def cells(scene: Scene, width: int, height: int) -> list[dict[str, str]]:
    """What is said at each merged patch of 28 pixels, in reading order: of the thing that covers most of it, if that is
    a twentieth or its largest part of all."""
    image = Image.new("L", (width, height))
    pen = ImageDraw.Draw(image)
    for number, thing in enumerate(scene.things, 1):
        size = thing.size * min(width, height)
        _shape(pen, thing.shape, thing.x * width, thing.y * height, size, number, None)
    rows, columns = height // 28, width // 28
    parts = np.asarray(image)[: rows * 28, : columns * 28].reshape(rows, 28, columns, 28).swapaxes(1, 2)
    covered = np.stack([(parts == n).mean((2, 3)).flatten() for n in range(1, len(scene.things) + 1)])
    said: list[dict[str, str]] = [{} for _ in range(rows * columns)]
    for cell, thing_number in enumerate(covered.argmax(0)):
        share = covered[thing_number, cell]
        if share > 0 and (share >= 0.05 or share == covered[thing_number].max()):
            said[cell] = scene.said[thing_number]
    return said


Still = tuple[np.ndarray, list[dict[str, str]]]


def still(width: int, height: int, rnd: random.Random) -> Still:
    """A picture and what is said at its merged patches."""
    scene = rnd.choices([one, many, two], (0.25, 0.45, 0.3))[0](rnd)
    on = ground(rnd, [t.color for t in scene.things])
    return drawn(scene.things, on, width, height, rnd), cells(scene, width, height)


LIGHT = {("dark", "dark"): "dark", ("bright", "bright"): "bright", ("dark", "bright"): "on", ("bright", "dark"): "off"}


def pair(width: int, height: int, rnd: random.Random) -> tuple[np.ndarray, np.ndarray, list[dict[str, str]]]:
    """Two successive frames of a film and what is said of them: something moves, stands or changes (then what is there
    at the end counts), or light goes on or off."""
    kind = rnd.random()
    if kind < 0.2:
        levels = {"dark": rnd.randint(0, 60), "bright": rnd.randint(200, 255)}
        a, b = rnd.choice(list(levels)), rnd.choice(list(levels))
        frames = [np.full((height, width, 3), levels[state], np.uint8) for state in (a, b)]
        return frames[0], frames[1], [{"light": LIGHT[a, b]}] * (width // 28 * (height // 28))
    scene = one(rnd)
    (first,) = scene.things
    near, seed = [first.color], rnd.getrandbits(30)
    if kind < 0.75:  # from hardly to widely, along one axis
        way = rnd.choice(list(WAYS))
        step = rnd.choice([rnd.uniform(0.03, 0.08), rnd.uniform(0.03, 0.3)])
        x, y = (min(0.88, max(0.12, v + d * step)) for v, d in zip((first.x, first.y), WAYS[way]))
        if abs(x - first.x) + abs(y - first.y) < 0.025:
            return pair(width, height, rnd)
        scene = moved(Thing(first.shape, first.color, x, y, first.size), way)
    elif kind > 0.9:
        scene = one(rnd)
        near = [first.color, scene.things[0].color]
    on = ground(rnd, near)
    a_frame, b_frame = (drawn([t], on, width, height, random.Random(seed)) for t in (first, scene.things[0]))
    return a_frame, b_frame, cells(scene, width, height)


def moved(thing: Thing, way: str) -> Scene:
    """A shape that has just come there."""
    said = {key: word for key, word in seen(thing).items() if key != "place"}
    return Scene([thing], [said | {"way": way}])
