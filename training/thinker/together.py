"""Everything together: the shipped Thinker learns to answer about what the eye says, and keeps what it could.

Pictures of things, drawn scenes, films and films with a bell, with typed questions and, "aloud", with spoken ones;
typed questions; spoken questions through the shipped ear or another, which stays as it is; conversations of several
"turns", typed or spoken; and sentences that it is to find as likely as SmolLM2 did ("kept"). What is learned goes into
the factors that the model is stored with (training.thinker.factors).

    python -m training.thinker.together --model assets/nano --data runs/data --pictures runs/eye/pictures \
        --eye runs/eye/eye.pt --out runs/thinker-together.pt --minutes 60

--eye may be a model's folder too. --ear is a checkpoint of training.ear.spelling; both are read again when they change.
Without --eye, or for the share of --stand-ins, the words themselves take the place of the eye's output, blurred, so
that this can begin while the eye is still trained. --pictures is for the kind `thing` alone. `--plain-order` gives
pictures and sound of a film the positions of text, to show what the time-aligned ones are worth. Writes a checkpoint
every three minutes and goes on from it. With torchrun several processes train together (training.side_by_side).
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch

from training.side_by_side import average, join
from training.thinker.factors import stored
from training.thinker.lessons import KINDS, Lessons
from training.thinker.network import Network
from training.thinker.samples import drift_of, loss_of
from training.thinker.seen import FILMS
from training.wall_clock import train


class Trainer:
    """The Thinker's factors, and one optimiser over them."""

    def __init__(self, args: argparse.Namespace, rank: int):
        self.args = args
        state, factors = stored(args.model)
        self.network = Network(args.model, state=state)
        self.step, self.spent = 0, 0.0
        saved = torch.load(args.out, weights_only=False) if args.out.exists() else None
        if saved is not None:
            factors, self.step, self.spent = saved["factors"], saved["step"], saved["spent"]
        self.network.factors = {k: [(a.requires_grad_(), b.requires_grad_()) for a, b in v] for k, v in factors.items()}
        self.weights = [w for group in self.network.factors.values() for pair in group for w in pair]
        self.optimizer = torch.optim.AdamW(self.weights, args.rate, (0.9, 0.98), weight_decay=0.0)
        if saved is not None:
            self.optimizer.load_state_dict(saved["optimizer"])
        self.lessons = Lessons(args, self.network, random.Random(11 + 2 * self.step + rank))

    def save(self, spent: float) -> None:
        """Everything to go on and to export."""
        assert self.network.factors is not None
        factors = {k: [(a.detach(), b.detach()) for a, b in v] for k, v in self.network.factors.items()}
        torch.save(dict(factors=factors, optimizer=self.optimizer.state_dict(), step=self.step, spent=spent),
                   self.args.out.with_suffix(".tmp"))  # fmt: skip
        self.args.out.with_suffix(".tmp").replace(self.args.out)

    def train_step(self, share: float) -> dict[str, float]:
        """One step; share: how much of the time is over."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.args.rate * min(1.0, (self.step + 1) / 20) * min(1.0, max(0.02, 2 * (1 - share)))
        kind, samples = self.lessons.batch()
        loss = (drift_of if kind == "kept" else loss_of)(self.network, samples)
        self.optimizer.zero_grad()
        loss.backward()
        average([w.grad for w in self.weights if w.grad is not None])
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.step += 1
        return {kind: loss.item()}


def kind_and_share(text: str) -> tuple[str, float]:
    """ "typed=0.3" as the kind (of lessons or of films) and its share."""
    kind, _, share = text.partition("=")
    if kind not in KINDS | FILMS:
        raise argparse.ArgumentTypeError(f"There is no kind {kind!r}; there are {', '.join(KINDS | FILMS)}.")
    return kind, float(share)


def main() -> None:
    """Train for so many minutes of wall time; rates rise in 20 steps and fall linearly over the second half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/nano"))
    for name in ("data", "answers", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, help="things to name")
    parser.add_argument("--eye", type=Path)
    parser.add_argument("--ear", type=Path)
    parser.add_argument("--stand-ins", type=float, default=0.2, help="share of pictures given as words")
    parser.add_argument("--repeated", type=float, default=1 / 3, help="share of the spoken that is no question")
    parser.add_argument("--things-as-words", action="store_true", help="the eye has seen drawn scenes alone")
    parser.add_argument("--kinds", nargs="*", type=kind_and_share, default=[], help="other shares: typed=0.3 film=0.1")
    parser.add_argument("--films", nargs="*", type=kind_and_share, default=[], help="the same for films: change=0.6")
    parser.add_argument("--plain-order", action="store_true")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.pictures is None and (KINDS | dict(args.kinds))["thing"]:
        parser.error("Without --pictures there is nothing to name: give --kinds thing=0.")
    rank = join()
    torch.set_num_threads(args.threads)
    torch.manual_seed(rank)
    train(Trainer(args, rank), args.minutes, log_every=20)


if __name__ == "__main__":
    main()
