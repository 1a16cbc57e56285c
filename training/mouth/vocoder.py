"""Trains BigVGAN: standardised mel → waveform.

    python -m training.mouth.vocoder --minutes 36 --filtered 6
    python -m training.mouth.vocoder --minutes 45 --filtered 8 --rate 4e-4 --critics --made 0.6

First spectral losses alone; then, from what those made, ``--critics`` too (training.mouth.critics), and a share of mels
that are not recordings' but the DiT's (``--made``; training.mouth.remade), since those are what it is given in use.
All but the last ``--filtered`` CPU minutes run without the anti-aliasing filters, 3.5 times faster; the filters then
shift the result so little that a short fine-tune with them on suffices.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from model.config import BigVGANConfig
from model.token2wav.bigvgan import BigVGAN, SnakeBeta
from training.data.voices import SOURCES
from training.mouth.critics import Critics
from training.mouth.loop import Loop
from training.mouth.mel import FRAMES_A_CODE, HOP, Corpus, mel_of

SIZES = BigVGANConfig(upsample_initial_channel=192, resblock_kernel_sizes=(3,),
                      resblock_dilation_sizes=((1, 3, 5),), upsample_rates=(10, 6, 4),
                      upsample_kernel_sizes=(20, 12, 8))
SPECTRA, LIKENESS = 4.0, 2.0  # weights of the spectral losses and of the critics' views, beside that of their judgement
LISTEN_FIRST = 150  # steps before that judgement counts
WINDOWS = {n: torch.hann_window(n) for n in (256, 512, 1024, 2048)}


class Snake(torch.autograd.Function):
    """SnakeBeta with its derivative written out: half the time of the recorded graph."""

    @staticmethod
    def forward(ctx, x, log_alpha, log_beta):  # type: ignore[override]
        shape = (1, -1) + (1,) * (x.dim() - 2)
        alpha, inverse = log_alpha.exp().view(shape), (1 / (log_beta.exp() + 1e-9)).view(shape)
        square = torch.mul(x, alpha).sin_()
        square.mul_(square)
        ctx.save_for_backward(x, square, alpha, inverse)
        return torch.addcmul(x, square, inverse)

    @staticmethod
    def backward(ctx, grad):  # type: ignore[override]
        x, square, alpha, inverse = ctx.saved_tensors
        turned = torch.mul(x, 2 * alpha).sin_().mul_(grad)

        def per_channel(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            return torch.linalg.vecdot(a.flatten(2), b.flatten(2)).sum(0)

        ratio = alpha * inverse
        return (torch.addcmul(grad, turned, ratio), per_channel(turned, x) * ratio.view(-1),
                -per_channel(grad, square) * inverse.view(-1))


class TrainedSnake(SnakeBeta):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return Snake.apply(x, self.alpha, self.beta)


def new_bigvgan(sizes: BigVGANConfig = SIZES) -> BigVGAN:
    """Weights drawn by fan-in; the first layer undoes the official scaling, which leaves 0.15 m + 0.65 of mel m."""
    net = BigVGAN(sizes)
    for module in net.modules():
        if isinstance(module, (nn.Conv1d, nn.ConvTranspose1d)):
            fan = module.weight[0].numel()
            if isinstance(module, nn.ConvTranspose1d):
                fan = module.weight.shape[0] * module.weight.shape[2] / module.stride[0]
            nn.init.normal_(module.weight, std=0.7 / fan**0.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        if isinstance(module, SnakeBeta):
            module.__class__ = TrainedSnake
    with torch.no_grad():
        low, high = BigVGAN.scaled(torch.tensor([0.0, 1.0])).tolist()
        net.conv_pre.weight.div_(high - low)
        net.conv_pre.bias.copy_(-low * net.conv_pre.weight.sum((1, 2)))
    return net


def load_bigvgan(runs: Path) -> BigVGAN:
    net = BigVGAN(SIZES)
    net.load_state_dict(torch.load(runs / "bigvgan.pt", weights_only=False)["net"])
    return net.eval()


def spectral_distance(wave: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean over four resolutions of log-magnitude L1 and spectral convergence; waves [B, samples]."""
    total = wave.new_zeros(())
    for size, window in WINDOWS.items():
        ours, theirs = (torch.view_as_real(torch.stft(x, size, size // 4, size, window, return_complex=True))
                        .square().sum(-1).add(1e-9).sqrt() for x in (wave, target))
        total = total + (torch.log(ours + 1e-4) - torch.log(theirs + 1e-4)).abs().mean()
        total = total + torch.linalg.norm(ours - theirs) / (torch.linalg.norm(theirs) + 1e-3)
    return total / len(WINDOWS)


@dataclass(frozen=True)
class Sound:
    """A voice that training.data.voices has made: mel [frames, 80] and wave [frames · 240]."""

    mel: torch.Tensor
    wave: torch.Tensor

    def crop(self, rng: np.random.Generator, frames: int) -> tuple[torch.Tensor, torch.Tensor]:
        begin = int(rng.integers(0, len(self.mel) - frames + 1))
        return self.mel[begin:begin + frames], self.wave[begin * HOP:(begin + frames) * HOP]


def other_sounds(folder: Path) -> list[Sound]:
    """Those voices, without the last tenth of their clips."""
    out = []
    for name in SOURCES:
        if (folder / f"{name}.npz").exists():
            file = np.load(folder / f"{name}.npz")
            frames = int(file["ends"][len(file["ends"]) * 9 // 10 - 1]) * FRAMES_A_CODE
            wave = torch.from_numpy(file["pcm"][:frames * HOP].astype(np.float32) / 32768)
            out.append(Sound(torch.from_numpy(file["mel"][:frames].astype(np.float32)), wave))
    return out


def batch(corpus: Corpus, others: list[Sound], rng: np.random.Generator, count: int, frames: int,
          made: list[Sound] | None = None, share: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Random crops, each voice's as often: mel [count, frames, 80] and wave [count, frames · 240]; a ``share`` of them
    of ``made``."""
    mels, waves = [], []
    while len(mels) < count:
        if made and rng.random() < share:
            mel, wave = made[int(rng.integers(0, len(made)))].crop(rng, frames)
            mels.append(mel)
            waves.append(wave)
            continue
        if which := int(rng.integers(0, len(others) + 1)):
            mel, wave = others[which - 1].crop(rng, frames)
            mels.append(mel)
            waves.append(wave)
            continue
        i = int(rng.choice(corpus.train))
        if corpus.frames(i) < frames:
            continue
        begin = int(rng.integers(0, corpus.frames(i) - frames + 1))
        mels.append(corpus.mel(i, begin, frames))
        waves.append(corpus.pcm(i, begin, frames))
    return torch.stack(mels), torch.stack(waves)


def held_out(net: BigVGAN, corpus: Corpus, count: int = 20) -> float:
    """Mean absolute error of the standardised mel of whole held-out clips."""
    errors = []
    with torch.no_grad():
        for i in corpus.test[:count]:
            mel = corpus.mel(i)
            errors.append((mel_of(net(mel.T[None]))[0] - mel).abs().mean().item())
    return float(np.mean(errors))


def train(args: argparse.Namespace) -> None:
    torch.manual_seed(0)
    runs, net = args.runs, new_bigvgan()
    corpus, others = Corpus(args.data, runs / "mels"), other_sounds(runs / "voices")
    made = other_sounds(runs / "remade") if args.made else []
    loop = Loop(runs, "bigvgan", args.minutes, net, args.rate, hold=args.hold, betas=(0.8, 0.98), decay=0.0, clip=5.0,
                warm=50)
    critics = Critics(runs / "critics.pt") if args.critics else None
    rng = np.random.default_rng(loop.steps)
    for progress in loop:
        net.anti_aliasing(progress > 1 - args.filtered / args.minutes)
        mel, target = batch(corpus, others, rng, args.crops, args.frames, made, args.made)
        wave = net(mel.transpose(1, 2))
        spectral, mel_error = spectral_distance(wave, target), (mel_of(wave) - mel_of(target)).abs().mean()
        loss, shown = spectral + 2.5 * mel_error, {"stft": spectral.item(), "mel": mel_error.item()}
        if critics:
            if loop.steps % 2 == 0:  # they learn half as often, which costs as much less
                shown["critics"] = critics.learn(wave, target)
            passing, likeness = critics.judge(wave, target)
            shown |= {"passing": passing.item(), "likeness": likeness.item()}
            loss = SPECTRA * loss + (passing if loop.steps > LISTEN_FIRST else 0.0) + LIKENESS * likeness
        loop.step(loss, **shown)
        if loop.steps % 250 == 0:
            print(f"held-out mel L1 {held_out(net, corpus):.4f}", flush=True)
            if critics:
                critics.save()
    net.anti_aliasing(True)
    print(f"held-out mel L1 {held_out(net, corpus, 40):.4f} with filters, {loop.steps} steps", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=36, help="CPU minutes in all")
    parser.add_argument("--filtered", type=float, default=6, help="the last of them with anti-aliasing")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--hold", type=float, default=0.4, help="part of the training before the rate comes down")
    parser.add_argument("--critics", action="store_true", help="learn from critics as well")
    parser.add_argument("--made", type=float, default=0.0, help="share of crops whose mel the DiT has made")
    parser.add_argument("--crops", type=int, default=6)
    parser.add_argument("--frames", type=int, default=40, help=f"mel frames of {HOP} samples a crop")
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    torch.set_num_threads(1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
