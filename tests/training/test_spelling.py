"""An ear that spells, from its checkpoint to the shipped model and back; its words, counted in texts."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
import torch

from model.thinker.lexicon import Lexicon
from tests.model.test_spelling import COUNTS, heard
from training.data.lexicon import lexicon, pairs, surfaces
from training.ear.encoder import BLOCK, Encoder
from training.ear.heard import rates
from training.ear.letters import STRUCK_FOR, Letters
from training.ear.resume import TOWER, Ear, checkpoint_of
from training.thinker.export import ear_sizes, widen_ear


def state() -> dict:
    torch.manual_seed(0)
    return dict(encoder=Encoder(width=64, layers=2, out=32).state_dict(), letters=Letters(64).state_dict())


def test_what_is_shipped_is_taken_apart_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = state()
    shipped = widen_ear(made)
    assert not any(name.startswith((f"{TOWER}proj", f"{TOWER}ln_post")) for name in shipped)
    monkeypatch.setattr("training.ear.resume.read_tensors", lambda model, part: {
        name.removeprefix(part): value for name, value in shipped.items()})  # fmt: skip
    again = checkpoint_of(Path())
    assert all(torch.equal(again["letters"][name], value) for name, value in made["letters"].items())
    layers = [name for name in made["encoder"] if name.startswith(("conv", "layers"))]
    assert set(again["encoder"]) == set(layers)
    assert all(torch.equal(again["encoder"][name], made["encoder"][name]) for name in layers)
    sizes = ear_sizes(again["encoder"])
    assert sizes["encoder_layers"] == 2 and sizes["n_window"] == BLOCK // 2 and sizes["letters"] == 30
    monkeypatch.setattr("training.ear.resume.read_tensors", lambda model, part: {"conv1.bias": torch.zeros(64)})
    with pytest.raises(SystemExit, match="does not spell"):
        checkpoint_of(Path())


def test_each_clip_of_a_batch_is_heard_for_itself() -> None:
    lengths: list[int] = []

    def words(log: torch.Tensor, alone: bool) -> torch.Tensor:
        lengths.append(len(log))
        return log[: len(log) // 2, :4] if not alone else log[:1, :4]

    ear = Ear(state(), words)  # type: ignore[arg-type]
    mel = torch.randn(2, 80, 700)
    mel[1, :, 80:] = 0
    long, short = ear(mel, torch.tensor([700, 80]), alone=False)
    assert long.shape == (175, 4) and short.shape == (20, 4)
    assert lengths == [BLOCK // 2, 350 - BLOCK // 2, 40], "block by block, and nothing of what is behind a clip"
    (by_itself,) = ear(mel[1:, :, :80], torch.tensor([80]), alone=False)
    assert torch.allclose(short, by_itself, atol=1e-4)
    assert [len(said) for said in ear(mel, torch.tensor([700, 80]), alone=True)] == [2, 1]


def test_a_bell_is_spelled_when_it_is_struck() -> None:
    torch.manual_seed(4)
    letters = Letters(16)
    stream = torch.randn(100, 16, requires_grad=True)  # may be what it likes
    optimizer = torch.optim.Adam([stream, *letters.parameters()], 0.05)
    for _ in range(150):
        loss = letters.timed_loss(stream, [0.41, 1.3])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    there = letters(stream).argmax(-1).nonzero()[:, 0].tolist()
    assert there == [*range(20, 20 + STRUCK_FOR), *range(65, 65 + STRUCK_FOR)]
    assert letters.read(stream[None], torch.tensor([100])) == ["**"]


def test_words_are_counted_as_they_are_written_inside_a_sentence() -> None:
    counts = surfaces(["Paris is old.", "In Paris I see it, in old Paris!", "It is mine -- it's well-known"])
    assert counts["Paris"] == 2 and counts["^Paris"] == 1 and counts["it's"] == 1 and counts["well"] == 1
    words = lexicon(counts + surfaces(["Is it x?"], 3) + Counter({"caf\u00e9": 5}))
    assert words["Paris"] == 3 and words["it"] == 5 and words["is"] == 5 and words["I"] == 1
    assert "in" in words and "In" not in words and "x" not in words and "caf\u00e9" not in words
    assert list(words.values()) == sorted(words.values(), reverse=True)


def test_pairs_of_words_are_counted_inside_a_text() -> None:
    assert pairs(["It is 5 o'clock, it IS.", "well-known"], 3) == {"it is": 6, "is o'clock": 3, "o'clock it": 3,
                                                                   "well known": 3}  # fmt: skip
    assert pairs(["one", "two"]) == {}


def test_errors_are_counted_by_voice() -> None:
    rows = [dict(text="See the sea.", voice="a"), dict(text="so", voice="b"), dict(text="the", voice="a")]
    shares = rates(rows, [("see the se", "see the see"), ("so", "so"), ("th", "")])
    assert shares == {"a": (pytest.approx(2 / 14), pytest.approx(2 / 4)), "b": (0, 0)}


def test_reading_again_and_again_leaves_nothing_behind() -> None:
    """The tree's arrays are used for every clip: whatever was heard before, the same is read."""
    tree, rnd = Lexicon(COUNTS), random.Random(0)
    texts = ["the clubs", "so see paris in the sea", "in", "close the close"]
    first = {text: tree.read(heard(text)) for text in texts}
    for _ in range(30):
        text = rnd.choice(texts)
        assert tree.read(heard(text)) == first[text]
