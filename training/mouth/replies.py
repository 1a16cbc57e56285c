"""What the Talker says of texts by itself, judged; and the ordinary training that goes on beside what is learned of it.

The judge is training.mouth.judge: no recogniser of words could hear so many replies.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer

from training.data.shards import read_shard, shards
from training.mouth import talker
from training.mouth.codec import load_codes
from training.mouth.judge import Judge, Wanted, misheard
from training.mouth.lessons import Lessons, Texts
from training.mouth.mel import Corpus
from training.mouth.talker import TrainedTalker

TEMPERATURE, TOP_K, TOP_P = 0.7, 30, 0.85  # a little bolder than in use, so that replies differ
ENDLESS = 2.0  # nats a phoneme that a reply without an end counts as further off
LONGEST = 110  # letters of a text
ANSWERS = 5  # times that the product's own answers count: what it says most


@dataclass(frozen=True)
class Said:
    """One reply: token ids of its text and how many phonemes that has, its codes, by how many nats each of them is
    taken for something else, and whether it came to an end."""

    text: list[int]
    phonemes: int
    codes: list[int]
    apart: torch.Tensor
    ended: bool

    @property
    def distance(self) -> float:
        """From what it should say, in nats a phoneme."""
        return float(self.apart.sum()) / max(1, self.phonemes) + ENDLESS * (not self.ended)


Text = tuple[str, str]  # as it is written, and its phonemes


def wanted_texts(data: Path) -> list[Text]:
    """All sentences that are not held out, also of shards in ``later``, which were never made into mels."""
    found = [(index.name.startswith("hibari-answers"), clip) for folder in (data, data / "later")
             for index in shards(folder) for clip in read_shard(index) if not clip.test and len(clip.text) <= LONGEST]
    return [(clip.text, clip.phonemes) for answer, clip in found for _ in range(ANSWERS if answer else 1)]


def batches_of_texts(texts: list[Text], count: int, rng: random.Random) -> Iterator[list[Text]]:
    """All texts again and again, those of like length together."""
    while True:
        order = sorted(texts, key=lambda pair: len(pair[0]) * rng.uniform(1, 1.2))
        ready = [order[begin : begin + count] for begin in range(0, len(order) - count + 1, count)]
        rng.shuffle(ready)
        yield from ready


def say(net: TrainedTalker, judge: Judge, tokenizer: Tokenizer, texts: list[Text], times: int, seed: int) -> list[Said]:
    """``times`` replies of every text, those of one text behind each other."""
    ids = [tokenizer.encode(text).ids for text, _ in texts for _ in range(times)]
    wanted = [Wanted.of(phonemes) for _, phonemes in texts for _ in range(times)]
    longest = min(talker.LONGEST, 20 + int(2.5 * max(len(text) for text, _ in texts)))
    codes = [row or [0] for row in net.speak(ids, TEMPERATURE, TOP_K, TOP_P, longest, seed)]
    return [Said(text, want.count, row, apart, len(row) < longest)
            for text, want, row, apart in zip(ids, wanted, codes, misheard(judge, codes, wanted))]


def lines(replies: list[Said]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Text ids, previous codes and targets (-100: none) [B, 1 + steps], as training.mouth.lessons.collate has them."""
    steps = max(len(reply.codes) for reply in replies) + 1
    shape = (len(replies), 1 + steps)
    text, before = torch.full(shape, talker.TEXT_PAD), torch.full(shape, -1)
    target = torch.full(shape, -100)
    for row, reply in enumerate(replies):
        line = [talker.VOICE, *reply.text, talker.TEXT_END][: shape[1]]
        said = [*reply.codes, talker.EOS] if reply.ended else reply.codes
        text[row, : len(line)] = torch.tensor(line)
        before[row, : 2 + len(reply.codes)] = torch.tensor([talker.PAD, talker.BOS, *reply.codes])
        target[row, 1 : 1 + len(said)] = torch.tensor(said)
    return text, before, target


def examine(net: TrainedTalker, judge: Judge, tokenizer: Tokenizer, corpus: Corpus, count: int = 96) -> float:
    """How far replies to held-out texts are from them, in nats a phoneme."""
    held = [(corpus.clips[i].text, corpus.clips[i].phonemes) for i in corpus.test[:count]]
    return sum(reply.distance for reply in say(net, judge, tokenizer, held, 1, seed=0)) / count


class Usual:
    """The ordinary training (training.mouth.talker), a step at a time."""

    def __init__(self, runs: Path, corpus: Corpus, tokenizer: Tokenizer, size: int, rng: random.Random) -> None:
        self.lessons = Lessons(corpus.train, load_codes(runs), Texts(corpus, tokenizer), size, rng)
        self.told = talker.told_by_codes(runs)

    def losses(self, net: TrainedTalker) -> dict[str, torch.Tensor]:
        """Of the next batch of about ``size`` codes."""
        return talker.loss_of(net, self.lessons.next(), self.told)


def arguments(description: str, rate: float, texts: int, times: int) -> argparse.Namespace:
    """Of a stage that learns from replies: so many texts at a time, so many replies of each."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--texts", type=int, default=texts, help="texts at a time")
    parser.add_argument("--times", type=int, default=times, help="replies of each text")
    parser.add_argument("--size", type=int, default=1000, help="codes of the ordinary training a step")
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    parser.add_argument("--tokenizer", type=Path, default=Path("runs/thinker/tokenizer.json"))
    return parser.parse_args()
