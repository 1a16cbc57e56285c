"""The eye alone: pictures of things and drawn scenes → their words in the frozen token embeddings of the Thinker.

    python -m training.eye.train --thinker runs/thinker --pictures runs/eye/pictures --out runs/eye/eye.pt --minutes 90

Named pictures and scenes teach words; all pictures, those without a name too, teach the features of an ImageNet network
(training.eye.teacher), through a head that is thrown away. Writes a checkpoint every three minutes and goes on from it
when started again. With torchrun several processes train together (training.side_by_side).
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from model.checkpoint.weights import read_tensors
from model.config import VisionEncoderConfig
from model.prompt.patches import PatchFrontEnd
from model.thinker.vision_encoder import PatchGrid, VisionEncoder
from training.data.drawings import pair, still
from training.data.pictures import ONE_COLOR, read
from training.eye.teacher import WIDTH
from training.eye.views import view
from training.eye.words import Said, Words
from training.muon import Muon
from training.products import fast_products
from training.side_by_side import average, join
from training.wall_clock import train

CONFIG = VisionEncoderConfig(
    depth=5, hidden_size=160, intermediate_size=448, num_heads=5, out_hidden_size=576, fullatt_block_indexes=(1, 3, 4)
)
# Sizes in pixels (height, width) at which pictures of common aspects are seen, and how often.
SIZES = {(112, 112): 0.5, (84, 112): 0.08, (112, 84): 0.06, (84, 140): 0.1, (140, 84): 0.04, (56, 168): 0.02,
         (84, 84): 0.12, (56, 112): 0.08}  # fmt: skip
SMALL = 84
# Many sets of one color are much alike; clip art is named by words of a file's name, often for something else in it.
SELDOM = (*ONE_COLOR, "openclipart")
DEVELOPMENT, KEPT_STYLE = 150, "emojione"  # so many named drawings of a style are not trained on, to steer by


@dataclass(frozen=True)
class Batch:
    """Frames of one size, and what is known of them. features: [number of pictures, WIDTH] for the first rows."""

    frames: np.ndarray  # uint8 [B, 2, height, width, 3]
    said: list[list[Said] | None]  # at every merged patch; None where nobody named the picture
    features: Tensor


def patches(frames: np.ndarray) -> tuple[Tensor, PatchGrid]:
    """uint8 [B, 2, height, width, 3] → what the eye reads, every pair as one of a film."""
    return PatchFrontEnd().patches(frames.reshape(-1, *frames.shape[2:]))


def new_eye(seed: int = 0) -> VisionEncoder:
    """An untrained eye."""
    torch.manual_seed(seed)
    eye = VisionEncoder(CONFIG)
    for name, weight in eye.named_parameters():
        if weight.dim() > 1:
            nn.init.normal_(weight, std=weight[0].numel() ** -0.5)
        elif name.endswith("bias"):
            nn.init.zeros_(weight)
    return eye


def eye_state(shipped: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of the shipped eye under their official names → those of an eye in training: without the columns of
    pronunciation, of which it says nothing."""
    last, said = "merger.mlp.2.", CONFIG.out_hidden_size
    return {name: (value[:said] if name.startswith(last) else value).float() for name, value in shipped.items()}


class Heads(nn.Module):
    """Plain classifiers of the merged patches, thrown away after training: distances in the Thinker's space, where an
    untrained eye is far from everything, teach hardly anything."""

    def __init__(self, words: Words):
        super().__init__()
        merged = CONFIG.hidden_size * CONFIG.spatial_merge_size**2
        self.groups = nn.ModuleDict({group: nn.Linear(merged, len(table)) for group, table in words.tables.items()})
        self.something = nn.Linear(merged, 1)
        self.features = nn.Linear(merged, WIDTH)

    def losses(self, x: Tensor, said: list[list[Said]], words: Words) -> tuple[dict[str, Tensor], dict[str, float]]:
        """Cross entropies by group of words, and of whether there is anything; and how often each group is right.
        x: [pictures, patches, merged]."""
        there = torch.tensor([[float(bool(patch)) for patch in picture] for picture in said])
        right: dict[str, float] = {}
        out = {"something": F.binary_cross_entropy_with_logits(self.something(x)[..., 0], there)}
        for group, (rows, columns, answer) in words.places(said).items():
            scores = self.groups[group](x[rows, columns])
            out[group] = F.cross_entropy(scores, answer)
            right[f"({group}"] = float((scores.argmax(-1) == answer).float().mean())
        return out, right


def _often(name: str, tokens: int) -> float:
    """Words of few tokens are what people talk about; names of several words hardly."""
    return {1: 4.0, 2: 2.0}.get(tokens, 1.0) if name.isalpha() else 0.5


class Supply:
    """Batches: named pictures, some others, and scenes."""

    def __init__(self, stem: Path, tokenizer: Tokenizer, rnd: random.Random):
        self.rows, self.pixels = read(stem)
        whole = np.memmap(stem.with_suffix(".features"), np.float16, "r", shape=(len(self.rows), WIDTH))
        self.features, self.rnd = whole, rnd
        drawn = [i for i, row in enumerate(self.rows) if row.name and row.style == KEPT_STYLE]
        self.development = random.Random(1).sample(drawn, min(DEVELOPMENT, len(drawn) // 3))
        names = {self.rows[i].source for i in self.development}
        kept = {i for i, row in enumerate(self.rows) if row.style.startswith(KEPT_STYLE) and row.source in names}
        self.other = [i for i, row in enumerate(self.rows) if not row.name]
        by_name: dict[str, dict[str, list[int]]] = {}
        for i, row in enumerate(self.rows):
            if row.name and i not in kept:
                by_name.setdefault(row.name, {}).setdefault(row.style, []).append(i)
        self.by_name = by_name
        self.names = sorted(by_name)
        self.often = [_often(name, len(tokenizer.encode(f" {name}").ids)) for name in self.names]

    def named(self) -> int:
        """A name, then a style, then a picture: rare styles are as frequent as others, but for those of SELDOM."""
        styles = self.by_name[self.rnd.choices(self.names, self.often)[0]]
        often = [0.4 if style in SELDOM else 1.0 for style in styles]
        return self.rnd.choice(styles[self.rnd.choices(list(styles), often)[0]])

    def batch(self, size: int, pictures: float, small: float = 0.0) -> Batch:
        """`size` pairs of frames of one size; `small`: how often that is the smallest square."""
        height, width = self.rnd.choices(list(SIZES), list(SIZES.values()))[0]
        if self.rnd.random() < small:
            height = width = SMALL
        chosen = [self.named() if self.rnd.random() < 0.85 else self.rnd.choice(self.other)
                  for _ in range(int(size * pictures))]  # fmt: skip
        frames, said = [], []
        for i in chosen:
            one, covered = view(self.pixels[i], width, height, self.rnd)
            frames.append((one, one))
            name = self.rows[i].name
            said.append([{"name": name} if there else {} for there in covered] if name else None)
        while len(frames) < size:
            if self.rnd.random() < 0.72:
                one, there = still(width, height, self.rnd)
                frames.append((one, one))
            else:
                *two, there = pair(width, height, self.rnd)
                frames.append(tuple(two))
            said.append(there)
        features = torch.from_numpy(self.features[chosen].astype(np.float32))
        return Batch(np.stack([np.stack(f) for f in frames]), said, features)


class Trainer:
    """Eye, the head that is thrown away, losses."""

    def __init__(self, args: argparse.Namespace, rank: int = 0):
        self.args = args
        tokenizer = Tokenizer.from_file(str(args.thinker / "tokenizer.json"))
        with safe_open(args.thinker / "thinker.safetensors", "pt") as file:
            table = file.get_tensor("thinker.model.embed_tokens.weight")
        self.rnd = random.Random(7 + rank)
        self.supply = Supply(args.pictures, tokenizer, self.rnd)
        self.words = Words(table, tokenizer, self.supply.names)
        self.eye, self.head = new_eye(), Heads(self.words)
        with torch.no_grad():  # begin with silence
            self.eye.merger.mlp[2].weight.mul_(0.1)
            self.eye.merger.mlp[2].bias.copy_(self.words.blank)
        matrices = [p for p in self.eye.parameters() if p.dim() > 1]
        self.weights = [*self.eye.parameters(), *self.head.parameters()]
        others = [p for p in self.eye.parameters() if p.dim() == 1] + list(self.head.parameters())
        self.optimizers = [Muon(matrices, args.rate, weight_decay=0.01), torch.optim.AdamW(others, 2e-3, (0.9, 0.98))]
        self.bases = [args.rate, 2e-3]
        self.step, self.spent = 0, 0.0
        self._stream: Tensor | None = None
        self._first = True
        self.eye.merger.register_forward_pre_hook(self._keep)
        if args.out.exists():
            state = torch.load(args.out, weights_only=False)
            self.eye.load_state_dict(state["eye"])
            self.head.load_state_dict(state["head"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"]):
                optimizer.load_state_dict(saved)
            self.step, self.spent = state["step"], state["spent"]
            self.rnd.seed(2 * self.step + rank)
        elif args.eye is not None:
            self.eye.load_state_dict(eye_state(read_tensors(args.eye, "thinker.visual.")))

    def _keep(self, module: nn.Module, given: tuple[Tensor]) -> tuple[Tensor]:
        """At first the way into the Thinker's space teaches the encoder nothing: it would drown the heads."""
        self._stream = given[0]
        return (given[0].detach(),) if self._first else given

    def save(self, spent: float) -> None:
        """Everything to go on and to export; then what it names right is shown."""
        state = dict(eye=self.eye.state_dict(), head=self.head.state_dict(), step=self.step, spent=spent,
                     optimizers=[optimizer.state_dict() for optimizer in self.optimizers])  # fmt: skip
        torch.save(state, self.args.out.with_suffix(".tmp"))
        self.args.out.with_suffix(".tmp").replace(self.args.out)
        said, told = self.development()
        print(f"   development: named right {said:.3f}, by the head {told:.3f}", flush=True)

    def train_step(self, share: float) -> dict[str, float]:
        """One step; share: how much of the time is over."""
        for optimizer, base in zip(self.optimizers, self.bases):
            for group in optimizer.param_groups:
                group["lr"] = base * min(1.0, (self.step + 1) / 50) * min(1.0, max(0.01, 1.5 * (1 - share)))
        self._first = share < self.args.scenes_first
        batch = self.supply.batch(self.args.batch, 0.0 if self._first else self.args.things, self.args.small)
        flat, grid = patches(batch.frames)
        with fast_products(), sdpa_kernel(SDPBackend.MATH):  # the flash kernel is slow backwards over so few patches
            e = self.eye(flat, grid).float().unflatten(0, (len(batch.said), -1))
        assert self._stream is not None
        stream = self.eye.merger.ln_q(self._stream.float()).view(len(batch.said), e.shape[1], -1)
        told = self.head.features(stream[: len(batch.features)].mean(1))  # [pictures, WIDTH]
        known = [i for i, said in enumerate(batch.said) if said is not None]
        said = [batch.said[i] or [] for i in known]
        distance, right = self.words.compare(e[known], said)
        entropies, told_right = self.head.losses(stream[known], said, self.words)
        mistaken = self.words.mistaken(e[known], said)
        loss = distance + torch.stack([v * (0.5 if g == "name" else 1.0) for g, v in entropies.items()]).sum()
        loss = loss + mistaken
        taught = torch.zeros(())
        if len(batch.features):
            taught = 1 - F.cosine_similarity(told, batch.features, dim=-1).mean()
            loss = loss + taught
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss.backward()
        for p in self.weights:  # a batch may lack a group of words that another process has
            p.grad = torch.zeros_like(p) if p.grad is None else p.grad
        average([p.grad for p in self.weights if p.grad is not None])
        nn.utils.clip_grad_norm_(self.head.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        shown = {"loss": loss, "distance": distance, "taught": taught, "mistaken": mistaken}
        shown |= {"something": entropies["something"]}
        return {name: value.item() for name, value in shown.items()} | right | told_right

    @torch.no_grad()
    def development(self) -> tuple[float, float]:
        """Share of the drawings kept aside that are named right: in the Thinker's words, and by the head."""
        rows = self.supply.development
        frames = np.stack([np.stack([view_plain(self.supply.pixels[i])] * 2) for i in rows])
        flat, grid = patches(frames)
        said = self.words.name(self.eye(flat, grid).unflatten(0, (len(rows), -1)))
        assert self._stream is not None
        stream = self.eye.merger.ln_q(self._stream.float()).view(len(rows), -1, self.head.features.in_features)
        best = self.head.groups["name"](stream).softmax(-1).sum(1).argmax(-1)
        names = [self.supply.rows[i].name for i in rows]
        by_head = [self.supply.names[int(i)] == name for i, name in zip(best, names)]
        return float(np.mean([text == name for text, name in zip(said, names)])), float(np.mean(by_head))


def view_plain(pixels: np.ndarray, side: int = 112) -> np.ndarray:
    """A stored picture on white, uint8 [side, side, 3]."""
    from PIL import Image

    sheet = Image.new("RGBA", pixels.shape[:2], (255, 255, 255, 255))
    sheet.alpha_composite(Image.fromarray(np.asarray(pixels)))
    return np.asarray(sheet.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))


def main() -> None:
    """Train for so many minutes of wall time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("thinker", "pictures", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--eye", type=Path, help="a model whose eye this begins with")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument(
        "--scenes-first",
        type=float,
        default=0.3,
        help="share of the time without named pictures, "
        "which take long to learn from and would drown what scenes teach",
    )
    parser.add_argument("--things", type=float, default=0.5, help="share of pictures of things after that")
    parser.add_argument("--small", type=float, default=0.0, help="share of small batches, nearly twice as quick")
    parser.add_argument("--batch", type=int, default=40)
    parser.add_argument("--rate", type=float, default=0.02)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    trainer = Trainer(args, join())
    print(f"{len(trainer.supply.names)} names, {len(trainer.supply.rows)} pictures")
    train(trainer, args.minutes, log_every=50)


if __name__ == "__main__":
    main()
