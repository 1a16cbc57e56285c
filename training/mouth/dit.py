"""Trains the DiT: codes and a reference mel → standardised mel, by flow matching.

    python -m training.mouth.dit --minutes 60

x_t = (1 - t) noise + t mel; the network predicts mel - noise. One example in eight is the null branch exactly as the
reference builds it for guidance: code 0, speaker vector 0, reference mel 0.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

from model.config import DiTConfig
from model.token2wav.dit import DiT
from model.token2wav.ode import Solver, integrate, sway_times
from training.mouth.codec import CODES, FSQ, load_codes
from training.mouth.loop import Loop
from training.mouth.mel import BINS, FRAMES_A_CODE, Corpus
from training.products import fast_products

SIZES = DiTConfig(hidden_size=256, num_hidden_layers=6, num_attention_heads=4, head_dim=64, ff_mult=2, emb_dim=128,
                  block_size=24, look_ahead_layers=(3,), look_backward_layers=(0, 2, 4), repeats=FRAMES_A_CODE,
                  num_embeds=CODES, mel_dim=BINS, enc_emb_dim=64, enc_dim=64, enc_channels=(64, 64, 64, 64, 192),
                  enc_attention_channels=32, enc_se_channels=32)
NULL_SHARE = 0.125


def speaker_vector(seed: int = 7) -> torch.Tensor:
    """[1, enc_emb_dim]: with one voice any fixed vector will do."""
    return torch.randn(1, SIZES.enc_emb_dim, generator=torch.Generator().manual_seed(seed)) * 0.5


def reference_mel(corpus: Corpus) -> torch.Tensor:
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


def draw_times(count: int) -> torch.Tensor:
    """Half uniform, half as the solver steps (dense where the mel is still undecided); spread evenly over a batch."""
    even = (torch.arange(count) + torch.rand(count)) / count
    even = even[torch.randperm(count)]
    return torch.where(torch.arange(count) % 2 == 0, even, 1 - torch.cos(math.pi / 2 * even))


def flow_loss(net: DiT, mel: torch.Tensor, codes: torch.Tensor, references: list[torch.Tensor], times: torch.Tensor,
              noise: torch.Tensor, null: torch.Tensor) -> torch.Tensor:
    """Mean squared error of the velocity; ``null`` [B] marks the rows without condition."""
    count = len(mel)
    encoder = net.input_embed.spk_encoder
    voices = torch.cat([encoder(reference) for reference in references])
    silent = encoder(torch.zeros(1, 24, BINS))
    chosen = torch.arange(count) % len(references)
    voice = torch.where(null[:, None], silent, voices[chosen]).float()
    speaker = torch.where(null[:, None], 0.0, speaker_vector())
    codes = torch.where(null[:, None], 0, codes)
    t = times[:, None, None]
    velocity = net((1 - t) * noise + t * mel, times, net.embed_codes(codes), speaker, voice)
    return (velocity.float() - (mel - noise)).square().mean()


@torch.no_grad()
def sample(net: DiT, codes: torch.Tensor, reference: torch.Tensor, points: int = 9, guidance: float = 0.5,
           solver: Solver = Solver.EULER, seed: int = 0) -> torch.Tensor:
    """Codes [1, n] → mel [1, 4 n, 80] in one piece."""
    encoder = net.input_embed.spk_encoder
    voice = torch.cat([encoder(reference), encoder(torch.zeros_like(reference))])
    speaker = torch.cat([speaker_vector(), torch.zeros(1, SIZES.enc_emb_dim)])
    embedded = net.embed_codes(torch.cat([codes, torch.zeros_like(codes)]))
    branches = 2 if guidance else 1
    noise = torch.randn(1, codes.shape[1] * FRAMES_A_CODE, BINS, generator=torch.Generator().manual_seed(seed))

    def velocity(time: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        out = net(x.expand(branches, -1, -1), time.expand(branches), embedded[:branches], speaker[:branches],
                  voice[:branches])
        return out[:1] + guidance * (out[:1] - out[1:]) if branches == 2 else out

    return integrate(velocity, noise, sway_times(points), solver)


@torch.no_grad()
def examine(net: DiT, corpus: Corpus, codes: list[np.ndarray], reference: torch.Tensor, count: int = 8) -> str:
    net.eval()
    errors: dict[str, list[float]] = {"plain": [], "guided": []}
    for i in corpus.test[:count]:
        for name, guidance in (("plain", 0.0), ("guided", 0.5)):
            mel = sample(net, torch.from_numpy(codes[i])[None], reference, guidance=guidance)
            errors[name].append((mel[0] - corpus.mel(i)).abs().mean().item())
    net.train()
    return "held-out mel L1 after 8 Euler steps: " + ", ".join(f"{k} {np.mean(v):.4f}" for k, v in errors.items())


def train(runs: Path, data: Path, minutes: float, frames: int, rate: float, new_codes: bool) -> None:
    torch.manual_seed(0)
    corpus, codes, net = Corpus(data, runs / "mels"), load_codes(runs), new_dit()
    fixed = reference_mel(corpus)
    print(f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters", flush=True)
    loop = Loop(runs, "dit", minutes, net, rate, hold=0.4, betas=(0.9, 0.98), decay=0.01, warm=150)
    if new_codes and not loop.steps:
        forget_codes(net)
    rng = np.random.default_rng(loop.steps)
    torch.manual_seed(loop.steps)
    for _ in loop:
        length = int(rng.integers(24, 46)) * FRAMES_A_CODE  # 96 to 180, so the last block is often a part
        count = max(4, frames // length)
        mel, said = batch(corpus, codes, rng, count, length)
        other, _ = batch(corpus, codes, rng, 1, int(rng.integers(40, 90)) * FRAMES_A_CODE)
        with fast_products():
            loss = flow_loss(net, mel, said, [fixed, other], draw_times(count), torch.randn_like(mel),
                             torch.rand(count) < NULL_SHARE)
        loop.step(loss, every=50)
        if loop.steps % 500 == 0:
            print(examine(net, corpus, codes, fixed), flush=True)
    print(examine(net, corpus, codes, fixed, 24), f"{loop.steps} steps", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--frames", type=int, default=1600, help="mel frames a step")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--new-codes", action="store_true", help="the weights begun with know another codec's codes")
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    train(args.runs, args.data, args.minutes, args.frames, args.rate, args.new_codes)


if __name__ == "__main__":
    main()
