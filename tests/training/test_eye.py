"""What the eye is taught is what is drawn, and what is learned is stored without loss."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from model.checkpoint.packed import unpack_all
from training.data import drawings
from training.data.drawings import COLORS, Scene, Thing, cells, drawn
from training.data.pictures import Emoji, _icons
from training.eye.words import Said, Words
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


def icons(folder: Path) -> Path:
    """A package as Iconify's are: a red square and a blue half."""
    folder.mkdir()
    square = {"body": '<path fill="#f00" d="M0 0h32v32H0z"/>'}
    half = {"body": '<path fill="#00f" d="M0 0h16v16H0z"/>', "width": 16, "height": 32}
    drawings = {"red-apple": square, "dog-face-1": half, "sofa": half}
    kept = {"prefix": "plain", "width": 32, "height": 32, "icons": drawings}
    (folder / "icons.json").write_text(json.dumps(kept))
    return folder


def test_sets_of_icons_are_named_by_code_or_by_name(tmp_path: Path) -> None:
    apple = Emoji("1f34e", ("apple", "red apple"), ("red apple", "apple"), "")
    dog, bicycle = Emoji("1f436", ("dog",), ("dog face", "dog"), ""), Emoji("1f6b2", ("bicycle",), ("bicycle",), "")
    things = [apple, dog, bicycle]
    folder = icons(tmp_path / "plain")
    found = list(_icons(folder, things))
    assert [(picture.name, picture.style) for picture, _ in found] == [("apple", "plain"), ("dog", "plain")]
    assert (found[0][1] == (255, 0, 0, 255)).all()
    blue = (found[1][1] == (0, 0, 255, 255)).all(-1)
    assert 0.2 < blue.mean() < 0.3 and not found[1][1][~blue][..., 3].any(), "its own aspect is kept"
    (folder / "chars.json").write_text(json.dumps({"1f6b2": "sofa"}))
    assert [picture.source for picture, _ in _icons(folder, things)][-1] == "sofa"


def test_what_patches_say_is_read_as_a_name() -> None:
    tokenizer = Tokenizer.from_file(str(NANO / "tokenizer.json"))
    table = stored(NANO)[0]["thinker.model.embed_tokens.weight"].float()
    words = Words(table, tokenizer, ["dog", "jellyfish", "fire engine"])
    said: list[list[Said]] = [[{"name": name}, {}, {"name": name}, {}] for name in words.names]
    exact = words.targets(said)
    assert words.name(exact + 0.3 * torch.randn(exact.shape) * exact.std()) == words.names
    other = exact.roll(1, 0)
    assert words.mistaken(exact, said) < 0.01 < 1 < words.mistaken(other, said)
    assert words.mistaken(exact, [[{}] * 4] * 3) == 0
