"""Trains the Talker, together with the pronunciation table, without any Thinker.

    python -m training.mouth.talker --minutes 60

The sequence is the reference's: the prompt (here another text, to be ignored), speaker token + codec pad, first reply
token + codec start, then one reply token and the previous code a step, text_end once and text_pad ever after. Replies
of two or three sentences are clips laid end to end.

The network here has no 640-wide inputs: text enters through 64 columns, codes through a full table of the hidden size.
``export`` folds both into the official ``thinker_to_talker_proj`` and ``embed_tokens``. Beside its own row of the table
and of the head, a code has what its four digits contribute, so that rare codes learn from their neighbours; folded too.

Beside the cross entropy of codes, which of them are mixed up counts: a code in place of another that tells of the same
phoneme costs little, one of another phoneme much (``confusion``). What a code tells is the codec's own word. And in its
middle the network must say which phonemes it has come to (``following``): it is told a token's twelve at once and has
to find out by itself where in them it is.

Where talker.pt holds weights without an optimiser's state (training.mouth.resume writes it so), training goes on from
them; if the codec is a new one (``--new-codes``), or the pronunciation table (``--new-text``), what stands between them
and the network begins afresh and learns alone for some steps. What says the phonemes in the middle is not shipped: with
``--only-tell`` it alone is learned anew, some minutes, for training.mouth.practise to go on from what was shipped.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn

from model.config import DecoderConfig
from model.kv_cache import KVCache
from model.layers import Attention, Decoder, RMSNorm
from model.rope import rotate
from training.mouth.codec import CODES, FSQ, HALVES, LEVELS, PHONEMES, load_codec, load_codes
from training.mouth.lessons import (
    BOS,
    EOS,
    LONGEST,
    MASK,
    PAD,
    TEXT_END,
    TEXT_PAD,
    VOICE,
    Lessons,
    Texts,
    collate,
)
from training.mouth.loop import Loop
from training.mouth.mel import Corpus
from training.mouth.pronunciation import WIDTH, pronunciation_for
from training.products import fast_products

SIZES = DecoderConfig(vocab_size=1008, hidden_size=256, intermediate_size=768, num_hidden_layers=5,
                      num_attention_heads=4, num_key_value_heads=2, head_dim=64, rope_theta=1e4,
                      mrope_section=(8, 12, 12))
SHORT_FIRST = 0.25  # of a new training: replies of up to 60 codes and no prompts
TABLES_FIRST = 250  # steps in which only the tables of new codes, or of new sounds, learn
CODE_TABLES, TEXT_TABLES = ("digit", "head", "decoder.embed_tokens"), ("text", "pronunciation")
CONFUSED = 1.0  # weight of the phonemes' cross entropy beside the codes'
FOLLOWING, FOLLOWED_IN = 0.3, 3  # weight of the phonemes said in the middle, and after how many layers that is


class TrainedAttention(Attention):
    """Explicit attention without a cache: its backward pass is much faster on a CPU than the fused kernel's."""

    def forward(self, x, rope, mask, rows, cache):  # type: ignore[override]
        if cache is not None:
            return super().forward(x, rope, mask, rows, cache)
        b, n, _ = x.shape
        q = rotate(self.q_proj(x).view(b, n, self.heads, self.head_dim).transpose(1, 2), *rope)
        k = rotate(self.k_proj(x).view(b, n, self.kv_heads, self.head_dim).transpose(1, 2), *rope)
        v = self.v_proj(x).view(b, n, self.kv_heads, self.head_dim).transpose(1, 2)
        shared = self.heads // self.kv_heads
        q = q.reshape(b, self.kv_heads, shared * n, self.head_dim)  # the queries of one key head are one matrix
        scores = (q * self.head_dim**-0.5) @ k.transpose(-1, -2)
        out = (scores + mask).softmax(-1) @ v
        return self.o_proj(out.view(b, self.heads, n, self.head_dim).transpose(1, 2).reshape(b, n, -1))


class TrainedNorm(RMSNorm):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


class TrainedTalker(nn.Module):
    def __init__(self, tokenizer: Tokenizer, runs: Path, sizes: DecoderConfig = SIZES) -> None:
        super().__init__()
        self.pronunciation = pronunciation_for(tokenizer, runs)
        self.text = nn.Linear(WIDTH, sizes.hidden_size)
        self.decoder = Decoder(sizes)
        self.head = nn.Linear(sizes.hidden_size, sizes.vocab_size, bias=False)
        for name, module in self.decoder.named_modules():
            if isinstance(module, Attention):
                module.__class__ = TrainedAttention
            elif isinstance(module, RMSNorm):
                module.__class__ = TrainedNorm
            elif isinstance(module, nn.Linear):
                last = name.endswith(("o_proj", "down_proj"))
                nn.init.normal_(module.weight, std=0.02 / (sizes.num_hidden_layers**0.5 if last else 1) * 1.4)
        nn.init.normal_(self.decoder.embed_tokens.weight, std=0.3)
        nn.init.normal_(self.head.weight, std=0.02)
        self.register_buffer("digits", digits_of_codes(sizes.vocab_size), persistent=False)
        self.digit_in = nn.Parameter(torch.zeros(sum(LEVELS), sizes.hidden_size))
        self.digit_out = nn.Parameter(torch.zeros(sum(LEVELS), sizes.hidden_size))
        self.tell = nn.Linear(sizes.hidden_size, HALVES * len(PHONEMES))  # for the training alone
        nn.init.normal_(self.digit_in, std=0.15)
        nn.init.normal_(self.digit_out, std=0.02)

    def code_table(self) -> torch.Tensor:
        """[codes, hidden]: what a code puts in."""
        return self.decoder.embed_tokens.weight + self.digits @ self.digit_in

    def code_head(self) -> torch.Tensor:
        """[codes, hidden]: how a code is told."""
        return self.head.weight + self.digits @ self.digit_out

    def forget_codes(self) -> None:
        """Fresh rows for the codes of a new codec; what marks begin, end and gap stays."""
        with torch.no_grad():
            self.decoder.embed_tokens.weight[:CODES].normal_(std=0.12)
            self.head.weight[:CODES].normal_(std=0.02)

    def only(self, names: tuple[str, ...]) -> None:
        """Let nothing learn but what these names begin with; everything, where there are none."""
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(not names or name.startswith(names))

    def embed(self, text: torch.Tensor, codes: torch.Tensor, silent: torch.Tensor | None = None) -> torch.Tensor:
        """Token ids and previous codes [B, S] → [B, S, hidden]; code -1 adds nothing, ``silent`` mutes the text."""
        sound = self.pronunciation(text)
        if silent is not None:
            sound = sound * ~silent[..., None]
        code = F.embedding(codes.clamp(min=0), self.code_table()) * (codes >= 0)[..., None]
        return self.text(sound) + code

    def both(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """[B, S, hidden] → (what forward gives, logits of the phonemes in the halves of a code [B, S, 2, phonemes])."""
        middle: list[torch.Tensor] = []
        layer = self.decoder.layers[FOLLOWED_IN - 1]
        hook = layer.register_forward_hook(lambda _layer, _inputs, out: middle.append(out))
        out = self(x)
        hook.remove()
        return out, self.tell(F.rms_norm(middle[0], middle[0].shape[-1:])).unflatten(-1, (HALVES, -1))

    def forward(self, x: torch.Tensor, cache: KVCache | None = None) -> torch.Tensor:
        start = cache.length if cache is not None else 0
        positions = torch.arange(start, start + x.shape[1]).expand(3, -1)
        return self.decoder(x, positions, cache)

    @torch.no_grad()
    def speak(self, replies: list[list[int]], temperature: float = 0.0, top_k: int = 40, top_p: float = 0.8,
              longest: int = LONGEST, seed: int = 0) -> list[list[int]]:
        """Codes of several replies at once; temperature 0 takes the likeliest."""
        generator = torch.Generator().manual_seed(seed)
        count = len(replies)
        cache = self.decoder.new_cache(longest + 2)
        items = [[*reply, TEXT_END] for reply in replies]
        head = self.code_head()
        self(self.embed(torch.full((count, 1), VOICE), torch.full((count, 1), PAD)), cache)
        code, codes = torch.full((count,), BOS), []
        ended = torch.zeros(count, dtype=torch.bool)
        for step in range(longest):
            text = torch.tensor([[row[step] if step < len(row) else TEXT_PAD] for row in items])
            logits = self(self.embed(text, code[:, None]), cache)[:, 0] @ head.T
            logits[:, [PAD, BOS, *range(MASK, logits.shape[1])]] = -1e9
            code = logits.argmax(-1)
            if temperature:
                values, order = (logits / temperature).topk(top_k)
                share = values.softmax(-1)
                share[share.cumsum(-1) - share > top_p] = 0
                code = order.gather(1, torch.multinomial(share, 1, generator=generator))[:, 0]
            ended |= code == EOS
            codes.append(torch.where(ended, EOS, code))
            if ended.all():
                break
            code = torch.where(ended, 0, code)
        return [row[:row.index(EOS)] if EOS in row else row for row in torch.stack(codes, 1).tolist()]


def digits_of_codes(vocabulary: int) -> torch.Tensor:
    """[vocabulary, 23]: ones where a code has a digit; zero for what is no code."""
    out, fsq, begin = torch.zeros(vocabulary, sum(LEVELS)), FSQ(), 0
    codes = torch.arange(CODES)
    for base, levels in zip(fsq.base.tolist(), LEVELS):
        out[codes, begin + codes // base % levels] = 1
        begin += levels
    return out


@torch.no_grad()
def told_by_codes(runs: Path) -> torch.Tensor:
    """[codes, 2 phonemes]: how likely each phoneme sounds in the halves of a code, as the codec tells it."""
    codec = load_codec(runs)
    return codec.told(codec.fsq.digits(torch.arange(CODES))[None])[0].softmax(-1).view(CODES, -1)


def confusion(logits: torch.Tensor, target: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the phonemes that the target codes tell [n] and those that the codes expected by ``logits``
    [n, vocabulary] tell together."""
    spoken = target < CODES
    expected = logits[spoken, :CODES].float().softmax(-1) @ told
    return -(told[target[spoken]] * expected.clamp(min=1e-6).log()).sum(-1).mean() / HALVES


def loss_of(net: TrainedTalker, data: tuple[torch.Tensor, ...], told: torch.Tensor) -> dict[str, torch.Tensor]:
    """Cross entropies: of the codes (ce), of their phonemes (phonemes), of those said in the middle (following); and
    the share of codes that are right (acc)."""
    text, before, target, silent, phonemes = data
    hidden, said = net.both(net.embed(text, before, silent))
    chosen = target >= 0
    logits = hidden[chosen] @ net.code_head().T
    return {
        "ce": F.cross_entropy(logits, target[chosen]),
        "phonemes": confusion(logits, target[chosen], told),
        "following": F.cross_entropy(said.flatten(0, 2).float(), phonemes.flatten()),
        "acc": (logits.argmax(-1) == target[chosen]).float().mean(),
    }


def in_all(losses: dict[str, torch.Tensor]) -> torch.Tensor:
    """What is minimised of the losses of `loss_of`."""
    return losses["ce"] + CONFUSED * losses["phonemes"] + FOLLOWING * losses["following"]


@torch.no_grad()
def examine(net: TrainedTalker, sets: list[tuple[torch.Tensor, ...]], told: torch.Tensor) -> str:
    net.eval()
    values = [loss_of(net, data, told) for data in sets]
    net.train()
    names = ("TEST", "wrong text", "with prompt", "after much")
    return " | ".join(" ".join([name, *(f"{kind} {value:.3f}" for kind, value in losses.items())])
                      for name, losses in zip(names, values))


def train(runs: Path, data: Path, tokens: Path, minutes: float, size: int, rate: float, new_codes: bool,
          new_text: bool, only_tell: bool, hold: float) -> None:
    torch.manual_seed(0)
    tokenizer, corpus, codes = Tokenizer.from_file(str(tokens)), Corpus(data, runs / "mels"), load_codes(runs)
    texts, net, told = Texts(corpus, tokenizer), TrainedTalker(tokenizer, runs), told_by_codes(runs)
    print(f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters, {len(corpus.train)} clips", flush=True)
    loop = Loop(runs, "talker", minutes, net, rate, hold=hold, betas=(0.9, 0.95), decay=0.02, warm=200)
    if new_codes and not loop.steps:
        net.forget_codes()
    first = CODE_TABLES * new_codes + TEXT_TABLES * new_text
    short_first = 0.0 if loop.resumed else SHORT_FIRST
    held = sorted([i] for i in corpus.test[:48])
    check = random.Random(1)
    wrong = held[1:] + held[:1]
    sets = [collate(held, codes, texts, 0, check), collate(held, codes, texts, 0, check, wrong),
            collate(held, codes, texts, 80, check), collate(held[:12], codes, texts, 1000, check)]
    # the product's own answers count three times: they are few, and what it says most
    answers = [i for i in corpus.train if corpus.clips[i].path.name.startswith("hibari-answers")]
    lessons = Lessons(corpus.train + 2 * answers, codes, texts, size, random.Random(loop.steps))
    for progress in loop:
        data = lessons.next(short=progress < short_first)  # alignment emerges sooner
        net.only(("tell",) if only_tell else first if loop.steps < TABLES_FIRST else ())
        with fast_products():
            losses = loss_of(net, data, told)
        loop.step(in_all(losses), every=50, **{kind: value.item() for kind, value in losses.items()})
        if loop.steps % 200 == 0:
            print(examine(net, sets, told), flush=True)
    print(examine(net, sets, told), f"{loop.steps} steps", flush=True)


def load_talker(runs: Path, tokenizer: Tokenizer) -> TrainedTalker:
    net = TrainedTalker(tokenizer, runs)
    net.load_state_dict(torch.load(runs / "talker.pt", weights_only=False)["net"])
    return net.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--size", type=int, default=1000, help="codes a step")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--hold", type=float, default=0.4, help="part of the training before the rate comes down")
    parser.add_argument("--new-codes", action="store_true", help="the weights begun with know another codec's codes")
    parser.add_argument("--new-text", action="store_true", help="the weights begun with know another table of sounds")
    parser.add_argument("--only-tell", action="store_true", help="learn only what says the phonemes in the middle")
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    parser.add_argument("--tokenizer", type=Path, default=Path("runs/thinker/tokenizer.json"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    train(args.runs, args.data, args.tokenizer, args.minutes, args.size, args.rate, args.new_codes,
          args.new_text, args.only_tell, args.hold)


if __name__ == "__main__":
    main()
