"""The audio encoder in training form: names of Qwen2_5OmniAudioEncoder, padded blocks of 6 s, explicit attention. Its
size is that of its weights: Whisper tiny's (384 wide, 4 layers) or base's (512, 6).

Explicit matmul-softmax attention is several times faster backwards on a CPU than the fused one at these sizes.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

BLOCK = 600  # mel frames of 10 ms that see each other: most of what one says is no longer, so no word is cut
HEAD = 64  # numbers in a head of attention, in every Whisper
STEP = 40  # blocks that are not full are computed together with those of like length


class Attention(nn.Module):
    """Multi-head attention; k_proj has no bias, as in Whisper."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.v_proj, self.out_proj = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x [B, T, width]; bias [B, 1, 1, T] added to the scores."""
        b, t, d = x.shape
        q, k, v = (f(x).view(b, t, self.heads, -1).transpose(1, 2) for f in (self.q_proj, self.k_proj, self.v_proj))
        scores = (q * (d // self.heads) ** -0.5) @ k.transpose(-1, -2) + bias
        return self.out_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, d))


class Layer(nn.Module):
    """Pre-norm transformer layer."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.self_attn_layer_norm, self.final_layer_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = x + self.self_attn(self.self_attn_layer_norm(x), bias)
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))


def sinusoids(length: int, channels: int) -> Tensor:
    """Whisper's table of positions [length, channels]."""
    step = math.log(10000) / (channels // 2 - 1)
    angle = torch.arange(length)[:, None] * torch.exp(-step * torch.arange(channels // 2))[None]
    return torch.cat([angle.sin(), angle.cos()], 1)


class Encoder(nn.Module):
    """Mel frames (100 a second) -> vectors in the space of the Thinker's embeddings (25 a second)."""

    def __init__(self, width: int = 384, layers: int = 4, out: int = 576):
        super().__init__()
        self.conv1 = nn.Conv1d(80, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, 2, padding=1)
        self.layers = nn.ModuleList(Layer(width, width // HEAD) for _ in range(layers))
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Linear(width, out)
        self.register_buffer("positions", sinusoids(BLOCK // 2, width), persistent=False)

    def forward(self, mel: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """mel [B, 80, T], zeros behind each clip; lengths [B] in mel frames, multiples of 4.

        Returns vectors [B, N, out] and their numbers [B] (lengths // 4)."""
        said, _ = self.with_middle(mel, lengths, len(self.layers))
        return said, lengths // 4

    def with_middle(self, mel: Tensor, lengths: Tensor, layers: int) -> tuple[Tensor, Tensor]:
        """As `forward`: vectors [B, N, out], and the stream behind so many layers, [B, 2 N, width] at 50 a second."""
        batch, _, frames = mel.shape
        blocks = -(-frames // BLOCK)
        mel = F.pad(mel, (0, blocks * BLOCK - frames))
        x = mel.view(batch, 80, blocks, BLOCK).transpose(1, 2).reshape(batch * blocks, 80, BLOCK)
        size = (lengths[:, None] - torch.arange(blocks)[None] * BLOCK).clamp(0, BLOCK).reshape(-1)
        y = x.new_zeros(batch * blocks, BLOCK // 4, self.proj.out_features)
        middle = x.new_zeros(batch * blocks, BLOCK // 2, self.proj.in_features)
        for width in range(STEP, BLOCK + 1, STEP):
            used = ((size > width - STEP) & (size <= width)).nonzero()[:, 0]
            if len(used):
                h, m = self._blocks(x[used, :, :width], size[used], layers)
                y = y.index_put((used,), F.pad(h, (0, 0, 0, BLOCK // 4 - h.shape[1])).to(y.dtype))
                middle = middle.index_put((used,), F.pad(m, (0, 0, 0, BLOCK // 2 - m.shape[1])).to(middle.dtype))
        return y.view(batch, -1, y.shape[-1]), middle.view(batch, -1, middle.shape[-1])

    def _blocks(self, x: Tensor, size: Tensor, layers: int) -> tuple[Tensor, Tensor]:
        """Blocks [n, 80, width] of `size` [n] frames each -> [n, width / 4, out], and behind so many layers
        [n, width / 2, width of the stream]."""
        width = x.shape[-1]
        inside = (torch.arange(width)[None] < size[:, None]).to(x.dtype)[:, None]
        h = F.gelu(self.conv2(F.gelu(self.conv1(x * inside)) * inside)).transpose(1, 2)
        h = h + self.positions[: width // 2]
        outside = torch.arange(width // 2)[None] >= (size // 2)[:, None]
        bias = torch.zeros(outside.shape).masked_fill(outside, -1e4)[:, None, None]
        middle = h
        for number, layer in enumerate(self.layers, 1):
            h = layer(h, bias)
            middle = h if number == layers else middle
        h = F.avg_pool1d(h.transpose(1, 2), 2).transpose(1, 2)
        return self.proj(self.ln_post(h)), middle


def encoder_of(state: dict[str, Tensor]) -> Encoder:
    """The encoder that has these weights."""
    layers = {name.split(".")[1] for name in state if name.startswith("layers.")}
    spells = "proj.bias" not in state  # then nothing is said in the Thinker's space
    encoder = Encoder(len(state["conv1.bias"]), len(layers), 1 if spells else len(state["proj.bias"]))
    encoder.load_state_dict(state, strict=not spells)
    return encoder


def deeper(encoder: Encoder, layers: int) -> Encoder:
    """The same function with so many more layers, which do nothing yet."""
    new = Encoder(encoder.proj.in_features, len(encoder.layers) + layers, encoder.proj.out_features)
    new.load_state_dict(encoder.state_dict(), strict=False)
    for layer in new.layers[len(encoder.layers) :]:
        for part in (*layer.self_attn.out_proj.parameters(), *layer.fc2.parameters()):
            nn.init.zeros_(part)
    return new


def read_ctranslate2(path: Path) -> dict[str, np.ndarray]:
    """Tensors of a CTranslate2 model.bin (version 6) by name."""
    import struct

    kinds = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
    out: dict[str, np.ndarray] = {}
    with path.open("rb") as file:
        take = lambda form: struct.unpack(form, file.read(struct.calcsize(form)))[0]  # noqa: E731
        name = lambda: file.read(take("<H")).rstrip(b"\0").decode()  # noqa: E731
        take("<I"), name(), take("<I")
        for _ in range(take("<I")):
            key = name()
            shape = [take("<I") for _ in range(take("<B"))]
            kind, size = take("<B"), take("<I")
            out[key] = np.frombuffer(file.read(size), kinds[kind]).reshape(shape)
        for _ in range(take("<I")):
            alias, key = name(), name()
            out[alias] = out[key]
    return out


def load_whisper(path: Path) -> Encoder:
    """Whisper's encoder (CTranslate2 file, float) as ours; `proj`, which it does not have, is random."""
    raw = {k[8:]: torch.from_numpy(v.astype(np.float32)) for k, v in read_ctranslate2(path).items()
           if k.startswith("encoder/") and v.dtype.kind == "f"}
    layers = {name.split("/")[0] for name in raw if name.startswith("layer_") and name.split("/")[0] != "layer_norm"}
    encoder = Encoder(len(raw["conv1/bias"]), len(layers))
    new: dict[str, Tensor] = {}
    norm = {"weight": "gamma", "bias": "beta"}
    for part in ("weight", "bias"):
        new[f"conv1.{part}"], new[f"conv2.{part}"] = raw[f"conv1/{part}"], raw[f"conv2/{part}"]
        new[f"ln_post.{part}"] = raw[f"layer_norm/{norm[part]}"]
        for i in range(len(encoder.layers)):
            a, b = f"layer_{i}/", f"layers.{i}."
            q, k, v = raw[a + f"self_attention/linear_0/{part}"].chunk(3)
            new[b + f"self_attn.q_proj.{part}"], new[b + f"self_attn.v_proj.{part}"] = q, v
            if part == "weight":
                new[b + "self_attn.k_proj.weight"] = k
            new[b + f"self_attn.out_proj.{part}"] = raw[a + f"self_attention/linear_1/{part}"]
            new[b + f"fc1.{part}"] = raw[a + f"ffn/linear_0/{part}"]
            new[b + f"fc2.{part}"] = raw[a + f"ffn/linear_1/{part}"]
            new[b + f"self_attn_layer_norm.{part}"] = raw[a + f"self_attention/layer_norm/{norm[part]}"]
            new[b + f"final_layer_norm.{part}"] = raw[a + f"ffn/layer_norm/{norm[part]}"]
    missing, unexpected = encoder.load_state_dict(new, strict=False)
    assert not unexpected and set(missing) == {"proj.weight", "proj.bias"}, (missing, unexpected)
    return encoder
