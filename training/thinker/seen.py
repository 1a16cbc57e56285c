"""Questions about what is seen, with their answers: of pictures of things, drawn scenes, films, films with a bell.

None is worded as one of evaluation/scenes.py. With what is seen comes what a perfect eye would say of it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from training.data import drawings as d
from training.data.drawings import NUMBERS, SHAPES, Scene, Thing
from training.eye.words import Said
from training.thinker.answers import with_article

FPS = 8
RATE = 16_000  # samples of a film's sound in a second
SIDES = (56, 84, 84)  # of films, in pixels


@dataclass(frozen=True)
class Case:
    """Something to look at, and what is asked of it.

    frames: uint8 [T, H, W, 3], one for a picture; said: of every pair of frames, at its merged patches.
    bell: when it rings, in seconds; None for a film without sound.
    told: for every pair of frames a word that helps to answer, to be told where the thing is seen, or where its sound
    is heard: what is seen when, and what has changed."""

    question: str
    answer: str
    frames: np.ndarray
    said: list[list[Said]]
    bell: float | None = None
    told: list[str] | None = None

    def sound(self, ring: np.ndarray) -> np.ndarray:
        """Silence as long as the film, float32 [samples] at 16 kHz, in which the bell rings like this."""
        assert self.bell is not None
        out, at = np.zeros(int(len(self.frames) / FPS * RATE), np.float32), int(self.bell * RATE)
        out[at : at + len(ring)] = ring[: len(out) - at]
        return out


_ON = {"left": "on the left", "right": "on the right", "top": "at the top", "bottom": "at the bottom",
       "middle": "in the middle"}  # fmt: skip


NAME_IT = [
    "What is this?", "What do you see?", "What do you see in this picture?", "What is shown here?",
    "Which thing is shown here?", "Name the thing in the picture.", "Tell me what this is.", "What can you see here?",
    "What is on the picture?", "Describe this picture.", "What am I holding?", "What is in my hand?",
    "Do you know what this is?", "Can you tell me what you see?", "What is that?", "What kind of thing is this?",
]  # fmt: skip


def about_thing(name: str, others: list[str], rnd: random.Random) -> tuple[str, str]:
    """A picture of one named thing."""
    if rnd.random() < 0.75:
        question = rnd.choice(NAME_IT)
        it = with_article(name)
        return question, rnd.choice([f"It is {it}.", f"This is {it}.", f"I see {it}."])
    other = rnd.choice([o for o in others if o != name])
    if rnd.random() < 0.4:
        one, two = rnd.sample([name, other], 2)
        return f"Is this {with_article(one)} or {with_article(two)}?", f"It is {with_article(name)}."
    if rnd.random() < 0.5:
        return f"Is this {with_article(name)}?", f"Yes, it is {with_article(name)}."
    return f"Is this {with_article(other)}?", f"No, it is {with_article(name)}."


def about_one(scene: Scene, rnd: random.Random) -> tuple[str, str]:
    """One drawn shape."""
    size, color, shape, place = (scene.said[0][group] for group in ("size", "color", "shape", "place"))
    other = rnd.choice([s for s in SHAPES if s != shape])
    third = rnd.sample([s for s in SHAPES if s not in (shape, other)], 1)
    listed = rnd.sample([shape, other, *third], 3)
    choice = f"{with_article(listed[0])}, {with_article(listed[1])} or {with_article(listed[2])}"
    return rnd.choice([
        (rnd.choice([f"Which color does the {shape} have?", f"What is the color of the {shape}?",
                     f"Tell me the color of the {shape}.", f"The {shape} is of which color?", "What color do you see?",
                     f"What colour is the {shape} in this picture?"]), f"The {shape} is {color}."),
        (rnd.choice([f"What color is this {shape}?", "What color is it?"]), f"It is {color}."),
        (rnd.choice(["What shape do you see?", "Which shape is in the picture?", "What shape is it?",
                     f"What is the {color} thing?", f"Is it {choice}?", f"Is this {choice}?",
                     f"What do you see, {choice}?", f"Do you see {choice}?", f"What is it, {choice}?",
                     f"Which shape is it: {listed[0]}, {listed[1]} or {listed[2]}?"]), f"It is {with_article(shape)}."),
        (f"Where is the {shape}?", f"The {shape} is {_ON[place]}."),
        (f"Is the {shape} big or small?", f"The {shape} is {size}."),
        (rnd.choice(["What do you see?", "Describe the picture.", "What is in the picture?"]),
         f"I see a {size} {color} {shape} {_ON[place]}."),
        (rnd.choice([f"How many {SHAPES[shape]} do you see?", f"How many {SHAPES[shape]} are there?",
                     f"Count the {SHAPES[shape]}."]), f"There is one {shape}."),
        (f"Is the {shape} {color}?", f"Yes, the {shape} is {color}."),
        (f"Is there {with_article(other)}?", f"No, there is {with_article(shape)}."),
    ])  # fmt: skip


def about_many(scene: Scene, rnd: random.Random) -> tuple[str, str]:
    """Several shapes of a kind."""
    number, color, plural = scene.said[0]["amount"], scene.said[0]["color"], SHAPES[scene.said[0]["shape"]]
    question = rnd.choice([
        f"How many {plural} do you see?", f"How many {plural} are there?", f"Count the {plural}.",
        f"What number of {plural} is shown?", f"How many {color} {plural} are there?",
        f"How many {plural} can you count?",
        f"Tell me how many {plural} there are.", f"How many {plural} does the picture show?",
    ])  # fmt: skip
    if rnd.random() < 0.15:
        return f"What color are the {plural}?", f"The {plural} are {color}."
    if rnd.random() < 0.1:
        return rnd.choice(["What do you see?", "Describe the picture."]), f"I see {number} {color} {plural}."
    return question, f"There are {number} {plural}."


def about_two(scene: Scene, rnd: random.Random) -> tuple[str, str]:
    """Two shapes beside or above each other."""
    (c1, s1, p1), (c2, s2, p2) = ((said["color"], said["shape"], said["place"]) for said in scene.said)
    if rnd.random() < 0.5:
        (c1, s1, p1), (c2, s2, p2) = (c2, s2, p2), (c1, s1, p1)
    a, b = rnd.choice([(f"{c1} {s1}", f"{c2} {s2}"), (s1, s2)])
    if p1 in ("left", "right"):
        tell = f"The {a} is to the {p1} of the {b}."
        asked = rnd.choice([
            f"Is the {a} left or right of the {b}?", f"Is the {a} on the left or on the right of the {b}?",
            f"On which side of the {b} is the {a}, left or right?", f"Where is the {a}, left or right of the {b}?",
            f"Where is the {a}?", f"Is the {a} right or left of the {b}?",
        ])  # fmt: skip
    else:
        word = {"top": "above", "bottom": "below"}[p1]
        tell = f"The {a} is {word} the {b}."
        asked = rnd.choice([
            f"Is the {a} over or under the {b}?", f"Is the {a} higher or lower than the {b}?",
            f"Where is the {a}, above or below the {b}?", f"Where is the {a}?", f"Is the {a} below or above the {b}?",
            f"Does the {a} stand above or below the {b}?",
        ])  # fmt: skip
    return rnd.choice([
        *[(asked, tell)] * 8,
        (rnd.choice([f"What is {_ON[p1]}?", f"Which shape is {_ON[p1]}?"]), f"The {c1} {s1} is {_ON[p1]}."),
        (f"What color is the {s1}?", f"The {s1} is {c1}."),
        (f"Which color does the {s1} have?", f"The {s1} is {c1}."),
        ("What do you see?", f"I see a {c1} {s1} and a {c2} {s2}."),
        ("How many things are there?", "There are two things."),
    ])  # fmt: skip


def still(rnd: random.Random, height: int = 112, width: int = 112,
          shares: tuple[float, float, float] = (0.2, 0.25, 0.55)) -> Case:  # fmt: skip
    """A drawn scene; `shares`: of one thing, of several of a kind, of two beside each other."""
    kind, about = rnd.choices([(d.one, about_one), (d.many, about_many), (d.two, about_two)], shares)[0]
    scene = kind(rnd)
    on = d.ground(rnd, [t.color for t in scene.things])
    frames = d.drawn(scene.things, on, width, height, rnd)[None]
    return Case(*about(scene, rnd), frames, [d.cells(scene, width, height)])


def _film(scenes: list[Scene], rnd: random.Random, side: int) -> tuple[np.ndarray, list[list[Said]]]:
    """Frames of the scenes, and what is said of each pair: what its second frame shows."""
    on, seed = d.ground(rnd, [t.color for scene in scenes for t in scene.things]), rnd.getrandbits(30)
    frames = np.stack([d.drawn(scene.things, on, side, side, random.Random(seed)) for scene in scenes])
    return frames, [d.cells(scene, side, side) for scene in scenes[1::2]]


def moving(rnd: random.Random, side: int) -> Case:
    """Something that moves along an axis."""
    shape, color, way = rnd.choice(list(SHAPES)), rnd.choice(list(d.COLORS)), rnd.choice(list(d.WAYS))
    count, size = 2 * rnd.randint(2, 8), rnd.uniform(0.09, 0.16)
    dx, dy = d.WAYS[way]
    far, x0, y0 = rnd.uniform(0.2, 0.34), rnd.uniform(0.35, 0.65), rnd.uniform(0.35, 0.65)
    places = [(0.5 + far * share * dx if dx else x0, 0.5 + far * share * dy if dy else y0)
              for share in np.linspace(-1, 1, count)]  # fmt: skip
    film = _film([d.moved(Thing(shape, color, x, y, size), way) for x, y in places], rnd, side)
    listed = rnd.sample(list(d.WAYS), 4)
    asked = rnd.choice([
        f"Which way does the {shape} move?", "In which direction does it move?", f"Where does the {shape} go?",
        f"Does it go {listed[0]}, {listed[1]}, {listed[2]} or {listed[3]}?", f"How does the {shape} move?",
        f"Where does the {shape} move to, {listed[0]}, {listed[1]}, {listed[2]} or {listed[3]}?",
        "Which way does it go?",
        f"Is the {shape} moving {listed[0]}, {listed[1]}, {listed[2]} or {listed[3]}?",
    ])  # fmt: skip
    tell = rnd.choice([f"The {shape} moves {way}.", f"It moves {way}."])
    if rnd.random() < 0.1:
        asked, tell = "What do you see?", f"I see {with_article(color)} {shape} that moves {way}."
    return Case(asked, tell, *film)


def _steady(
    things: list[Thing], times: list[int], rnd: random.Random, side: int
) -> tuple[np.ndarray, list[list[Said]]]:
    """Each thing for so many frames."""
    scenes = [Scene([thing], [d.seen(thing)]) for thing, number in zip(things, times) for _ in range(number)]
    return _film(scenes, rnd, side)


def order(rnd: random.Random, side: int) -> Case:
    """Two things one after the other."""
    shapes = rnd.sample(list(SHAPES), 2)
    colors = [rnd.choice(list(d.COLORS))] * 2 if rnd.random() < 0.6 else rnd.sample(list(d.COLORS), 2)
    things = [Thing(s, c, rnd.uniform(0.3, 0.7), rnd.uniform(0.3, 0.7), rnd.uniform(0.13, 0.3))
              for s, c in zip(shapes, colors)]  # fmt: skip
    film = _steady(things, [2 * rnd.randint(1, 4), 2 * rnd.randint(1, 4)], rnd, side)
    a, b = rnd.sample(shapes, 2)
    first = rnd.choice([
        f"What was shown first, the {a} or the {b}?", f"Which one came first: {a} or {b}?", "Which shape came first?",
        "What did you see first?", f"Was the {a} or the {b} first?", f"Which was there before, the {a} or the {b}?",
    ])  # fmt: skip
    last = rnd.choice([f"What was shown last, the {a} or the {b}?", "Which shape came last?", "What did you see last?",
                       f"Which came second, the {a} or the {b}?"])  # fmt: skip
    if rnd.random() < 0.6:
        return Case(first, f"The {shapes[0]} came first.", *film)
    return Case(last, f"The {shapes[1]} came last.", *film)


def change(rnd: random.Random, side: int) -> Case:
    """One thing about a shape changes."""
    what = rnd.choice(["color", "size", "shape"])
    (shape, shape2), (color, color2) = rnd.sample(list(SHAPES), 2), rnd.sample(list(d.COLORS), 2)
    x, y = rnd.uniform(0.42, 0.58), rnd.uniform(0.42, 0.58)
    size, size2 = rnd.uniform(0.1, 0.17), rnd.uniform(0.23, 0.36)
    if what != "size":
        size2 = size = rnd.choice([size, size2])
    elif rnd.random() < 0.3:
        size, size2 = size2, size
    before = Thing(shape, color, x, y, size)
    after = Thing(shape2 if what == "shape" else shape, color2 if what == "color" else color, x, y, size2)
    times = [2 * rnd.randint(1, 4), 2 * rnd.randint(1, 4)]
    film = _steady([before, after], times, rnd, side)
    told = ["same"] * (times[0] // 2) + [what] * (times[1] // 2)
    listed = rnd.sample(["color", "size", "shape"], 3)
    asked = rnd.choice([
        f"What is different at the end, the {listed[0]}, the {listed[1]} or the {listed[2]}?", "What changed?",
        f"Did the {listed[0]}, the {listed[1]} or the {listed[2]} change?", "What has changed in the film?",
        f"Which of these changed: {listed[0]}, {listed[1]} or {listed[2]}?",
        f"Was it the {listed[0]}, the {listed[1]} or the {listed[2]} that changed?",
    ])  # fmt: skip
    return Case(asked, f"The {what} changed.", *film, told=told)


def flashes(rnd: random.Random, side: int) -> Case:
    """A dark screen that lights up one to five times."""
    number = rnd.randint(1, 5)
    dark, lit = rnd.randint(0, 60), rnd.randint(200, 255)
    levels = [0] * rnd.randint(2, 6)
    for _ in range(number):
        levels += [1] * rnd.randint(2, 4) + [0] * rnd.randint(2, 6)
    frames = np.stack([np.full((side, side, 3), lit if level else dark, np.uint8) for level in levels])
    states = ["bright" if level else "dark" for level in levels]
    states += states[-1:] * (len(states) % 2)
    said = [[{"light": d.LIGHT[a, b]}] * (side // 28) ** 2 for a, b in zip(states[::2], states[1::2])]
    asked = rnd.choice([
        "How many flashes are there?", "How often did it flash?", "Count the flashes.", "How many flashes do you see?",
        "How many times did the light go on?", "How often does the light flash?", "How many times was there light?",
        "How many times did it flash?", "How often did the light come on?", "How many times did it get bright?",
        "How many times does it blink?", "How often did it blink?", "Count how often the light goes on.",
    ])  # fmt: skip
    tell = f"There {'is' if number == 1 else 'are'} {NUMBERS[number]} flash{'' if number == 1 else 'es'}."
    return Case(asked, tell, frames, said)


def at_the_bell(rnd: random.Random, side: int) -> Case:
    """Two to four colors one after the other; a bell rings while one of them is there."""
    shape = rnd.choice(list(SHAPES))
    colors = rnd.sample(list(d.COLORS), rnd.randint(2, 3))
    size = rnd.uniform(0.14, 0.3)
    things = [Thing(shape, c, rnd.uniform(0.35, 0.65), rnd.uniform(0.35, 0.65), size) for c in colors]
    times = [2 * rnd.randint(*rnd.choice([(1, 4), (4, 7)])) for _ in colors]
    film = _steady(things, times, rnd, side)
    at = rnd.randrange(len(colors))
    begin, length = sum(times[:at]) / FPS, times[at] / FPS
    bell = begin + rnd.uniform(0.04, length - 0.16)
    listed = rnd.sample(colors, len(colors))
    choice = ", ".join(listed[:-1]) + " or " + listed[-1]
    asked = rnd.choice([
        "Which color did you see when the bell rang?", f"What color was it at the sound of the bell, {choice}?",
        f"When the bell rang, which color had the {shape}?", f"The bell rang: was the {shape} {choice} then?",
        f"Which color was the {shape} when you heard the bell?", "What was the color when it rang?",
    ])  # fmt: skip
    told = [color for color, number in zip(colors, times) for _ in range(number // 2)]
    return Case(asked, f"The {shape} was {colors[at]}.", *film, bell, told)


FILMS = {"moving": 0.18, "order": 0.2, "change": 0.37, "flashes": 0.25}
_MAKERS = {"moving": moving, "order": order, "change": change, "flashes": flashes}


def film(rnd: random.Random, shares: dict[str, float] | None = None, side: int = 84) -> Case:
    """A film without sound; `shares`: of kinds, where they are not those of FILMS."""
    shares = FILMS | (shares or {})
    return _MAKERS[rnd.choices(list(shares), list(shares.values()))[0]](rnd, side)


def case_of(kind: str, seed: int) -> Case:
    """The same case for the same seed: a "still", a "film", or a film with a "bell"."""
    rnd = random.Random(seed)
    if kind == "still":
        return still(rnd)
    return film(rnd, side=rnd.choice(SIDES)) if kind == "film" else at_the_bell(rnd, rnd.choice(SIDES))
