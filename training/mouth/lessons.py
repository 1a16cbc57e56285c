"""What the Talker learns from: replies of one to three clips behind no prompt, a question or a long conversation, laid
out as the reference lays them out, in batches of like length.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import torch
from tokenizers import Tokenizer

from training.mouth.codec import CODES, FSQ, HALVES, LEVELS, phonemes_of
from training.mouth.mel import Corpus
from training.thinker.convert import SYSTEM

PAD, BOS, EOS, MASK = 1000, 1001, 1002, 1003
TEXT_PAD, TEXT_END, VOICE = 10, 12, 13
LONGEST, SHORT = 300, 60  # codes of one reply
PROMPTED, REMEMBERING = 0.35, 0.15  # of the steps after that have a prompt, or a long conversation before them
LONGEST_PROMPT = 1600  # tokens; what a Talker has never met it answers with silence
POSITIONS = 4000  # of one step, prompts and codes, at most
WRONG = 0.12  # of the previous codes hidden, and a third as many wrong


class Texts:
    """Token ids of every clip, first in a reply (without leading space) and later in it."""

    def __init__(self, corpus: Corpus, tokenizer: Tokenizer) -> None:
        self.clips = corpus.clips
        texts = [clip.text for clip in corpus.clips]
        self.first = [e.ids for e in tokenizer.encode_batch(texts)]
        self.later = [e.ids for e in tokenizer.encode_batch([" " + text for text in texts])]
        self.user, self.answer, self.system = (tokenizer.encode(s).ids for s in (
            "<|im_start|>user\n", "<|im_end|>\n<|im_start|>assistant\n",
            f"<|im_start|>system\n{SYSTEM}<|im_end|>\n"))

    def prompt(self, length: int, rng: random.Random) -> list[int]:
        """The last ``length`` tokens of some conversation that ends where an answer begins."""
        ids: list[int] = list(self.answer)
        while len(ids) < length:
            ids = self.user + self.first[rng.randrange(len(self.first))] + ids
            ids = self.first[rng.randrange(len(self.first))] + self.answer[:2] + ids
        ids = ids[len(ids) - length:]
        return self.system + ids[len(self.system):] if length > len(self.system) + 12 else ids


def groups(indices: list[int], codes: list, longest: int, rng: random.Random) -> list[list[int]]:
    """All clips once, alone or two or three in a row."""
    order, out = indices[:], []
    rng.shuffle(order)
    while order:
        group, wanted = [order.pop()], rng.choices([1, 2, 3], [6, 3, 2])[0]
        while len(group) < wanted and order and sum(len(codes[i]) for i in [*group, order[-1]]) <= longest:
            group.append(order.pop())
        out.append(group)
    return out


def batches(indices: list[int], codes: list, size: int, longest: int, rng: random.Random) -> Iterator[list[list[int]]]:
    """Batches of about ``size`` codes whose rows are of like length, in random order."""
    def length(group: list[int]) -> int:
        return sum(len(codes[i]) for i in group)

    ready: list[list[list[int]]] = [[]]
    for group in sorted((g for g in groups(indices, codes, longest, rng) if length(g) <= longest),
                        key=lambda g: length(g) * rng.uniform(1, 1.1)):
        if ready[-1] and (len(ready[-1]) + 1) * (length(group) + 2) > size:
            ready.append([])
        ready[-1].append(group)
    rng.shuffle(ready)
    yield from ready


def prompt_length(rng: random.Random) -> int:
    """Tokens before a reply: none, a question, or a conversation."""
    kind = rng.random()
    if kind < REMEMBERING:
        return int(LONGEST_PROMPT ** rng.uniform(0.6, 1))
    if kind < REMEMBERING + PROMPTED:
        return rng.randint(36, 80) if rng.random() < 0.6 else min(200, int(rng.expovariate(1 / 25)) + 1)
    return 0


def fitting(rows: list[list[int]], codes: list, prompt: int) -> list[list[int]]:
    """As many of the rows as make POSITIONS behind such a prompt, and one at least."""
    return rows[: max(1, POSITIONS // (prompt + 2 + max(sum(len(codes[i]) for i in group) for group in rows)))]


def collate(rows: list[list[int]], codes: list, texts: Texts, prompt: int, rng: random.Random,
            spoken: list[list[int]] | None = None) -> tuple[torch.Tensor, ...]:
    """Text ids, previous codes, targets (-100: none) and muted positions, each [B, prompt + 1 + steps], and the
    phonemes in the halves of the target codes [B, prompt + 1 + steps, 2] (-100: none)."""
    steps = max(sum(len(codes[i]) for i in group) for group in rows) + 1
    shape = (len(rows), prompt + 1 + steps)
    text, before = torch.full(shape, TEXT_PAD), torch.full(shape, -1)
    target, silent = torch.full(shape, -100), torch.zeros(shape, dtype=torch.bool)
    phonemes = torch.full((*shape, HALVES), -100)
    for row, group in enumerate(rows):
        said = [int(c) for i in group for c in codes[i]]
        of = (spoken or rows)[row]
        reply = texts.first[of[0]] + [token for i in of[1:] for token in texts.later[i]] + [TEXT_END]
        line = [*texts.prompt(prompt, rng), VOICE, *reply][:shape[1]]
        text[row, :len(line)] = torch.tensor(line)
        before[row, prompt:prompt + 2 + len(said)] = torch.tensor([PAD, BOS, *said])
        target[row, prompt + 1:prompt + 2 + len(said)] = torch.tensor([*said, EOS])
        heard = np.concatenate([phonemes_of(texts.clips[i]) for i in group])
        phonemes[row, prompt + 1:prompt + 1 + len(said)] = torch.from_numpy(heard).view(-1, HALVES)
        if prompt and rng.random() < 0.5:  # sound, pictures: placeholders whose embedding is zero
            begin = rng.randrange(prompt)
            silent[row, begin:begin + rng.randint(1, prompt)] = True
            silent[row, prompt:] = False
    return text, before, target, silent, phonemes


def corrupt(before: torch.Tensor, share: float) -> torch.Tensor:
    """Some previous codes hidden or wrong, so that the text is listened to and slips are survived."""
    dice = torch.rand(before.shape)
    codes = (before >= 0) & (before < PAD)
    out = torch.where(codes & (dice < share), MASK, before)
    wrong = torch.where(torch.rand(before.shape) < 0.5, torch.randint(0, PAD, before.shape), neighbours(before))
    return torch.where(codes & (dice > 1 - share / 3), wrong, out)


def neighbours(codes: torch.Tensor) -> torch.Tensor:
    """Codes of which one digit is off by one, where it can be."""
    base, levels = FSQ().base, FSQ().levels.long()
    which = torch.randint(0, len(LEVELS), codes.shape)
    digit = codes.clamp(0, CODES - 1) // base[which] % levels[which]
    moved = digit + torch.randint(0, 2, codes.shape) * 2 - 1
    moved = torch.where((moved < 0) | (moved >= levels[which]), digit, moved)
    return codes + (moved - digit) * base[which]


class Lessons:
    """Steps of about ``size`` codes from so many clips, without end."""

    def __init__(self, clips: list[int], codes: list, texts: Texts, size: int, rng: random.Random) -> None:
        self.codes, self.texts, self.rng = codes, texts, rng
        self._batches = self._endless(clips, size)

    def _endless(self, clips: list[int], size: int) -> Iterator[list[list[int]]]:
        while True:
            yield from batches(clips, self.codes, size, LONGEST, self.rng)

    def next(self, short: bool = False) -> tuple[torch.Tensor, ...]:
        """As `collate`, with previous codes hidden or wrong; ``short``: replies of at most SHORT codes, no prompts."""
        rows, prompt = next(self._batches), 0 if short else prompt_length(self.rng)
        while short and sum(len(self.codes[i]) for i in rows[-1]) > SHORT:
            rows = next(self._batches)
        rows = fitting(rows, self.codes, prompt)
        text, before, *rest = collate(rows, self.codes, self.texts, prompt, self.rng)
        return text, corrupt(before, WRONG), *rest
