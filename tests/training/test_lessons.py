"""Lessons made of clips and drawings: what lies before a reply is what the engine would have there."""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from training.data.clips import ClipWriter
from training.data.pictures import SIDE, Picture
from training.eye.teacher import WIDTH
from training.thinker import lessons as module
from training.thinker.factors import stored
from training.thinker.lessons import Lessons
from training.thinker.network import BOS, EOS, LOOK, LOOKED, Network
from training.thinker.samples import Sample
from training.thinker.seen import NAME_IT, case_of

NANO = Path("assets/nano")
ASKED = {"Do parrots sing?": "Parrots sing.", "Is glue sticky?": "Glue is sticky.", "Do snails run?": "Snails creep."}
CASES = [("still", 3), ("film", 4), ("bell", 5)]


@pytest.fixture(scope="module")
def lessons(tmp_path_factory: pytest.TempPathFactory) -> Lessons:
    data = tmp_path_factory.mktemp("data")
    (data / "questions.json").write_text(json.dumps({"questions": [], "sentences": ["A sentence."]}))
    (data / "answers.json").write_text(json.dumps(ASKED))
    sound = np.random.default_rng(1).normal(0, 0.1, 16_000)
    asked, aloud = ClipWriter(data / "kokoro"), ClipWriter(data / "aloud")
    for text in ASKED:
        asked.add(text, sound, 16_000, "af_heart")
    for kind, seed in CASES:
        aloud.add(case_of(kind, seed).question, sound, 16_000, "slt", kind=kind, seed=seed)
    for text in ("My name is Tom.", *NAME_IT):
        aloud.add(text, sound, 16_000, "slt")
    write_pictures(data / "pictures", ["dog", "apple"])
    network = Network(NANO, state=stored(NANO)[0])
    args = argparse.Namespace(
        data=data, answers=data / "answers.json", model=NANO, eye=None, ear=None, pictures=data / "pictures",
        stand_ins=1.0, repeated=0.3, kinds=[], films=[], plain_order=False, batch=4, things_as_words=False,
    )  # fmt: skip
    return Lessons(args, network, random.Random(1))


def write_pictures(stem: Path, names: list[str]) -> None:
    """One picture of each name, all of one color."""
    rows = [Picture(name, "fluent", name) for name in names]
    stem.with_suffix(".json").write_text(json.dumps([asdict(row) for row in rows]))
    stem.with_suffix(".pixels").write_bytes(np.full((len(rows), SIDE, SIDE, 4), 255, np.uint8).tobytes())
    stem.with_suffix(".features").write_bytes(np.zeros((len(rows), WIDTH), np.float16).tobytes())


def marks(lessons: Lessons, sample: Sample) -> list[int]:
    """The markers in front of what is asked, in order."""
    table = lessons.network.table
    each = {marker: table[marker] for marker in (BOS, EOS, LOOK, LOOKED)}
    return [m for row in sample.shared for m, vector in each.items() if (row == vector).all()]


def test_question_about_a_picture_is_heard_behind_it(lessons: Lessons) -> None:
    samples = lessons._aloud(3)
    replies = {lessons.network.tokenizer.decode(s.replies[0][:-1]).strip() for s in samples}
    assert replies == {case_of(kind, seed).answer for kind, seed in CASES}
    for sample in samples:
        assert marks(lessons, sample)[-4:] == [LOOK, LOOKED, BOS, EOS] or marks(lessons, sample)[:3] == [LOOK, BOS, EOS]
        assert len(sample.asked) == 2, "answered, and repeated word for word"
        assert sample.after > sample.places.max(), "what is asked comes after all of it"


def test_things_are_named_where_asked_typed_or_aloud(lessons: Lessons) -> None:
    samples = lessons._thing(40)
    replies = [lessons.network.tokenizer.decode(s.replies[0][:-1]) for s in samples]
    assert all("dog" in reply or "apple" in reply for reply in replies)
    aloud = [s for s in samples if BOS in marks(lessons, s)]
    assert 5 < len(aloud) < 30
    for sample in aloud:
        repeated = lessons.network.tokenizer.decode(sample.replies[1][:-1]).strip()
        assert marks(lessons, sample) == [LOOK, LOOKED, BOS, EOS] and repeated in NAME_IT


def test_turns_before_are_whole_exchanges(lessons: Lessons, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = [("My name is Tom.", "Hello Tom."), ("Do parrots sing?", "Parrots sing."),
            ("What is my name?", "Your name is Tom.")]  # fmt: skip
    monkeypatch.setattr(module, "conversations", lambda rnd, ordinary, number: [talk] * number)
    heard, typed = lessons._turns(2)
    assert marks(lessons, heard) == [BOS, EOS, BOS, EOS], "what there is no clip of is typed"
    assert marks(lessons, typed) == []
    network = lessons.network
    earlier = "".join(f"{q}<|im_end|>\n<|im_start|>assistant\n{a}<|im_end|>\n<|im_start|>user\n" for q, a in talk[:2])
    assert (typed.shared == network.embed(network.ids(earlier))).all()
    assert network.tokenizer.decode(typed.replies[0][:-1]) == "Your name is Tom."
    assert heard.after == len(heard.shared) == heard.places.max() + 1
