"""Trains the DiT: codes and a reference mel → standardised mel, by flow matching.

    python -m training.mouth.dit --minutes 60

x_t = (1 - t) noise + t mel; the network predicts mel - noise. One example in eight is the null branch exactly as the
reference builds it for guidance: code 0, speaker vector 0, reference mel 0.

Where other voices' mels lie beside heart's codes (training.data.voices), every row is one voice's, with that voice's
vector and reference. With ``--points`` only the times are learned at which the solver asks with so many: a short
training on a net that knows all times learns more of those that count.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from model.config import DiTConfig
from model.token2wav.dit import DiT
from model.token2wav.ode import Solver, integrate, sway_times
from training.data.voices import SOURCES
from training.mouth.codec import CODES, FSQ, load_codes
from training.mouth.loop import Loop
from training.mouth.mel import BINS, FRAMES_A_CODE, Corpus
from training.products import fast_products

SIZES = DiTConfig(hidden_size=256, num_hidden_layers=6, num_attention_heads=4, head_dim=64, ff_mult=2, emb_dim=128,
                  block_size=24, look_ahead_layers=(3,), look_backward_layers=(0, 2, 4), repeats=FRAMES_A_CODE,
                  num_embeds=CODES, mel_dim=BINS, enc_emb_dim=64, enc_dim=64, enc_channels=(64, 64, 64, 64, 192),
                  enc_attention_channels=32, enc_se_channels=32)
NULL_SHARE = 0.125


def speaker_vector(voice: int = 0) -> torch.Tensor:
    """[1, enc_emb_dim]: any fixed vectors that differ will do."""
    return torch.randn(1, SIZES.enc_emb_dim, generator=torch.Generator().manual_seed(7 + voice)) * 0.5


def heart_reference(corpus: Corpus) -> torch.Tensor:
    """[1, about 300, 80]: the training clip of about three seconds whose mean spectrum is nearest the corpus's."""
    near = [i for i in corpus.train[:3000] if abs(corpus.frames(i) - 300) <= 8]
    means = torch.stack([corpus.mel(i).mean(0) for i in near])
    best = near[int((means - means.mean(0)).abs().mean(1).argmin())]
    return corpus.mel(best)[None]


def new_dit(sizes: DiTConfig = SIZES) -> DiT:
    """Modulation and output start at zero; like codes start alike (a random projection of their four digits)."""
    net = DiT(sizes)
    for module in net.transformer_blocks.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    for linear in [net.norm_out.linear, net.proj_out, *(b.attn_norm.linear for b in net.transformer_blocks)]:
        nn.init.zeros_(linear.weight)
        nn.init.zeros_(linear.bias)
    forget_codes(net)
    return net


def forget_codes(net: DiT) -> None:
    """Fresh rows for the codes of a new codec."""
    table, digits = net.text_embed.codec_embed.weight, FSQ().digits(torch.arange(CODES))
    with torch.no_grad():
        table[:CODES] = digits @ torch.randn(digits.shape[1], table.shape[1]) * 0.7
        table[:CODES] += 0.2 * torch.randn(CODES, table.shape[1])


def load_dit(runs: Path) -> DiT:
    net = DiT(SIZES)
    net.load_state_dict(torch.load(runs / "dit.pt", weights_only=False)["net"])
    return net.eval()


def batch(corpus: Corpus, codes: list[np.ndarray], rng: np.random.Generator, count: int,
          frames: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Crops that go on into another clip where one ends: mel [count, frames, 80], codes [count, frames / 4]."""
    mels, said = [], []
    for _ in range(count):
        pieces, of, have = [], [], 0
        while have < frames:
            i = int(rng.choice(corpus.train))
            begin = 0 if have else int(rng.integers(0, len(codes[i])))
            take = min(frames - have, corpus.frames(i) - begin * FRAMES_A_CODE)
            pieces.append(corpus.mel(i, begin * FRAMES_A_CODE, take))
            of.append(codes[i][begin:begin + take // FRAMES_A_CODE])
            have += take
        mels.append(torch.cat(pieces))
        said.append(torch.from_numpy(np.concatenate(of)))
    return torch.stack(mels), torch.stack(said)


@dataclass(frozen=True)
class OtherVoice:
    """Clips of a voice beside heart's codes of the same words, in random order back to back."""

    name: str
    mel: torch.Tensor  # [4 n, 80]
    codes: torch.Tensor  # [n]
    ends: list[int]  # of the clips, in codes
    train: int  # codes of the clips that are trained on; those behind them are held out

    def crop(self, rng: np.random.Generator, frames: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Mel [frames, 80] and codes [frames / 4] of a random stretch, over the clips' borders."""
        size = frames // FRAMES_A_CODE
        begin = int(rng.integers(0, self.train - size + 1))
        return self.mel[begin * FRAMES_A_CODE:][:frames], self.codes[begin:begin + size]

    def reference(self) -> torch.Tensor:
        """[1, about 300, 80]: the stretch of three seconds whose mean spectrum is nearest the voice's."""
        pieces = self.mel[:self.train * FRAMES_A_CODE].split(300)[:-1]
        means = torch.stack([piece.mean(0) for piece in pieces])
        return pieces[int((means - means.mean(0)).abs().mean(1).argmin())][None]


def other_voices(folder: Path) -> list[OtherVoice]:
    """Those that training.data.voices has made, in its order; the last tenth of the clips of each is held out."""
    out = []
    for name in SOURCES:
        if (folder / f"{name}.npz").exists():
            file = np.load(folder / f"{name}.npz")
            mel, codes = (torch.from_numpy(file[key]) for key in ("mel", "codes"))
            ends = file["ends"].tolist()
            out.append(OtherVoice(name, mel.float(), codes.long(), ends, ends[len(ends) * 9 // 10 - 1]))
    return out


def draw_times(count: int, points: int = 0) -> torch.Tensor:
    """Half uniform, half as the solver steps (dense where the mel is still undecided), spread evenly over a batch; or,
    where ``points`` are given, just the times at which a solver of so many asks, each as often as another."""
    if points:
        return sway_times(points)[:-1][(torch.arange(count) + torch.randint(0, points - 1, (1,))) % (points - 1)]
    even = (torch.arange(count) + torch.rand(count)) / count
    even = even[torch.randperm(count)]
    return torch.where(torch.arange(count) % 2 == 0, even, 1 - torch.cos(math.pi / 2 * even))


@dataclass(frozen=True)
class Condition:
    """Who speaks: the voice's vector [1, enc_emb_dim] and a mel of it [1, any, 80]."""

    speaker: torch.Tensor
    reference: torch.Tensor


def flow_loss(net: DiT, mel: torch.Tensor, codes: torch.Tensor, conditions: list[Condition], chosen: torch.Tensor,
              times: torch.Tensor, noise: torch.Tensor, null: torch.Tensor) -> torch.Tensor:
    """Mean squared error of the velocity; ``chosen`` [B] are rows of ``conditions``, ``null`` [B] marks the rows
    without any."""
    encoder = net.input_embed.spk_encoder
    voices = torch.cat([encoder(each.reference) for each in conditions])
    silent = encoder(torch.zeros(1, 24, BINS))
    voice = torch.where(null[:, None], silent, voices[chosen]).float()
    speaker = torch.where(null[:, None], 0.0, torch.cat([each.speaker for each in conditions])[chosen])
    codes = torch.where(null[:, None], 0, codes)
    t = times[:, None, None]
    velocity = net((1 - t) * noise + t * mel, times, net.embed_codes(codes), speaker, voice)
    return (velocity.float() - (mel - noise)).square().mean()


@torch.no_grad()
def sample(net: DiT, codes: torch.Tensor, reference: torch.Tensor, points: int = 9, guidance: float = 0.5,
           solver: Solver = Solver.EULER, seed: int = 0, speaker: torch.Tensor | None = None) -> torch.Tensor:
    """Codes [1, n] → mel [1, 4 n, 80] in one piece; heart's where no speaker's vector is given."""
    encoder = net.input_embed.spk_encoder
    voice = torch.cat([encoder(reference), encoder(torch.zeros_like(reference))])
    vectors = torch.cat([speaker_vector() if speaker is None else speaker, torch.zeros(1, SIZES.enc_emb_dim)])
    embedded = net.embed_codes(torch.cat([codes, torch.zeros_like(codes)]))
    branches = 2 if guidance else 1
    noise = torch.randn(1, codes.shape[1] * FRAMES_A_CODE, BINS, generator=torch.Generator().manual_seed(seed))

    def velocity(time: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        out = net(x.expand(branches, -1, -1), time.expand(branches), embedded[:branches], vectors[:branches],
                  voice[:branches])
        return out[:1] + guidance * (out[:1] - out[1:]) if branches == 2 else out

    return integrate(velocity, noise, sway_times(points), solver)


@torch.no_grad()
def examine(net: DiT, corpus: Corpus, codes: list[np.ndarray], conditions: list[Condition], others: list[OtherVoice],
            points: int, count: int = 8) -> str:
    """Mean absolute error of the standardised mel of held-out clips, by voice."""
    net.eval()
    errors = {"heart": [(sample(net, torch.from_numpy(codes[i])[None], conditions[0].reference, points)[0]
                         - corpus.mel(i)).abs().mean().item() for i in corpus.test[:count]]}
    for voice, condition in zip(others, conditions[1:]):
        mel, said = voice.mel[voice.train * FRAMES_A_CODE:], voice.codes[voice.train:]
        out = sample(net, said[None], condition.reference, points, speaker=condition.speaker)[0]
        errors[voice.name] = [(out - mel).abs().mean().item()]
    net.train()
    return "held-out mel L1: " + ", ".join(f"{k} {np.mean(v):.4f}" for k, v in errors.items())


def train(runs: Path, data: Path, minutes: float, frames: int, rate: float, new_codes: bool, points: int,
          hold: float) -> None:
    torch.manual_seed(0)
    corpus, codes, net, others = Corpus(data, runs / "mels"), load_codes(runs), new_dit(), other_voices(runs / "voices")
    fixed = heart_reference(corpus)
    known = [Condition(speaker_vector(), fixed),
             *(Condition(speaker_vector(number), voice.reference()) for number, voice in enumerate(others, 1))]
    print(f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters, {1 + len(others)} voices", flush=True)
    loop = Loop(runs, "dit", minutes, net, rate, hold=hold, betas=(0.9, 0.98), decay=0.01, warm=80)
    if new_codes and not loop.steps:
        forget_codes(net)
    rng = np.random.default_rng(loop.steps)
    torch.manual_seed(loop.steps)
    for _ in loop:
        length = int(rng.integers(24, 46)) * FRAMES_A_CODE  # 96 to 180, so the last block is often a part
        count = max(4, frames // length)
        mel, said = batch(corpus, codes, rng, count, length)
        chosen = torch.arange(count) % len(known)
        for row in chosen.nonzero()[:, 0].tolist():
            mel[row], said[row] = others[int(chosen[row]) - 1].crop(rng, length)
        # the vector tells the voice; its reference may be another piece of it
        pieces = [batch(corpus, codes, rng, 1, 240)[0] if rng.random() < 0.5 else fixed]
        pieces += [voice.crop(rng, 240)[0][None] if rng.random() < 0.5 else each.reference
                   for voice, each in zip(others, known[1:])]
        conditions = [Condition(each.speaker, piece) for each, piece in zip(known, pieces)]
        with fast_products():
            loss = flow_loss(net, mel, said, conditions, chosen, draw_times(count, points), torch.randn_like(mel),
                             torch.rand(count) < NULL_SHARE)
        loop.step(loss, every=25)
        if loop.steps % 200 == 0:
            print(examine(net, corpus, codes, known, others, points or 9), flush=True)
    print(examine(net, corpus, codes, known, others, points or 9, 24), f"{loop.steps} steps", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--frames", type=int, default=1600, help="mel frames a step")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--hold", type=float, default=0.4, help="part of the training before the rate comes down")
    parser.add_argument("--points", type=int, default=0, help="learn only the times of a solver with so many")
    parser.add_argument("--new-codes", action="store_true", help="the weights begun with know another codec's codes")
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    train(args.runs, args.data, args.minutes, args.frames, args.rate, args.new_codes, args.points, args.hold)


if __name__ == "__main__":
    main()
