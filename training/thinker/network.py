"""The Thinker's language model in training form: frozen weights, low-rank additions, explicit attention.

Written for one CPU core: gradients flow only to the inputs and to the low-rank factors; norm, gate and rotation have
their own backward passes, which keeps the element-wise share of a step small; sequences share a cached prefix.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from training.products import FAST
from training.thinker.convert import SYSTEM

HEADS, KV_HEADS, HEAD, LAYERS, WIDTH, EPS, THETA = 9, 3, 64, 30, 576, 1e-5, 100000.0
SECTIONS = (8, 12, 12)  # frequencies that follow time, row and column
PREFIX = f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n"
SUFFIX = "<|im_end|>\n<|im_start|>assistant\n"
NEXT = "<|im_end|>\n<|im_start|>user\n"
BOS, EOS, END = 4, 5, 2  # <|audio_bos|>, <|audio_eos|>, <|im_end|>
LOOK, LOOKED = 6, 7  # <|vision_bos|>, <|vision_eos|>
FUSED = {"qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"), "o": ("self_attn.o_proj",),
         "gate_up": ("mlp.gate_proj", "mlp.up_proj"), "down": ("mlp.down_proj",)}
# The factors that a model is stored with, one pair for each weight that is fused into "layer.part".
Factors = dict[str, list[tuple[Tensor, Tensor]]]
Cache = list[tuple[Tensor, Tensor]]  # per layer keys and values [1 or B, KV_HEADS, length, HEAD]


class _Frozen(torch.autograd.Function):
    """x W^T with a frozen W, multiplied in W's precision; the streams around them stay float32."""

    @staticmethod
    def forward(ctx, x, weight):
        ctx.save_for_backward(weight)
        return F.linear(x.to(weight.dtype), weight).float()

    @staticmethod
    def backward(ctx, grad):
        (weight,) = ctx.saved_tensors
        return (grad.to(weight.dtype) @ weight).float(), None


class _Tuned(torch.autograd.Function):
    """x W^T with a frozen W, and beside each piece of its output x A^T B^T with learned factors, all multiplied in W's
    precision. factors: A [rank, in] and B [out of the piece, rank] in turn."""

    @staticmethod
    def forward(ctx, x, weight, *factors):
        rows = x.flatten(0, -2).to(weight.dtype)
        fast = [f.detach().to(weight.dtype) for f in factors]
        y = rows @ weight.T
        low = [rows @ a.T for a in fast[::2]]
        for piece, h, b in zip(y.split([len(b) for b in fast[1::2]], 1), low, fast[1::2]):
            piece.addmm_(h, b.T)
        ctx.save_for_backward(rows, weight, *fast, *low)
        return y.float().view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx, grad):
        rows, weight, *kept = ctx.saved_tensors
        count = len(kept) // 3
        fast, low = kept[: 2 * count], kept[2 * count :]
        shape = *grad.shape[:-1], rows.shape[1]
        grad = grad.flatten(0, -2).to(weight.dtype)
        to_x = grad @ weight if ctx.needs_input_grad[0] else None
        to_factors = []
        for piece, h, a, b in zip(grad.split([len(b) for b in fast[1::2]], 1), low, fast[::2], fast[1::2]):
            to_low = piece @ b
            to_factors += [(to_low.T @ rows).float(), (piece.T @ h).float()]
            if to_x is not None:
                to_x.addmm_(to_low, a)
        return None if to_x is None else to_x.float().view(shape), None, *to_factors


class _Norm(torch.autograd.Function):
    """RMSNorm with a frozen weight."""

    @staticmethod
    def forward(ctx, x, weight):
        scale = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS)
        ctx.save_for_backward(x, scale, weight)
        return x * scale * weight

    @staticmethod
    def backward(ctx, grad):
        x, scale, weight = ctx.saved_tensors
        grad, unit = grad * weight, x * scale
        return scale * (grad - unit * (grad * unit).mean(-1, keepdim=True)), None


class _Gate(torch.autograd.Function):
    """silu(gate) * up, from both side by side; only the input is kept."""

    @staticmethod
    def forward(ctx, both):
        ctx.save_for_backward(both)
        gate, up = both.chunk(2, -1)
        return F.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx, grad):
        gate, up = ctx.saved_tensors[0].chunk(2, -1)
        sigmoid = torch.sigmoid(gate)
        silu = gate * sigmoid
        to_gate = (1 - silu).mul_(sigmoid).add_(silu).mul_(up).mul_(grad)  # d silu = s + silu (1 - s)
        return torch.cat([to_gate, silu.mul_(grad)], -1)


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class _Rotate(torch.autograd.Function):
    """Rotary positions; cos and sin [.., T, HEAD / 2]. The way back is the turn the other way."""

    @staticmethod
    def forward(ctx, x, cos, sin):
        ctx.save_for_backward(cos, sin)
        return _turn(x, cos, sin)

    @staticmethod
    def backward(ctx, grad):
        cos, sin = ctx.saved_tensors
        return _turn(grad, cos, -sin), None, None


def new_lora(rank: int, seed: int = 0) -> dict[str, tuple[Tensor, Tensor]]:
    """Factors {"layer.part": (A [rank, in], B [out, rank])} for all linears; B starts at zero."""
    sizes = {"qkv": (HEAD * (HEADS + 2 * KV_HEADS), WIDTH), "o": (WIDTH, WIDTH), "gate_up": (3072, WIDTH),
             "down": (WIDTH, 1536)}
    generator = torch.Generator().manual_seed(seed)
    return {f"{i}.{part}": (torch.randn(rank, n, generator=generator).div_(n**0.5).requires_grad_(),
                            torch.zeros(m, rank, requires_grad=True))
            for i in range(LAYERS) for part, (m, n) in sizes.items()}


class Network:
    """The language model; `lora` (if set) is added to every linear with factor `scale`, `factors` with factor one."""

    def __init__(self, folder: Path, scale: float = 2.0, state: dict[str, Tensor] | None = None):
        """`folder` has the tokenizer, and the weights where `state` does not give them."""
        state = load_file(folder / "thinker.safetensors") if state is None else state
        state = {k.removeprefix("thinker.model."): v for k, v in state.items()}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.table, self.last_norm, self.scale = state["embed_tokens.weight"], state["norm.weight"], scale
        self.head = self.table.to(FAST)
        self.lora: dict[str, tuple[Tensor, Tensor]] | None = None
        self.factors: Factors | None = None
        self.layers = []
        for i in range(LAYERS):
            at = f"layers.{i}."
            part = {k: torch.cat([state[f"{at}{n}.weight"] for n in names]).to(FAST) for k, names in FUSED.items()}
            part["bias"] = torch.cat([state[f"{at}{n}.bias"] for n in FUSED["qkv"]])
            part["norm1"] = state[at + "input_layernorm.weight"]
            part["norm2"] = state[at + "post_attention_layernorm.weight"]
            self.layers.append(part)
        turn = torch.arange(4096)[:, None] / THETA ** (torch.arange(0, HEAD, 2) / HEAD)
        self.cos, self.sin = turn.cos(), turn.sin()

    def ids(self, text: str) -> list[int]:
        """Token numbers of a text; special tokens by their names."""
        return self.tokenizer.encode(text).ids

    def embed(self, ids: list[int] | Tensor) -> Tensor:
        """[n] -> [n, 576]."""
        return F.embedding(torch.as_tensor(ids), self.table)

    def between(self, first: int, e: Tensor, last: int) -> Tensor:
        """[n + 2, 576]: what eye or ear says, [n, 576], between its markers."""
        return torch.cat([self.embed([first]), e, self.embed([last])])

    def logits(self, hidden: Tensor, tokens: Tensor | None = None) -> Tensor:
        """[..., 576] after the last norm -> [..., len(tokens)] (all 49152 by default)."""
        return _Frozen.apply(hidden, self.head if tokens is None else self.head[tokens])

    def normed(self, stream: Tensor) -> Tensor:
        """The last norm of a stream [..., 576] behind any layer."""
        return _Norm.apply(stream, self.last_norm)

    def _linear(self, x: Tensor, i: int, part: str) -> Tensor:
        weight, bias = self.layers[i][part], self.layers[i]["bias"]
        if self.factors is not None:
            y = _Tuned.apply(x, weight, *(f for pair in self.factors[f"{i}.{part}"] for f in pair))
        else:
            y = _Frozen.apply(x, weight)
        if self.lora is not None:
            a, b = self.lora[f"{i}.{part}"]
            y = y + F.linear(F.linear(x, a), b * self.scale)
        return y + bias if part == "qkv" else y

    def _angles(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines [B, 1, T, HEAD / 2] of positions [B, T] or [3, B, T] (SECTIONS of the frequencies each)."""
        if positions.dim() == 2:
            positions = positions.expand(3, -1, -1)
        rows = torch.cat([p[..., None].expand(*p.shape, n) for p, n in zip(positions, SECTIONS)], -1)
        columns = torch.arange(HEAD // 2)
        return self.cos[rows, columns][:, None], self.sin[rows, columns][:, None]

    def forward(self, x: Tensor, past: Cache | None = None, positions: Tensor | None = None, bias: Tensor | None = None,
                keep: tuple[int, ...] = ()) -> tuple[Tensor, Cache, list[Tensor]]:
        """x [B, T, 576] behind `past` of length P. Without positions ([B, T], or [3, B, T] for time, row and
        column) and bias ([B, 1, T, P + T], added to the scores): plain causal order, right for right-padded rows.

        Returns the normed output [B, T, 576], the grown cache, and the streams after the layers in `keep`."""
        batch, time, _ = x.shape
        before = past[0][0].shape[2] if past else 0
        if positions is None:
            cos, sin = self.cos[before: before + time], self.sin[before: before + time]
        else:
            cos, sin = self._angles(positions)
        if bias is None:
            bias = torch.full((time, before + time), -1e4).triu(1 + before)[None, None]
        bias = bias[:, :, None]
        cache, kept = [], []
        for i, layer in enumerate(self.layers):
            qkv = self._linear(_Norm.apply(x, layer["norm1"]), i, "qkv").view(batch, time, -1, HEAD).transpose(1, 2)
            turned = _Rotate.apply(qkv[:, : HEADS + KV_HEADS], cos, sin)
            q, k, v = turned[:, :HEADS], turned[:, HEADS:], qkv[:, HEADS + KV_HEADS:]
            if past:
                k, v = (torch.cat([old.expand(batch, -1, -1, -1), new], 2) for old, new in zip(past[i], (k, v)))
            cache.append((k, v))
            q = q.reshape(batch, KV_HEADS, -1, HEAD) * HEAD**-0.5
            scores = (q @ k.transpose(-1, -2)).view(batch, KV_HEADS, HEADS // KV_HEADS, time, -1) + bias
            y = scores.softmax(-1).view(batch, KV_HEADS, -1, k.shape[2]) @ v
            x = x + self._linear(y.view(batch, HEADS, time, HEAD).transpose(1, 2).reshape(batch, time, WIDTH), i, "o")
            x = x + self._linear(_Gate.apply(self._linear(_Norm.apply(x, layer["norm2"]), i, "gate_up")), i, "down")
            if i + 1 in keep:
                kept.append(x)
        return self.normed(x), cache, kept

    @torch.no_grad()
    def prefix(self, text: str = PREFIX) -> Cache:
        """Cache of a text that stands before everything, under the present weights."""
        return self.forward(self.embed(self.ids(text))[None])[1]

    @torch.no_grad()
    def generate(self, prompts: list[Tensor], past: Cache, most: int = 40,
                 places: list[Tensor] | None = None) -> list[list[int]]:
        """Greedy answers. prompts: embeddings [n_i, 576] behind the prefix `past`; rows are padded on the left.
        places: positions [3, n_i] of the prompts, counted from the prefix's end, where they are not plain."""
        batch, longest, before = len(prompts), max(len(p) for p in prompts), past[0][0].shape[2]
        x = torch.stack([F.pad(p, (0, 0, longest - len(p), 0)) for p in prompts])
        gap = torch.tensor([longest - len(p) for p in prompts])
        absent = torch.arange(longest)[None] < gap[:, None]
        dead = F.pad(absent, (before, 0)).float() * -1e4
        bias = (torch.full((longest, before + longest), -1e4).triu(1 + before) + dead[:, None]).clamp(min=-1e4)[:, None]
        positions = (before + torch.arange(longest)[None] - gap[:, None]).clamp(min=0)
        if places is not None:
            positions = torch.stack([F.pad(before + p, (longest - p.shape[1], 0)) for p in places], 1)
        y, past, _ = self.forward(x, past, positions, bias)
        out: list[list[int]] = [[] for _ in prompts]
        open_rows = set(range(batch))
        position = positions[..., -1:]
        for _ in range(most):
            best = self.logits(y[:, -1]).argmax(-1)
            for i in list(open_rows):
                if best[i] == END:
                    open_rows.discard(i)
                else:
                    out[i].append(int(best[i]))
            if not open_rows:
                break
            dead, position = F.pad(dead, (0, 1)), position + 1
            y, past, _ = self.forward(self.embed(best)[:, None], past, position, dead[:, None, None])
        return out

    def answers(self, prompts: list[Tensor], most: int = 40, together: int = 24) -> list[str]:
        """Greedy answers as text for any number of prompts, those of like length together."""
        past = self.prefix()
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        out = [""] * len(prompts)
        for start in range(0, len(order), together):
            group = order[start: start + together]
            for i, ids in zip(group, self.generate([prompts[i] for i in group], past, most)):
                out[i] = self.tokenizer.decode(ids).strip()
        return out

    def typed(self, text: str) -> Tensor:
        """Embeddings of a typed user turn up to the answer."""
        return self.embed(self.ids(text + SUFFIX))


def unfused(lora: dict[str, tuple[Tensor, Tensor]]) -> dict[str, tuple[Tensor, Tensor]]:
    """The factors under the names of the checkpoint's single weights: rows of B are shared out."""
    rows = {"self_attn.q_proj": HEADS * HEAD, "self_attn.k_proj": KV_HEADS * HEAD, "self_attn.v_proj": KV_HEADS * HEAD,
            "self_attn.o_proj": WIDTH, "mlp.gate_proj": 1536, "mlp.up_proj": 1536, "mlp.down_proj": WIDTH}
    out = {}
    for name, (a, b) in lora.items():
        layer, _, part = name.partition(".")
        for single, piece in zip(FUSED[part], b.detach().split([rows[n] for n in FUSED[part]])):
            out[f"thinker.model.layers.{layer}.{single}.weight"] = (a.detach(), piece)
    return out
