"""The Talker practises: it says replies of its own, and each of its choices answers for what it led to.

    python -m training.mouth.practise --minutes 60

Preferences (training.mouth.prefer) tell which of two replies is the better one, not where the worse one went wrong.
The judge knows that: by how many nats each code is taken for something else than what should be said there. A choice
counts by how much less it, and what comes soon after it, is misheard than was to be expected; what is to be expected is
learned as well, from the Talker's hidden states. (Policy gradients with an actor and a critic.) The ordinary training
goes on beside it. From ``talker.pt``, which stays, to ``practised.pt``.
"""

from __future__ import annotations

import argparse
import random

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn

from training.mouth.codec import CODES
from training.mouth.judge import load_judge
from training.mouth.loop import Loop
from training.mouth.mel import Corpus
from training.mouth.replies import (
    TEMPERATURE,
    Said,
    Usual,
    arguments,
    batches_of_texts,
    examine,
    lines,
    say,
    wanted_texts,
)
from training.mouth.talker import SIZES, TrainedTalker, in_all, load_talker

AHEAD = 0.8  # by which the weight of what is misheard falls with every code that lies between it and a choice
MOST = 6.0  # nats that one code counts at most
SCALE = 10.0  # of what comes, about
LISTEN_FIRST = 40  # steps in which only what is to be expected is learned, and as many until it counts in full
USUAL = 0.5  # weight of the ordinary training
PARTS = 2  # steps that are made of the replies of one round


class Expectation(nn.Module):
    """How much will be misheard from here on, told from the Talker's last hidden states [n, hidden] → [n]."""

    def __init__(self) -> None:
        super().__init__()
        self.tell = nn.Sequential(nn.Linear(SIZES.hidden_size, 256), nn.GELU(), nn.Linear(256, 1))
        self.optimizer = torch.optim.AdamW(self.parameters(), 2e-3)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return SCALE * (0.5 + self.tell(F.rms_norm(hidden, hidden.shape[-1:]))[:, 0])

    def learn(self, expected: torch.Tensor, came: torch.Tensor) -> None:
        """From what came of it."""
        self.optimizer.zero_grad()
        F.mse_loss(expected / SCALE, came / SCALE).backward()
        self.optimizer.step()


def consequences(apart: list[torch.Tensor]) -> torch.Tensor:
    """What each code and those after it are misheard by, the later the less [B, longest]; 0 behind the end."""
    cost = nn.utils.rnn.pad_sequence([row.clamp(0, MOST) for row in apart], batch_first=True)
    out, after = torch.zeros_like(cost), torch.zeros(len(cost))
    for at in reversed(range(cost.shape[1])):
        after = cost[:, at] + AHEAD * after
        out[:, at] = after
    return out


def loss_of_choices(net: TrainedTalker, expectation: Expectation, said: list[Said]) -> dict[str, torch.Tensor]:
    """The loss of the choices (policy), how much of what came had been expected (known), and how likely they were."""
    text, before, target = lines(said)
    hidden, target = net(net.embed(text, before))[:, 1:-1], target[:, 1:-1]
    chosen = (target >= 0) & (target < CODES)
    hidden, target = hidden[chosen], target[chosen]
    came = consequences([reply.apart for reply in said])[chosen]
    expected = expectation(hidden.detach())
    gain = expected.detach() - came
    known = 1 - gain.var() / came.var().clamp(min=1e-3)
    expectation.learn(expected, came)
    gain = (gain - gain.mean()) / gain.std().clamp(min=0.1)
    likely = -F.cross_entropy(hidden @ net.code_head().T / TEMPERATURE, target, reduction="none")
    return {"policy": -(gain * likely).mean(), "known": known, "likely": likely.mean()}


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(0)
    runs, tokenizer = args.runs, Tokenizer.from_file(str(args.tokenizer))
    corpus, judge, net = Corpus(args.data, runs / "mels"), load_judge(runs), load_talker(runs, tokenizer)
    expectation = Expectation()
    loop = Loop(runs, "practised", args.minutes, net, args.rate, hold=0.6, decay=0.01, warm=20)
    began, rng = loop.steps, random.Random(loop.steps)
    texts = batches_of_texts(wanted_texts(args.data), args.texts, rng)
    usual = Usual(runs, corpus, tokenizer, args.size, rng)
    waiting: list[list[Said]] = []
    for _ in loop:
        if not waiting:
            said = say(net, judge, tokenizer, next(texts), args.times, seed=loop.steps)
            waiting = [said[part::PARTS] for part in range(PARTS)]
        mine = waiting.pop()
        losses, kept = loss_of_choices(net, expectation, mine), usual.losses(net)
        acts = min(1.0, max(0.0, (loop.steps - began) / LISTEN_FIRST - 1))
        shown = {name: value.item() for name, value in (losses | kept).items()}
        loop.step(acts * losses["policy"] + USUAL * in_all(kept), every=20,
                  distance=sum(reply.distance for reply in mine) / len(mine), **shown)
        if loop.steps % 50 == 0:
            print(f"TEST {examine(net, judge, tokenizer, corpus):.3f}", flush=True)
    print(f"TEST {examine(net, judge, tokenizer, corpus):.3f} {loop.steps} steps", flush=True)


def main() -> None:
    torch.set_num_threads(1)
    train(arguments(__doc__.splitlines()[0], 3e-4, 32, 4))


if __name__ == "__main__":
    main()
