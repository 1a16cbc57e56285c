"""Teaches the Talker to prefer those of its own replies that say what they should: direct preference optimisation.

    python -m training.mouth.prefer --minutes 60

Of every text it says a number of replies, as it would in use; the judge ranks them by how far they are from the
text's phonemes, those that come to no end last. The best and the worst are a pair, and the loss is that of the paper
(§2.4): -log sigmoid(beta (log P(best) / P0(best) - log P(worst) / P0(worst))), where P0 is the Talker that it began
with. Beside it stand the likelihood of the best reply and, so that it keeps what it knows, a step of the ordinary
training. Replies are always those of the Talker as it is by then. From ``talker.pt``, which stays, to
``preferring.pt``.
"""

from __future__ import annotations

import argparse
import copy
import random

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from training.mouth.judge import load_judge
from training.mouth.loop import Loop
from training.mouth.mel import Corpus
from training.mouth.replies import Said, Usual, arguments, batches_of_texts, examine, lines, say, wanted_texts
from training.mouth.talker import TrainedTalker, in_all, load_talker

BETA = 0.1
KEPT = 0.2  # weight of the best reply's own cross entropy
APART = 0.1  # nats a phoneme by which two replies must differ to be a pair


def best_and_worst(replies: list[Said]) -> list[tuple[Said, Said]]:
    """The pair among the replies to one text; none where all are as good, or as bad."""
    ranked = sorted(replies, key=lambda reply: reply.distance)
    best, worst = ranked[0], ranked[-1]
    return [(best, worst)] if best.ended and worst.distance - best.distance > APART else []


def likelihood(net: TrainedTalker, data: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Log likelihood of each row's targets [B]."""
    text, before, target = data
    logits = net(net.embed(text, before)) @ net.code_head().T
    return -F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none").view(target.shape).sum(1)


def preference(net: TrainedTalker, first: TrainedTalker, pairs: list[tuple[Said, Said]]) -> dict[str, torch.Tensor]:
    """The paper's loss (dpo), the better replies' cross entropy a code (kept), and the share of pairs in which the
    better one has gained on the worse (right)."""
    better, worse = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    data = lines(better + worse)
    now = likelihood(net, data)
    with torch.no_grad():
        then = likelihood(first, data)
    gained, lost = (now - then).view(2, -1)
    codes = sum(len(reply.codes) + 1 for reply in better)
    return {"dpo": -F.logsigmoid(BETA * (gained - lost)).mean(), "kept": -now[: len(better)].sum() / codes,
            "right": (gained > lost).float().mean(), "gained": gained.mean(), "lost": lost.mean()}


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(0)
    runs, tokenizer = args.runs, Tokenizer.from_file(str(args.tokenizer))
    corpus, judge, net = Corpus(args.data, runs / "mels"), load_judge(runs), load_talker(runs, tokenizer)
    first = copy.deepcopy(net).requires_grad_(False)
    loop = Loop(runs, "preferring", args.minutes, net, args.rate, hold=0.6, decay=0.01, warm=20)
    rng = random.Random(loop.steps)
    texts = batches_of_texts(wanted_texts(args.data), args.texts, rng)
    usual = Usual(runs, corpus, tokenizer, args.size, rng)
    for _ in loop:
        said = say(net, judge, tokenizer, next(texts), args.times, seed=loop.steps)
        groups = [said[begin : begin + args.times] for begin in range(0, len(said), args.times)]
        pairs = [pair for group in groups for pair in best_and_worst(group)]
        if not pairs:
            continue
        losses, kept = preference(net, first, pairs), usual.losses(net)
        loss = losses["dpo"] + KEPT * losses["kept"] + in_all(kept)
        shown = {name: value.item() for name, value in (losses | kept).items()}
        loop.step(loss, every=20, distance=sum(reply.distance for reply in said) / len(said), pairs=len(pairs), **shown)
        if loop.steps % 50 == 0:
            print(f"TEST {examine(net, judge, tokenizer, corpus):.3f}", flush=True)
    print(f"TEST {examine(net, judge, tokenizer, corpus):.3f} {loop.steps} steps", flush=True)


def main() -> None:
    torch.set_num_threads(1)
    train(arguments(__doc__.splitlines()[0], 1e-4, 16, 8))


if __name__ == "__main__":
    main()
