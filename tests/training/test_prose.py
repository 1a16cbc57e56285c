"""Sentences of all kinds for the ear (training.data.prose)."""

import json
from pathlib import Path

import pytest

from evaluation.definitions import Item
from training.data import prose
from training.data.questions import HELD_OUT


def test_long_sentences_are_cut_and_what_cannot_be_spoken_plainly_is_left_out() -> None:
    text = (
        "Call me Ishmael of the sea. In 1851 he sailed. Some years ago, never mind how long precisely, having little "
        "or no money in my purse, I thought I would sail about a little and see the watery part of the world."
    )
    assert list(prose.said(text)) == [
        "Call me Ishmael of the sea.", "Never mind how long precisely.", "Having little or no money in my purse.",
        "I thought I would sail about a little and see the watery part of the world.",
    ]  # fmt: skip
    assert list(prose.said("Mr. Smith went home to Mrs. Brown.")) == ["Mr Smith went home to Mrs Brown."]


def test_nothing_that_the_evaluation_asks_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = next(q["question"] for q in json.loads(HELD_OUT.read_text())
                if len(q["question"].split()) > 4 and q["question"].strip("?").replace(" ", "").isalpha())  # fmt: skip
    data, wordnet = tmp_path / "book" / "data", tmp_path / "wordnet"
    data.mkdir(parents=True)
    wordnet.mkdir()
    (data / "1.json").write_text(json.dumps({"text": f"{held} And then the ship went down with all hands."}))
    line = '00001 00 n 01 ship 0 000 | a vessel that carries people or goods; a fish with a long sword; "a ship"'
    for name in ("noun", "verb", "adj", "adv"):
        (wordnet / f"data.{name}").write_text(line)
    out = tmp_path / "prose.json"
    asked = Item("A fish with a long sword.", ("swordfish",))
    monkeypatch.setattr(prose, "items", lambda folder, number: [asked])
    arguments = ["prose", "--out", out, "--wordnet", wordnet, "--moby-dick", data.parent, "--sotu", data.parent]
    monkeypatch.setattr("sys.argv", [str(a) for a in arguments])
    prose.main()
    lists = json.loads(out.read_text())
    every = lists["sentences"] + lists["dev"]
    assert sorted(every) == ["A vessel that carries people or goods.", "And then the ship went down with all hands."]

