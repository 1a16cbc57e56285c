"""What `eval` counts with and what it shows: the answers that it holds for right can be seen and heard."""

from __future__ import annotations

import math
import re

import cv2
import numpy as np
import pytest

from evaluation.results import quotient, share
from evaluation.scenes import COLORS, NUMBERS, SHAPES, Scene, scenes
from evaluation.sounds import RATE, bell, in_room, room
from evaluation.things import things
from evaluation.words import right, word_errors


def test_intervals_hold_the_value_and_shrink_with_the_cases() -> None:
    few, many = share("x", [True] * 7 + [False] * 3), share("x", ([True] * 7 + [False] * 3) * 20)
    assert few.value == many.value == pytest.approx(0.7)
    assert few.low < many.low < 0.7 < many.high < few.high
    assert (few.low, few.high) == pytest.approx((0.397, 0.892), abs=0.001)  # Wilson's, from a table
    assert share("x", [True] * 5).low > 0.5 and math.isnan(share("x", []).value)
    rate = quotient("wer", [1, 0, 2, 0] * 10, [5, 5, 5, 5] * 10)
    assert rate.value == pytest.approx(0.15) and rate.low < 0.15 < rate.high < 0.3


def test_words_are_compared_as_they_are_heard() -> None:
    assert word_errors("Press five, then wait.", "press 5 then wait") == (0, 4)
    assert word_errors("one two three four", "one too three") == (2, 4)
    assert word_errors("twenty-four hours", "24 hours!") == (0, 3)
    assert right("It is Paris.", ["paris"]) and not right("It is comparison.", ["paris"])
    assert right("I count 5.", NUMBERS[5]) and not right("I count 15.", NUMBERS[5])


@pytest.mark.parametrize("suite", ["image", "video", "sound and picture"])
def test_scenes_are_the_same_in_every_run_and_answers_are_balanced(suite: str) -> None:
    once, again = scenes(suite, 12), scenes(suite, 12)
    assert all(np.array_equal(a.frames, b.frames) and a.question == b.question for a, b in zip(once, again))
    for kind in {s.kind for s in once}:
        answers = {s.accepted[0] for s in once if s.kind == kind}
        assert len(answers) > 1, f"{kind} has always the same answer"
        assert all(not right(s.accepted[0].strip("\\b"), s.refused) for s in once if s.kind == kind)


def test_pictures_show_what_counts_as_right() -> None:
    for scene in scenes("image", 20):
        mask, centers = _drawn(scene.frames[0])
        if scene.kind == "count":
            assert NUMBERS[len(centers)] == scene.accepted
        elif scene.kind == "color":
            assert _color(scene.frames[0], mask) == scene.accepted[0]
        elif scene.kind == "place":
            assert _places(scene) == scene.accepted[0]
        else:
            assert scene.accepted in SHAPES.values()


def test_films_show_what_counts_as_right() -> None:
    for scene in scenes("video", 12):
        if scene.kind == "direction":
            begin, end = (_drawn(scene.frames[i])[1][0] for i in (0, -1))
            dx, dy = end - begin
            way = ("right" if dx > 0 else "left") if abs(dx) > abs(dy) else ("down" if dy > 0 else "up")
            assert way == scene.accepted[0]
        elif scene.kind == "flashes":
            lit = scene.frames.mean((1, 2, 3)) > 128
            assert NUMBERS[int((np.diff(lit.astype(int)) == 1).sum())] == scene.accepted


def test_things_are_named_by_their_own_names_alone() -> None:
    all_things = things(200)
    assert len(all_things) == 200 and all(scene.frames.std() > 5 for scene in all_things)
    names = [re.sub(r"\\b|s\?", "", scene.accepted[0]) for scene in all_things]
    assert len(set(names)) == 200
    by_name = dict(zip(names, all_things))
    assert right("It is a pen.", by_name["pen"].accepted) and not right("It is a penguin.", by_name["pen"].accepted)
    assert right("These are two cats.", by_name["cat"].accepted)
    assert [s.accepted for s in things(10)] == [s.accepted for s in all_things[::20]]


def test_the_bell_rings_while_the_right_color_is_shown() -> None:
    for scene in scenes("sound and picture", 12):
        assert scene.samples is not None
        start = int(np.flatnonzero(np.abs(scene.samples) > 0.01)[0])
        for at in (start / RATE, (start + len(bell())) / RATE):
            frame = scene.frames[int(at * len(scene.frames) / (len(scene.samples) / RATE))]
            assert _color(frame, _drawn(frame)[0]) == scene.accepted[0]


def test_a_room_keeps_the_words_and_adds_what_comes_after_them() -> None:
    click = np.zeros(RATE, np.float32)
    click[1000] = 0.5
    there = in_room(click, 3)
    assert np.argmax(np.abs(there)) in range(990, 1400) and np.abs(there[:990]).max() < 1e-3
    assert np.abs(there[3000:6000]).max() > 1e-3, "no echo"
    assert not np.array_equal(room(1), room(2))


def _drawn(frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mask of what is no ground, centers [n, 2] of the pieces)."""
    mask = (np.abs(frame.astype(int) - frame[0, 0].astype(int)).sum(-1) > 12).astype(np.uint8)
    count, _, stats, centers = cv2.connectedComponentsWithStats(mask)
    return mask, np.array([centers[i] for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] > 60])


def _color(frame: np.ndarray, mask: np.ndarray) -> str:
    inside = frame[cv2.erode(mask, np.ones((5, 5), np.uint8)) > 0].astype(int)
    return min(COLORS, key=lambda name: float(np.abs(inside - COLORS[name]).sum(1).mean()))


def _places(scene: Scene) -> str:
    words = scene.question.split()
    one, other = words[2], words[-2]
    at = []
    for color in (one, other):
        ys, xs = np.nonzero(np.abs(scene.frames[0].astype(int) - COLORS[color]).sum(-1) < 12)
        at.append((xs.mean(), ys.mean()))
    (x1, y1), (x2, y2) = at
    if "left" in scene.question:
        return "left" if x1 < x2 else "right"
    return "above" if y1 < y2 else "below"
