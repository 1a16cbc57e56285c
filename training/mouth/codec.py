"""The speech codec: mel ↔ one code of 1000 every 40 ms. Used in training only.

    python -m training.mouth.codec train  --minutes 10
    python -m training.mouth.codec encode           # writes runs/mouth/codes.npz

The trained codec is written to runs/mouth/codec.safetensors in float16 and read from there; without one, the codec of
the shipped model is read, which lies beside this file. Only with that one can the shipped Talker and DiT learn on.

Finite scalar quantisation needs no codebook losses; all computation is at the code rate, which makes it cheap. Each
code must by itself tell which phonemes sound in its 40 ms (their times come with the synthetic voice), and the encoder
hears a little noise that its decoder must not repeat: so codes follow what is said, which a Talker can predict, rather
than what merely happened. The decoder is not shipped (the DiT takes its place): it is the measure of what the codes can
carry.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import nn

from training.data.shards import RATE, Clip
from training.data.synthesize import TAIL
from training.mouth.loop import Loop
from training.mouth.mel import BINS, FRAMES_A_CODE, HOP, Corpus
from training.products import fast_products

FILE = "codec.safetensors"
SHIPPED = Path(__file__).with_name(FILE)
LEVELS = (8, 5, 5, 5)
CODES = 1000
HALVES = 2  # of a code: a phoneme is told for each
VOICES = 8  # the decoder can be told whose voice it is; with one voice, the first
PHONEMES = "_.bdfhijklmnpstuvwzæðŋɐɑɔəɛɜɡɪɹɾʃʊʌʒʔʤʧθAIOQTWYᵊᵻ"  # of the voice; _ any other, . silence
EARLY = 0.04  # seconds by which the sounds of the synthetic voice come before their planned times
TELLING = 0.12  # weight of the phonemes' cross entropy beside the mel's error
NOISE = 0.15  # standard deviation of what the encoder hears besides the standardised mel


class FSQ(nn.Module):
    """Rounds each of four squashed numbers to 8, 5, 5, 5 levels; straight-through gradients."""

    def __init__(self, levels: tuple[int, ...] = LEVELS) -> None:
        super().__init__()
        self.register_buffer("levels", torch.tensor(levels, dtype=torch.float32), persistent=False)
        base = torch.tensor([1, *np.cumprod(levels)[:-1].tolist()])
        self.register_buffer("base", base, persistent=False)

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[..., 4] → (quantised [..., 4] in [-1, 1], codes [...])."""
        half = (self.levels - 1) / 2 * 1.0001
        offset = torch.where(self.levels % 2 == 0, 0.5, 0.0)
        bounded = torch.tanh(z + torch.atanh(offset / half)) * half - offset
        rounded = bounded + (bounded.round() - bounded).detach()
        centre = torch.floor(self.levels / 2)
        return rounded / centre, ((rounded.round() + centre).long() * self.base).sum(-1)

    def digits(self, codes: torch.Tensor) -> torch.Tensor:
        """Codes [...] → their quantised values [..., 4]."""
        centre = torch.floor(self.levels / 2)
        return ((codes[..., None] // self.base) % self.levels.long() - centre) / centre


class Block(nn.Module):
    """Residual convolution over codes."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, width)
        self.mix = nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation)
        self.out = nn.Conv1d(width, width, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.out(F.gelu(self.mix(self.norm(x))))


class Codec(nn.Module):
    """Encoder and decoder, each a few convolutions at 25 Hz; two more smooth the mel at 100 Hz."""

    def __init__(self, width: int = 256, encoder: int = 3, decoder: int = 5, smooth: int = 96) -> None:
        super().__init__()
        self.smooth = smooth
        self.enc_in = nn.Conv1d(BINS * FRAMES_A_CODE, width, 3, padding=1)
        self.enc = nn.Sequential(*[Block(width) for _ in range(encoder)])
        self.to_z = nn.Conv1d(width, len(LEVELS), 1)
        self.fsq = FSQ()
        self.tell = nn.Sequential(nn.Linear(len(LEVELS), 128), nn.GELU(), nn.Linear(128, 128), nn.GELU(),
                                  nn.Linear(128, HALVES * len(PHONEMES)))
        self.dec_in = nn.Conv1d(len(LEVELS), width, 3, padding=1)
        self.voice = nn.Embedding(VOICES, width)
        nn.init.zeros_(self.voice.weight)
        self.dec = nn.Sequential(*[Block(width, 1 + i % 2) for i in range(decoder)], nn.GroupNorm(1, width))
        self.dec_out = nn.Conv1d(width, smooth * FRAMES_A_CODE, 1)
        self.post = nn.Sequential(nn.GELU(), nn.Conv1d(smooth, smooth, 5, padding=2), nn.GELU(),
                                  nn.Conv1d(smooth, BINS, 5, padding=2))

    def encode(self, mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mel [b, frames, 80] → (quantised [b, codes, 4], codes [b, codes])."""
        b, frames, _ = mel.shape
        x = mel.reshape(b, frames // FRAMES_A_CODE, -1).transpose(1, 2)
        return self.fsq(self.to_z(self.enc(self.enc_in(x))).transpose(1, 2).float())

    def told(self, q: torch.Tensor) -> torch.Tensor:
        """Quantised [b, codes, 4] → logits of the phonemes [b, 2 codes, phonemes], each from its own code alone."""
        return self.tell(q).unflatten(-1, (HALVES, -1)).flatten(1, 2)

    def decode_quantised(self, q: torch.Tensor, voice: int = 0) -> torch.Tensor:
        y = self.dec_in(q.transpose(1, 2)) + self.voice.weight[voice][:, None]
        y = self.dec_out(self.dec(y)).transpose(1, 2)
        y = y.reshape(y.shape[0], -1, self.smooth).transpose(1, 2)
        return self.post(y).transpose(1, 2)

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Codes [b, n] → mel [b, 4 n, 80]."""
        return self.decode_quantised(self.fsq.digits(codes))

    def forward(self, mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        q, codes = self.encode(mel)
        return self.decode_quantised(q), codes


def phonemes_of(clip: Clip) -> np.ndarray:
    """The number of the phoneme in the middle of every half code [2 codes]; -100 between words. Stress marks belong to
    the vowel behind them."""
    step = HOP * FRAMES_A_CODE // HALVES
    if not clip.ends:
        return np.full(clip.samples // step, -100)
    line, ends = clip.phonemes, np.array(clip.ends)
    names = [line[i + 1] if c in "ˈˌ" and i + 1 < len(line) else c for i, c in enumerate(line)]
    numbers = [-100 if c == " " else 1 if c in ",.!?;:—…" else max(0, PHONEMES.find(c)) for c in names]
    middles = np.arange(clip.samples // step) * step + step // 2
    said = np.array([*numbers, 1])[np.searchsorted(ends, middles + int(EARLY * RATE), side="right")]
    said[middles > clip.samples - int(TAIL * RATE)] = 1  # the voice reckons the silence at the end to the last phoneme
    return said


def load_codec(runs: Path) -> Codec:
    """The codec trained in this folder, else the shipped model's."""
    net, own = Codec(), runs / FILE
    net.load_state_dict({k: v.float() for k, v in load_file(own if own.exists() else SHIPPED).items()})
    return net.eval()


def crop(corpus: Corpus, i: int, frames: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """A random piece of a clip, starting on a code, and its phonemes; short clips go on with their last (silent)
    frame."""
    have = corpus.frames(i)
    begin = int(rng.integers(0, max(0, have - frames) // FRAMES_A_CODE + 1)) * FRAMES_A_CODE
    take = min(frames, have - begin)
    mel = corpus.mel(i, begin, take)
    half = FRAMES_A_CODE // HALVES
    said = torch.ones(frames // half, dtype=torch.long)
    said[:take // half] = torch.from_numpy(phonemes_of(corpus.clips[i])[begin // half:(begin + take) // half])
    return mel if len(mel) == frames else torch.cat([mel, mel[-1:].expand(frames - len(mel), -1)]), said


def train(runs: Path, data: Path, minutes: float) -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    corpus, net = Corpus(data, runs / "mels"), Codec()
    timed = [i for i in corpus.train if corpus.clips[i].ends]
    loop = Loop(runs, "codec", minutes, net, 2e-3, hold=0.4, betas=(0.8, 0.99), decay=1e-3)
    for _ in loop:
        mel, said = (torch.stack(x) for x in zip(*(crop(corpus, i, 96, rng) for i in rng.choice(timed, 24))))
        with fast_products():
            q, codes = net.encode(mel + NOISE * torch.randn_like(mel))
            out, told = net.decode_quantised(q).float(), net.told(q).float()
        l1 = (out - mel).abs().mean()
        delta = (out.diff(dim=1) - mel.diff(dim=1)).abs().mean()
        phonemes = F.cross_entropy(told.flatten(0, 1), said.flatten())
        loop.step(l1 + 0.5 * F.mse_loss(out, mel) + 0.3 * delta + TELLING * phonemes, every=100, l1=l1.item(),
                  told=phonemes.item(), used=float(codes.unique().numel()))
        if loop.steps % 1000 == 0:
            print(examine(net, corpus), flush=True)
    print(examine(net, corpus), f"{loop.steps} steps", flush=True)
    save_file({k: v.half().contiguous() for k, v in net.state_dict().items()}, runs / FILE)


@torch.no_grad()
def examine(net: Codec, corpus: Corpus, count: int = 60) -> str:
    net.eval()
    errors, right = [], []
    for i in corpus.test[:count]:
        mel, said = corpus.mel(i), torch.from_numpy(phonemes_of(corpus.clips[i]))
        q, _ = net.encode(mel[None])
        errors.append((net.decode_quantised(q)[0] - mel).abs().mean().item())
        right.append((net.told(q)[0].argmax(-1) == said)[said >= 0].float())
    net.train()
    return f"held-out L1 {np.mean(errors):.4f} (standardised), phonemes told {torch.cat(right).mean():.3f}"


def encode(runs: Path, data: Path) -> None:
    """All clips → ``codes.npz``: ``codes`` int16 back to back, ``ends`` per clip, in corpus order."""
    net, corpus = load_codec(runs), Corpus(data, runs / "mels")
    out: list[np.ndarray] = []
    with torch.no_grad():
        for i in range(len(corpus.clips)):
            out.append(net.encode(corpus.mel(i)[None])[1][0].numpy().astype(np.int16))
    flat = np.concatenate(out)
    np.savez(runs / "codes.npz", codes=flat, ends=np.cumsum([len(c) for c in out]))
    share = np.bincount(flat, minlength=CODES) / len(flat)
    bits = -(share * np.log2(share + 1e-12)).sum()
    print(f"{len(out)} clips, {len(flat)} codes, {(share > 0).sum()} of {CODES} used, entropy {bits:.2f} bits")


def load_codes(runs: Path) -> list[np.ndarray]:
    """Codes of every clip, in corpus order."""
    file = np.load(runs / "codes.npz")
    return np.split(file["codes"].astype(np.int64), file["ends"][:-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["train", "encode"])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.what == "train":
        train(args.runs, args.data, args.minutes)
    else:
        encode(args.runs, args.data)


if __name__ == "__main__":
    main()
