"""Stage B: the ear and low-rank additions to the Thinker are trained together, so that spoken questions get answers.

A sample is the prompt the engine will use, `<|im_start|>user\\n<|audio_bos|>` audio `<|audio_eos|><|im_end|>\\n
<|im_start|>assistant\\n` behind the system message, and the answer. Losses: cross entropy of the answer's first tokens;
relative squared distance of hidden states (suffix and answer) to those of the untouched Thinker reading the question
typed; CTC of the ear, also over further clips that the language model does not see. A fifth of the samples ask for a
repetition instead, a tenth of the steps are typed questions, so that typing stays as good as it was.

    python -m training.ear.stage_b --thinker runs/thinker-sharp --ear runs/ear/stage_a.pt --data runs/data \
        --out runs/ear/stage_b.pt --minutes 75

Writes a checkpoint every two minutes and goes on from it when started again.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from evaluation.hearing import REPEAT
from training.data.questions import held_out
from training.ear.ctc import TokenTargets
from training.ear.encoder import encoder_of
from training.ear.sound import collate, load_shards, log_mel, mask, varied
from training.products import fast_products
from training.thinker.network import END, SUFFIX, Network, new_lora, unfused
from training.thinker.sharpen import RANK, pack
from training.wall_clock import train

KEEP = (6, 12, 18, 24, 30)  # layers whose streams are compared
# Share of samples drawn from each shard: (answered questions, repetitions). Natural voices first, as in Stage A.
SHARES = {"kokoro*": (0.36, 0.08), "ear-hibari": (0.26, 0.03), "mixed": (0.16, 0.05), "hibari-*": (0.0, 0.06)}


def fused_lora(state: dict) -> dict[str, tuple[Tensor, Tensor]]:
    """The factors of a checkpoint in the form Network wants."""
    return state["fused"]


class Ear:
    """A trained ear for use: sounds to what the Thinker reads."""

    def __init__(self, network: Network, state: dict):
        self.encoder = encoder_of(state["encoder"])
        self.encoder.eval()
        self.targets = TokenTargets(network.table, network.tokenizer, [], ids=state["ids"])
        self.targets.blank.data.copy_(state["blank"])
        self.bounds = state["bounds"]

    @torch.no_grad()
    def hear(self, sounds: list[np.ndarray]) -> tuple[list[Tensor], list[str]]:
        """Sounds [samples] at 16 kHz -> vectors with their markers [2 + n, 576], and the texts the ear alone reads."""
        vectors: list[Tensor] = []
        texts: list[str] = []
        for start in range(0, len(sounds), 16):
            mels = [log_mel(torch.as_tensor(s)) for s in sounds[start: start + 16]]
            e, numbers = self.encoder(*collate(mels))
            texts += self.targets.read(e, numbers)
            vectors += [torch.cat([self.bounds[:1], row[:n], self.bounds[1:]]) for row, n in zip(e, numbers)]
        return vectors, texts


class Supply:
    """Batches of clips of like length, in the proportions of SHARES, each with its request."""

    def __init__(self, folder: Path, answers: dict[str, str], targets: TokenTargets | None, rnd: random.Random):
        never = held_out()
        self.answers, self.rnd = answers, rnd
        self.rows = {name: load_shards(folder, [name], never) for name in SHARES}
        self.known = {name: [r for r in rows if r["text"] in answers] for name, rows in self.rows.items()}
        self._queue: list[list[tuple[dict, bool]]] = []

    def batch(self, size: int) -> list[tuple[dict, bool]]:
        """(clip, whether it asks for a repetition), `size` of them."""
        if not self._queue:
            pool = []
            for name, (answered, repeated) in SHARES.items():
                for rows, share, again in ((self.known[name], answered, False), (self.rows[name], repeated, True)):
                    pool += [(r, again) for r in self.rnd.sample(rows, min(len(rows), int(100 * size * share)))
                             if not again or len(r["text"]) < 70]
            pool.sort(key=lambda p: p[0]["samples"] / p[0]["rate"] * self.rnd.uniform(0.93, 1.07))
            self._queue = [pool[i: i + size] for i in range(0, len(pool) - size + 1, size)]
            self.rnd.shuffle(self._queue)
        return self._queue.pop()

    def more(self, seconds: float) -> list[dict]:
        """Further clips for the ear alone, natural voices and questions first."""
        rows: list[dict] = []
        while seconds > 0:
            name = self.rnd.choices(list(SHARES), (0.35, 0.25, 0.2, 0.2))[0]
            rows.append(self.rnd.choice(self.rows[name]))
            seconds -= rows[-1]["samples"] / rows[-1]["rate"]
        return rows


def distance(mine: list[Tensor], theirs: list[Tensor], at: tuple, at_typed: tuple) -> Tensor:
    """Mean over layers of |a - b|^2 / |b|^2 at the given (rows, columns) of both runs."""
    total = torch.zeros(())
    for a, b in zip(mine, theirs):
        b = b[at_typed]
        total = total + ((a[at] - b).pow(2).sum(-1) / b.pow(2).sum(-1).clamp(min=1)).mean() / len(mine)
    return total


def spans(lengths: list[int], answers: list[list[int]], suffix: int) -> tuple[list[int], list[int]]:
    """Rows and columns of suffix and answer positions behind content of the given lengths."""
    rows = [i for i, a in enumerate(answers) for _ in range(suffix + len(a) - 1)]
    columns = [n + j for n, a in zip(lengths, answers) for j in range(suffix + len(a) - 1)]
    return rows, columns


class Trainer:
    """Weights, losses and one optimiser over ear, markers and low-rank factors."""

    def __init__(self, args: argparse.Namespace):
        self.args, self.network = args, Network(args.thinker)
        self.teacher_prefix = self.network.prefix()
        source = args.out if args.out.exists() else args.ear
        state = torch.load(source, map_location="cpu", weights_only=False)
        self.answers = json.loads((args.thinker / "answers.json").read_text())
        self.rnd = random.Random(state["step"] + 17)
        self.supply = Supply(args.data, self.answers, None, self.rnd)
        texts = sorted({r["text"] for rows in self.supply.rows.values() for r in rows})
        self.targets = TokenTargets(self.network.table, self.network.tokenizer, texts, ids=state.get("ids"))
        self.targets.blank.data.copy_(state["blank"])
        self.encoder = encoder_of(state["encoder"])
        space = self.targets.table[0]
        self.bounds = state.get("bounds", torch.stack([space, space])).clone().requires_grad_()
        self.lora = new_lora(RANK, seed=1)
        for name, pair in state.get("fused", {}).items():
            for mine, saved in zip(self.lora[name], pair):
                mine.data.copy_(saved)
        head = [*self.encoder.proj.parameters(), self.targets.blank]
        body = [p for n, p in self.encoder.named_parameters() if not n.startswith("proj.")]
        factors = [p for pair in self.lora.values() for p in pair]
        self.groups = [(body, args.ear_rate, 0.01), (head, 3 * args.ear_rate, 0.01), ([self.bounds], 1e-3, 0.0),
                       (factors, args.rate, 0.0)]
        self.optimizer = torch.optim.AdamW([dict(params=p, lr=r, base=r, weight_decay=w) for p, r, w in self.groups],
                                           betas=(0.9, 0.98))
        self.step, self.spent = 0, 0.0
        if "fused" in state:
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.spent = state["step"], state["spent"]
        self.suffix = self.network.ids(SUFFIX)
        self.repeat = self.network.ids(REPEAT + SUFFIX)
        self.known = list(self.answers)

    def save(self, spent: float) -> None:
        """Everything to go on and to export."""
        state = dict(encoder=self.encoder.state_dict(), blank=self.targets.blank.data, bounds=self.bounds.data,
                     fused={k: (a.data, b.data) for k, (a, b) in self.lora.items()}, lora=unfused(self.lora),
                     scale=self.network.scale, ids=self.targets.ids.tolist(), optimizer=self.optimizer.state_dict(),
                     step=self.step, spent=spent)
        torch.save(state, self.args.out.with_suffix(".tmp"))
        self.args.out.with_suffix(".tmp").replace(self.args.out)

    def reply(self, text: str, again: bool) -> list[int]:
        """Tokens of the wanted reply, cut after some."""
        return [*self.network.ids(text if again else self.answers[text]), END][: self.args.tokens]

    def through(self, prompts: list[Tensor], replies: list[list[int]]) -> tuple[Tensor, list[Tensor]]:
        """Cross entropy of the replies under the trained weights, and the kept streams."""
        self.network.lora = self.lora
        x, rows, columns, targets = pack(self.network, prompts, replies)
        y, _, kept = self.network.forward(x, self.network.prefix(), keep=KEEP)
        self.network.lora = None
        return F.cross_entropy(self.network.logits(y[rows, columns]), targets), kept

    @torch.no_grad()
    def teacher(self, texts: list[str], replies: list[list[int]]) -> tuple[list[Tensor], list[int]]:
        """Streams of the untouched Thinker over typed questions and the same replies; lengths of the questions."""
        prompts = [self.network.typed(t) for t in texts]
        x, *_ = pack(self.network, prompts, replies)
        return self.network.forward(x, self.teacher_prefix, keep=KEEP)[2], [len(p) - len(self.suffix) for p in prompts]

    def typed_losses(self) -> dict[str, Tensor]:
        """One batch of typed questions."""
        texts = self.rnd.sample(self.known, self.args.batch)
        replies = [self.reply(t, False) for t in texts]
        loss, mine = self.through([self.network.typed(t) for t in texts], replies)
        theirs, lengths = self.teacher(texts, replies)
        at = spans(lengths, replies, len(self.suffix))
        return {"typed": loss, "typed_hidden": distance(mine, theirs, at, at)}

    def spoken_losses(self) -> dict[str, Tensor]:
        """One batch of clips."""
        batch = self.supply.batch(self.args.batch)
        clips = [r for r, _ in batch] + self.supply.more(self.args.more_seconds)
        mel, lengths = collate([mask(log_mel(varied(r, self.rnd)), self.rnd) for r in clips])
        with fast_products():
            e, numbers = self.encoder(mel, lengths)
        e = e.float()
        out = {"ctc": self.targets.loss(e, numbers, [r["text"] for r in clips], self.rnd)}
        plain, again = self.network.embed(self.suffix), self.network.embed(self.repeat)
        meant = self.targets.meant(e)
        heard = [torch.cat([self.bounds[:1], row[:n], self.bounds[1:]]) for row, n in zip(meant, numbers[: len(batch)])]
        replies = [self.reply(r["text"], repeats) for r, repeats in batch]
        out["spoken"], mine = self.through(
            [torch.cat([h, again if repeats else plain]) for h, (_, repeats) in zip(heard, batch)], replies)
        asked = [i for i, (_, repeats) in enumerate(batch) if not repeats]
        if asked:
            own = [replies[i] for i in asked]
            theirs, typed = self.teacher([batch[i][0]["text"] for i in asked], own)
            rows, columns = spans([len(heard[i]) for i in asked], own, len(self.suffix))
            at = [asked[i] for i in rows], columns
            out["hidden"] = distance(mine, theirs, at, spans(typed, own, len(self.suffix)))
        return out

    def train_step(self, share: float) -> dict[str, float]:
        """One step; share: how much of the time is over."""
        factor = min(1.0, (self.step + 1) / 20) * min(1.0, max(0.03, 2 * (1 - share)))
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        losses = self.typed_losses() if self.rnd.random() < 0.1 else self.spoken_losses()
        weights = {"ctc": self.args.ctc, "hidden": 1.0, "typed_hidden": 1.0}
        total = torch.stack([v * weights.get(k, 1.0) for k, v in losses.items()]).sum()
        self.optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_([p for params, *_ in self.groups for p in params], 1.0)
        self.optimizer.step()
        self.step += 1
        return {k: v.item() for k, v in losses.items()}


def main() -> None:
    """Train for so many minutes of wall time; rates rise in 20 steps and fall linearly over the second half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("thinker", "ear", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=20, help="of a reply that are learned")
    parser.add_argument("--more-seconds", type=float, default=30, help="of sound a step for the ear alone")
    parser.add_argument("--rate", type=float, default=6e-4, help="of the low-rank factors")
    parser.add_argument("--ear-rate", type=float, default=1e-4)
    parser.add_argument("--ctc", type=float, default=0.5, help="weight of the CTC loss")
    parser.add_argument("--steps", type=int, default=10**9, help="stop after so many, for a trial")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    trainer = Trainer(args)
    print({k: (len(trainer.supply.known[k]), len(v)) for k, v in trainer.supply.rows.items()}, flush=True)
    train(trainer, args.minutes, log_every=5, save_every=120.0, most_steps=args.steps)


if __name__ == "__main__":
    main()
