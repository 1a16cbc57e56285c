"""Stage A: the ear alone. Whisper's encoder is trained with CTC onto the frozen token embeddings of the Thinker.

    python -m training.ear.stage_a --thinker runs/thinker --whisper WHISPER/model.bin --data runs/data \
        --out runs/ear/stage_a.pt --minutes 40

With `--ear` and another of its checkpoints in place of `--whisper` it goes on from that. (The shipped ear has no tokens
any more: training.ear.spelling goes on from it.)
`--more-layers 3` puts layers on top; in its middle, by default below them, it learns to spell (training.ear.letters).
It writes a checkpoint every three minutes and goes on from it when started again. With torchrun several processes train
together (training.side_by_side).
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from torch import Tensor

from evaluation.words import word_errors
from training.data.bells import SAID
from training.data.clips import read_clips
from training.data.questions import held_out, normal
from training.ear.ctc import TokenTargets
from training.ear.encoder import Encoder, deeper, encoder_of, load_whisper
from training.ear.letters import Letters
from training.ear.sound import batches, collate, load_shards, log_mel, mask, plain, varied
from training.ear.surroundings import Surroundings, microphone
from training.products import fast_products
from training.side_by_side import average, join
from training.wall_clock import train

# Share of the clips heard in training. Natural voices are few but teach what unheard voices have in common; questions
# are what the product hears; the many sentences of hibari-* bring rare words.
SHARES = {"kokoro*": 0.35, "piper": 0.08, "prose-piper": 0.1, "ear-hibari": 0.12, "mixed": 0.12, "hibari-*": 0.3,
          "prose-hibari": 0.38, "bells": 0.03}


@torch.no_grad()
def errors(encoder: Encoder, targets: TokenTargets, rows: list[dict]) -> tuple[dict[str, float], list[str]]:
    """Word error rate over each voice's clips, and the texts read."""
    wrong: dict[str, int] = {}
    total: dict[str, int] = {}
    heard: list[str] = []
    for i in range(0, len(rows), 16):
        with fast_products():
            e, n = encoder(*collate([log_mel(plain(r)) for r in rows[i: i + 16]]))
        heard += targets.read(e.float(), n)
    for row, text in zip(rows, heard):
        w, t = word_errors(row["text"], text)
        wrong[row["voice"]] = wrong.get(row["voice"], 0) + w
        total[row["voice"]] = total.get(row["voice"], 0) + t
    return {voice: wrong[voice] / total[voice] for voice in wrong}, heard


def by_voice(rates: dict[str, float]) -> str:
    """Word error rates by voice, for the log."""
    return " ".join(f"{voice} {rate:.3f}" for voice, rate in rates.items())


def drawn(groups: dict[str, list[dict]], number: int, rnd: random.Random) -> list[dict]:
    """About `number` clips in the proportions of SHARES, without repeats inside a shard's share."""
    return [r for name, rows in groups.items() for r in rnd.sample(rows, min(len(rows), int(number * SHARES[name])))]


class Trainer:
    """The ear, what it is read with while it learns, and one optimiser over them."""

    def __init__(self, args: argparse.Namespace, rank: int):
        self.args = args
        lists = json.loads((args.data / "questions.json").read_text())
        self.never = held_out() | {normal(t) for t in lists["dev"]}
        groups = self.clips()
        rows = [r for group in groups.values() for r in group]
        with safe_open(args.thinker / "thinker.safetensors", "pt") as file:
            table = file.get_tensor("thinker.model.embed_tokens.weight")
        texts = {r["text"] for r in rows} | set(lists["questions"]) | set(lists["sentences"][:45000])
        tokenizer = Tokenizer.from_file(str(args.thinker / "tokenizer.json"))
        before = next((torch.load(p, weights_only=False) for p in (args.out, args.ear) if p and p.exists()), {})
        self.targets = TokenTargets(table, tokenizer, sorted(texts), ids=before.get("ids"))
        self.development = read_clips(args.data / "dev-kokoro")
        hours = sum(r["samples"] / r["rate"] for r in rows) / 3600
        print(f"{len(rows)} clips, {hours:.1f} h, {len(self.targets.ids)} tokens", flush=True)
        rnd = random.Random(5)
        self.place = Surroundings([plain(r).numpy() for r in rnd.sample(rows, min(120, len(rows)))])
        below = self._begin()
        self.letters = Letters(self.encoder.proj.in_features)
        if "letters" in before:
            self.letters.load_state_dict(before["letters"])
        self.spell_at = args.spell_at or below
        self._optimize(below)
        self.step, self.spent = 0, 0.0
        if args.out.exists():
            state = torch.load(args.out, weights_only=False)
            self.encoder.load_state_dict(state["encoder"])
            self.letters.load_state_dict(state["letters"])
            self.targets.blank.data.copy_(state["blank"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.spent = state["step"], state["spent"]
        self.rnd = random.Random(2 * self.step + rank)
        self._queue: list[list[dict]] = []

    def clips(self) -> dict[str, list[dict]]:
        """Those to learn from, by the names in SHARES."""
        return {name: load_shards(self.args.data, [name], self.never) for name in SHARES}

    def _begin(self) -> int:
        """Make the encoder, with its new layers on top; how many are below them."""
        if self.args.ear:
            state = torch.load(self.args.ear, weights_only=False)
            if "blank" not in state:
                raise SystemExit(f"{self.args.ear} spells and knows no tokens: go on with training.ear.spelling.")
            encoder = encoder_of(state["encoder"])
            self.targets.blank.data.copy_(state["blank"])
        else:
            encoder = load_whisper(self.args.whisper)
            with torch.no_grad():  # start at the blank, so that silence is right from the first step
                encoder.proj.weight.mul_(0.1)
                encoder.proj.bias.copy_(self.targets.table[0])
        self.encoder = deeper(encoder, self.args.more_layers)
        return len(encoder.layers)

    def _optimize(self, below: int) -> None:
        """One optimiser: the way into the Thinker's space learns five times as fast as the layers that were there, new
        layers and letters four times."""
        encoder, rate = self.encoder, self.args.rate
        for part in (encoder.conv1, encoder.conv2, *encoder.layers[: self.args.still]) if self.args.still else ():
            part.requires_grad_(False)
        head = [*encoder.proj.parameters(), self.targets.blank]
        new = [*(p for layer in encoder.layers[below:] for p in layer.parameters()), *self.letters.parameters()]
        apart = set(map(id, (*head, *new)))
        body = [p for p in encoder.parameters() if p.requires_grad and id(p) not in apart]
        self.weights: list[Tensor] = [*body, *head, *new]
        groups = [dict(params=body, lr=rate, base=rate), dict(params=head, lr=rate, base=5 * rate),
                  dict(params=new, lr=rate, base=4 * rate)]
        self.optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)

    def save(self, spent: float) -> None:
        """Everything to go on, and what the development voices' clips are taken for."""
        state = dict(encoder=self.encoder.state_dict(), blank=self.targets.blank.data, ids=self.targets.ids.tolist(),
                     letters=self.letters.state_dict(), optimizer=self.optimizer.state_dict(), step=self.step,
                     spent=spent)
        torch.save(state, self.args.out.with_suffix(".tmp"))
        self.args.out.with_suffix(".tmp").replace(self.args.out)
        wer, heard = errors(self.encoder, self.targets, self.development)
        print(f"   development WER {by_voice(wer)}  {heard[:4]}", flush=True)

    def train_step(self, share: float) -> dict[str, float]:
        """One step; share: how much of the time is over."""
        if not self._queue:  # read again what may have grown meanwhile
            self._queue = list(batches(drawn(self.clips(), 2000, self.rnd), self.args.seconds, self.rnd))
        batch = self._queue.pop()
        factor = min(1.0, (self.step + 1) / 40) * min(1.0, max(0.02, 2 * (1 - share)))
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        sounds = [microphone(log_mel(varied(r, self.rnd, self.place)), self.rnd) for r in batch]
        mel, lengths = collate([mask(s, self.rnd) for s in sounds])
        with fast_products():
            e, middle = self.encoder.with_middle(mel, lengths, self.spell_at)
        e, middle = e.float(), middle.float()
        timed, speech = ([i for i, r in enumerate(batch) if ("at" in r) is told] for told in (True, False))
        texts = [batch[i]["text"] for i in speech]
        losses = {}
        if speech:
            losses["tokens"] = self.targets.loss(e[speech], lengths[speech] // 4, texts, self.rnd)
        if speech and self.args.spelling:
            losses["letters"] = self.args.spelling * self.letters.loss(middle[speech], lengths[speech] // 2, texts)
        if timed:
            each = [self.targets.timed_loss(e[i, : lengths[i] // 4], SAID, batch[i]["at"]) for i in timed]
            losses["bells"] = self.args.bells * torch.stack(each).mean()
        self.optimizer.zero_grad()
        torch.stack([*losses.values()]).sum().backward()
        average([p.grad for p in self.weights if p.grad is not None])
        torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        self.optimizer.step()
        self.step += 1
        return {name: loss.item() for name, loss in losses.items()} | {"clips": len(batch)}


def main() -> None:
    """Train for so many minutes of wall time; rates rise in 40 steps and fall linearly over the second half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("thinker", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--whisper", type=Path, help="begin with this encoder")
    parser.add_argument("--ear", type=Path, help="begin with this checkpoint")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seconds", type=float, default=60, help="audio in a step")
    parser.add_argument("--still", type=int, default=0, help="first layers that stay as they are, with what is below")
    parser.add_argument("--more-layers", type=int, default=0, help="new ones on top, at four times the rate")
    parser.add_argument("--spell-at", type=int, help="how many layers are below the letters (default: the old ones)")
    parser.add_argument("--spelling", type=float, default=1.0, help="weight of the letters' loss")
    parser.add_argument("--bells", type=float, default=0.3, help="weight of the loss of clips whose times are told")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-4)
    args = parser.parse_args()
    rank = join()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    train(Trainer(args, rank), args.minutes, log_every=20)


if __name__ == "__main__":
    main()
