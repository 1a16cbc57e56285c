"""A judge of codes: how far they are from saying the phonemes that they should say. Used in training only.

    python -m training.mouth.judge --minutes 5

It hears a few codes on either side and tells the phoneme of every half code. What a reply should say is laid along what
was heard, in order, with pauses allowed between words; the judge's score is how much likelier, a phoneme, its own free
hearing is than that. It takes a thousandth of the time of DiT, vocoder and a recogniser, and so ranks replies by the
ten thousand (training.mouth.prefer); what a stranger understands is measured by Whisper (training.mouth.measure).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from training.mouth.codec import CODES, FSQ, HALVES, PHONEMES, load_codes, phonemes_of
from training.mouth.loop import Loop
from training.mouth.mel import Corpus
from training.products import fast_products

SILENCE, OTHER = PHONEMES.index("."), PHONEMES.index("_")
CROP = 64  # codes of a training sample
NEVER = -1e4


class Judge(nn.Module):
    """Codes [b, n] → logits of the phonemes in their halves [b, 2 n, phonemes]; hears 200 ms on either side."""

    def __init__(self, width: int = 192, blocks: int = 4) -> None:
        super().__init__()
        self.fsq = FSQ()
        self.of_code = nn.Embedding(CODES, width)
        self.of_digits = nn.Linear(4, width)
        self.mix = nn.ModuleList(nn.Conv1d(width, 2 * width, 3, padding=1) for _ in range(blocks))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks))
        self.out = nn.Linear(width, HALVES * len(PHONEMES))

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        x = self.of_code(codes) + self.of_digits(self.fsq.digits(codes))
        for norm, mix in zip(self.norms, self.mix):
            x = x + F.glu(mix(norm(x).transpose(1, 2)), 1).transpose(1, 2)
        return self.out(F.rms_norm(x, x.shape[-1:])).unflatten(-1, (HALVES, -1)).flatten(1, 2)


@dataclass(frozen=True)
class Wanted:
    """What a reply should say: numbers of its phonemes in order, a pause (``SILENCE``) wherever one may be."""

    states: tuple[int, ...]

    @classmethod
    def of(cls, phonemes: str) -> Wanted:
        """From the voice's phonemes of a sentence, words apart by blanks."""
        states = [SILENCE]
        for sound in phonemes:
            if sound in "ˈˌ":
                continue
            number = SILENCE if sound in " ,.!?;:—…" else max(OTHER, PHONEMES.find(sound))
            if number != SILENCE or states[-1] != SILENCE:
                states.append(number)
        return cls((*states, SILENCE) if states[-1] != SILENCE else tuple(states))

    @property
    def count(self) -> int:
        """Phonemes without the pauses."""
        return sum(state != SILENCE for state in self.states)


@torch.no_grad()
def misheard(judge: Judge, replies: list[list[int]], wanted: list[Wanted]) -> list[torch.Tensor]:
    """By how many nats each reply's codes [codes] are taken for something else than what they should say there, when
    its phonemes are laid along the codes as well as can be."""
    longest, states = max(map(len, replies)), max(len(w.states) for w in wanted)
    codes = torch.zeros(len(replies), longest, dtype=torch.long)
    order = torch.full((len(replies), states), SILENCE)
    for row, (reply, want) in enumerate(zip(replies, wanted)):
        codes[row, : len(reply)] = torch.tensor(reply)
        order[row, : len(want.states)] = torch.tensor(want.states)
    heard = judge(codes).log_softmax(-1)
    free = heard.max(-1).values
    said = heard.gather(2, order[:, None].expand(-1, heard.shape[1], -1))  # [b, halves, states]
    skips = F.pad(order[:, 1:-1] == SILENCE, (2, 0))  # a state whose forerunner is a pause can follow the one before
    best = torch.full(order.shape, NEVER)
    best[:, :2] = said[:, 0, :2]
    came = torch.zeros(said.shape, dtype=torch.int8)  # from how many states back
    bests = [best]
    for at in range(1, said.shape[1]):
        one = F.pad(best[:, :-1], (1, 0), value=NEVER)
        two = F.pad(best[:, :-2], (2, 0), value=NEVER).masked_fill(~skips, NEVER)
        best, back = torch.stack([best, one, two]).max(0)
        best, came[:, at] = best + said[:, at], back.to(torch.int8)
        bests.append(best)
    rows = torch.arange(len(replies))
    ends = HALVES * torch.tensor([len(reply) for reply in replies]) - 1
    last = torch.tensor([len(want.states) - 1 for want in wanted])
    final = torch.stack(bests)[ends, rows]  # [b, states]
    state = last - (final[rows, last - 1] > final[rows, last]).long()  # the pause at the end may be missing
    apart = torch.zeros(free.shape)
    for at in reversed(range(said.shape[1])):
        inside = at <= ends
        apart[:, at] = torch.where(inside, free[:, at] - said[rows, at, state], 0.0)
        state = torch.where(inside, state - came[rows, at, state], state)
    by_code = apart.unflatten(1, (-1, HALVES)).sum(-1)
    return [row[: len(reply)] for row, reply in zip(by_code, replies)]


def distances(judge: Judge, replies: list[list[int]], wanted: list[Wanted]) -> list[float]:
    """How far each reply's codes are from what it should say, in nats a phoneme; 0 where the judge hears just that."""
    return [float(apart.sum()) / max(1, want.count) for apart, want in zip(misheard(judge, replies, wanted), wanted)]


def load_judge(runs: Path) -> Judge:
    """The judge that was trained in this folder."""
    net = Judge()
    net.load_state_dict(torch.load(runs / "judge.pt", weights_only=False)["net"])
    return net.eval()


def _samples(corpus: Corpus, codes: list[np.ndarray], chosen: np.ndarray,
             rng: np.random.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Pieces of clips: codes [CROP], and the phonemes of their halves (-100: none)."""
    for i in chosen:
        row, said = codes[i], phonemes_of(corpus.clips[i])
        begin = int(rng.integers(0, max(0, len(row) - CROP) + 1))
        part, told = row[begin : begin + CROP], said[HALVES * begin : HALVES * (begin + CROP)]
        gap = CROP - len(part)
        yield (torch.from_numpy(np.pad(part, (0, gap), mode="edge")),
               torch.from_numpy(np.pad(told, (0, HALVES * gap), constant_values=-100)))


def train(runs: Path, data: Path, minutes: float) -> None:
    """Learn the halves' phonemes from the corpus's codes."""
    torch.manual_seed(0)
    rng, corpus, codes, net = np.random.default_rng(0), Corpus(data, runs / "mels"), load_codes(runs), Judge()
    known = [i for i in corpus.train if corpus.clips[i].ends]
    loop = Loop(runs, "judge", minutes, net, 2e-3, hold=0.4)
    for _ in loop:
        taken, said = (torch.stack(x) for x in zip(*_samples(corpus, codes, rng.choice(known, 32), rng)))
        with fast_products():
            heard = net(taken)
        loss = F.cross_entropy(heard.flatten(0, 1).float(), said.flatten())
        loop.step(loss, every=200)
    print(examine(net, corpus, codes), f"{loop.steps} steps", flush=True)


@torch.no_grad()
def examine(net: Judge, corpus: Corpus, codes: list[np.ndarray], count: int = 100) -> str:
    """On held-out recordings: halves told rightly, and the distance of their codes from their own text and another."""
    net.eval()
    held = [i for i in corpus.test if corpus.clips[i].ends][:count]
    right = []
    for i in held:
        said = torch.from_numpy(phonemes_of(corpus.clips[i]))
        heard = net(torch.from_numpy(codes[i])[None])[0].argmax(-1)
        right.append((heard == said)[said >= 0].float())
    replies = [codes[i].tolist() for i in held]
    wanted = [Wanted.of(corpus.clips[i].phonemes) for i in held]
    own, other = (np.mean(distances(net, replies, w)) for w in (wanted, wanted[1:] + wanted[:1]))
    return f"held-out: halves right {torch.cat(right).mean():.3f}, distance {own:.3f}, from other texts {other:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    train(args.runs, args.data, args.minutes)


if __name__ == "__main__":
    main()
