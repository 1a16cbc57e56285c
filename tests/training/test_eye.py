"""What the eye is taught is what is drawn, and what is learned is stored without loss."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch

from model.checkpoint.packed import unpack_all
from training.data import drawings
from training.data.drawings import COLORS, Scene, Thing, cells, drawn
from training.muon import orthogonal
from training.thinker.factors import packed, stored
from training.thinker.network import FUSED

NANO = Path(__file__).parents[2] / "assets" / "nano"


def test_patches_are_told_what_is_drawn_there() -> None:
    rnd = random.Random(1)
    for make in (drawings.one, drawings.many, drawings.two):
        for _ in range(10):
            scene = make(rnd)
            pixels = drawn(scene.things, (128, 128, 128), 112, 112, rnd).astype(int)
            for i, said in enumerate(cells(scene, 112, 112)):
                row, column = divmod(i, 4)
                patch = pixels[row * 28 : row * 28 + 28, column * 28 : column * 28 + 28].reshape(-1, 3)
                if said and said["color"] != "gray":
                    nearest = np.abs(patch - COLORS[said["color"]]).sum(-1).min()
                    assert nearest < 60, f"{said['color']} is said where it is not"


def test_what_moves_is_said_with_its_way() -> None:
    thing = Thing("star", "red", 0.3, 0.5, 0.2)
    scene = drawings.moved(thing, "left")
    assert scene.said == [{"size": "small", "color": "red", "shape": "star", "way": "left"}]
    said = cells(scene, 112, 112)
    assert said[4]["way"] == "left" and said[3] == {}


def test_of_two_things_the_nearer_one_is_said() -> None:
    things = [Thing("circle", "red", 0.25, 0.5, 0.2), Thing("square", "blue", 0.75, 0.5, 0.2)]
    said = cells(Scene(things, [{"color": t.color} for t in things]), 112, 112)
    assert [patch.get("color") for patch in said[4:8]] == ["red", "red", "blue", "blue"]


def test_an_orthogonal_update_keeps_its_directions() -> None:
    torch.manual_seed(0)
    update = orthogonal(torch.randn(24, 40), steps=8)
    strengths = torch.linalg.svdvals(update)
    assert strengths.min() > 0.6 and strengths.max() < 1.3


def test_factors_are_stored_again_as_they_were_read() -> None:
    base, factors = stored(NANO)
    assert base["thinker.model.embed_tokens.weight"].shape[1] == 576
    some = {key: factors[key] for key in ("3.qkv", "7.down", "20.gate_up", "29.o")}
    again = unpack_all({k.replace("low_rank_", "factor_"): v for k, v in packed(some, 640).items()})
    for key, pairs in some.items():
        layer, _, part = key.partition(".")
        for name, (a, b) in zip(FUSED[part], pairs):
            new_a, new_b = (again[f"thinker.model.layers.{layer}.{name}.weight.factor_{x}"] for x in "ab")
            product = (new_b @ new_a)[: len(b), : a.shape[1]]
            assert (product - b @ a).norm() < 0.02 * (b @ a).norm()
