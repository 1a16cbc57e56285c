"""Which words are asked for, and that a Thinker that knows them is told from one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.definitions import Item, items, right
from training.thinker.factors import stored
from training.thinker.network import Network

NANO = Path("assets/nano")
GLOSSES = {  # how often met in texts, and the first sense
    "hammer": (3, "a hand tool with a heavy head; used to drive nails"),
    "baker": (2, "someone who bakes bread or cake"),
    "river": (9, "a large natural stream of water (larger than a creek); \"the river was navigable\""),
    "doctor": (5, "a licensed medical practitioner"),
    "guitar": (2, "a stringed instrument with six strings"),
    "ozone": (1, "a colorless gas O3 with the smell of bleach"),
    "quoin": (0, "the keystone of an arch of a building"),
    "ox": (4, "an adult castrated bull of the genus Bos"),
}


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    lines = ["  1 a licence", "  2 in lines that begin with two spaces"]
    data = list(lines)
    for number, (word, (met, gloss)) in enumerate(GLOSSES.items()):
        lines.append(f"{word} n 2 2 @ ~ 2 {met} {number:08} 99999999  ")
        data.append(f"{number:08} 03 n 01 {word} 0 000 | {gloss}  ")
    (tmp_path / "index.noun").write_text("\n".join(lines) + "\n")
    (tmp_path / "data.noun").write_text("\n".join(data) + "\n")
    return tmp_path


def test_words_that_people_use_among_three_others(wordnet: Path) -> None:
    found = items(wordnet, 4)
    known = {item.words[0]: item.definition for item in found}
    assert known == {
        "hammer": "a hand tool with a heavy head",
        "river": "a large natural stream of water",
        "doctor": "a licensed medical practitioner",
        "guitar": "a stringed instrument with six strings",
    }, "not what names its word, is hardly met, or is no plain sentence"
    assert all(len(set(item.words)) == 4 and set(item.words) <= known.keys() for item in found)


def test_the_word_is_told_by_its_definition() -> None:
    state, _ = stored(NANO)
    smollm = Network(NANO, state=state)
    river = Item("a large natural stream of water", ("river", "hammer", "doctor", "guitar"))
    assert right(smollm, river)
    assert not right(smollm, Item(river.definition, river.words[1:] + river.words[:1]))
