"""The ear learns to spell: CTC onto letters, of which the lexicon makes words (model/thinker/lexicon.py).

    python -m training.ear.spelling --ear runs/ear/stage_a.pt --data runs/data --out runs/ear/spelling.pt --minutes 28

Letters are heard in any word, so this learns from few voices and clips what holds for others. `--ear` is a checkpoint
of stage_a, which has learned to spell by its middle, or one of its own. With `--below` Whisper's layers learn too, at
that share of the rate: they hear accents, rooms and other voices better then, and people a little worse, which the mean
of both (training.mean) does not. Writes a checkpoint every three minutes and goes on from it.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import torch
from torch import nn

from evaluation.words import normal
from model.thinker.lexicon import Lexicon, read_words
from training.data.clips import read_clips
from training.data.questions import held_out
from training.ear.encoder import encoder_of
from training.ear.heard import heard, rates, told
from training.ear.letters import Letters
from training.ear.sound import batches, collate, load_shards, log_mel, mask, plain, throat, varied
from training.ear.stage_a import SHARES, drawn
from training.ear.surroundings import Surroundings, microphone
from training.products import fast_products
from training.wall_clock import train

WHISPER = 4  # layers that are Whisper's
SPELLED_BY = 6  # layers
DEVELOPMENT = ("dev-kokoro", "dev-prose", "dev-festival")


class Trainer:
    """The layers between Whisper's and the letters, and the letters; one optimiser over them."""

    def __init__(self, args: argparse.Namespace):
        self.args = args
        lists = json.loads((args.data / "questions.json").read_text())
        self.never = held_out() | {normal(t) for t in lists["dev"]}
        rnd = random.Random(5)
        rows = [r for group in self.clips().values() for r in group]
        self.place = Surroundings([plain(r).numpy() for r in rnd.sample(rows, min(120, len(rows)))])
        self.lexicon = Lexicon(read_words(args.model))
        self.development = [r for name in DEVELOPMENT if (args.data / f"{name}.jsonl").exists()
                            for r in read_clips(args.data / name)]  # fmt: skip
        before = torch.load(args.out if args.out.exists() else args.ear, weights_only=False)
        above = tuple(f"layers.{number}." for number in range(SPELLED_BY, 99))  # stage A's, that make tokens
        self.encoder = encoder_of({k: v for k, v in before["encoder"].items() if not k.startswith(above)})
        self.letters = Letters(self.encoder.proj.in_features)
        self.letters.load_state_dict(before["letters"])
        learned: dict[bool, list[nn.Parameter]] = {True: [], False: list(self.letters.parameters())}  # Whisper's, ours
        for name, weight in self.encoder.named_parameters():
            whispers = not name.startswith("layers.") or int(name.split(".")[1]) < WHISPER
            weight.requires_grad_(name.startswith("layers.") and (not whispers or args.below > 0))
            if weight.requires_grad:
                learned[whispers].append(weight)
        self.weights = learned[True] + learned[False]
        groups = [dict(params=learned[False], share=1.0)]
        if learned[True]:
            groups.append(dict(params=learned[True], share=args.below, weight_decay=0.0))
        self.optimizer = torch.optim.AdamW(groups, args.rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.step, self.spent = 0, 0.0
        if args.out.exists():
            self.optimizer.load_state_dict(before["optimizer"])
            self.step, self.spent = before["step"], before["spent"]
        self.rnd = random.Random(2 * self.step + 1)
        self._queue: list[list[dict]] = []

    def clips(self) -> dict[str, list[dict]]:
        """Those to learn from, by the names in SHARES."""
        return {name: load_shards(self.args.data, [name], self.never) for name in SHARES}

    def save(self, spent: float) -> None:
        """Everything to go on, and what the development voices' clips are taken for."""
        state = dict(encoder=self.encoder.state_dict(), letters=self.letters.state_dict(),
                     optimizer=self.optimizer.state_dict(), step=self.step, spent=spent)  # fmt: skip
        torch.save(state, self.args.out.with_suffix(".tmp"))
        self.args.out.with_suffix(".tmp").replace(self.args.out)
        said = heard(self.encoder, self.letters, self.lexicon, self.development)
        print(f"   letters and words wrong: {told(rates(self.development, said))}  {said[:3]}", flush=True)

    def train_step(self, share: float) -> dict[str, float]:
        """One step; share: how much of the time is over."""
        if not self._queue:  # read again what may have grown meanwhile
            self._queue = list(batches(drawn(self.clips(), 2000, self.rnd), self.args.seconds, self.rnd))
        batch = self._queue.pop()
        for group in self.optimizer.param_groups:
            rate = group["share"] * self.args.rate
            group["lr"] = rate * min(1.0, (self.step + 1) / 40) * min(1.0, max(0.02, 2 * (1 - share)))
        sounds = [microphone(throat(log_mel(varied(r, self.rnd, self.place)), self.rnd), self.rnd) for r in batch]
        mel, lengths = collate([mask(mask(s, self.rnd), self.rnd) for s in sounds])
        with fast_products():
            _, middle = self.encoder.with_middle(mel, lengths, SPELLED_BY)
        middle, numbers = middle.float(), lengths // 2
        losses = {}
        timed, speech = ([i for i, r in enumerate(batch) if ("at" in r) is told] for told in (True, False))
        if speech:
            texts = [batch[i]["text"] for i in speech]
            losses["letters"] = self.letters.loss(middle[speech], numbers[speech], texts)
        if timed:
            each = [self.letters.timed_loss(middle[i, : numbers[i]], batch[i]["at"]) for i in timed]
            losses["bells"] = self.args.bells * torch.stack(each).mean()
        self.optimizer.zero_grad()
        torch.stack([*losses.values()]).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.step += 1
        return {name: loss.item() for name, loss in losses.items()} | {"clips": len(batch)}


def main() -> None:
    """Train for so many minutes of wall time; the rate rises in 40 steps and falls linearly over the second half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ear", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path("assets/nano"), help="has the words, to look on with")
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--seconds", type=float, default=60, help="audio in a step")
    parser.add_argument("--below", type=float, default=0.0, help="rate of Whisper's layers, as a share")
    parser.add_argument("--bells", type=float, default=0.1, help="weight of the loss of clips whose times are told")
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    train(Trainer(args), args.minutes, log_every=20)


if __name__ == "__main__":
    main()
