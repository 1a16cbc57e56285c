"""The flow-matching transformer: noisy mel, codes and voice → velocity towards the mel of the codes (paper §2.4).

Attention stays inside blocks of 24 mel frames, except for a few layers that also see the block before or after: that is
what makes decoding while codes arrive possible, and what makes attention cheap, since it is computed block by block and
no score is made only to be masked. Parameter names are those of the official checkpoint.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import DiTConfig
from model.layers import joined
from model.token2wav.speaker_encoder import SpeakerEncoder

_TIME_SIZE = 256  # sinusoids that describe the time
_MASKED = -1e9
_PARTS = 6  # of a layer's modulation: shift, scale and gate of its two halves


class TimeEmbedding(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.time_mlp = nn.ModuleList([nn.Linear(_TIME_SIZE, size), nn.SiLU(), nn.Linear(size, size)])

    def forward(self, time: Tensor) -> Tensor:
        """[B] in 0…1 → [B, size]."""
        half = _TIME_SIZE // 2
        frequencies = torch.exp(torch.arange(half, device=time.device).float() * -(math.log(10000) / (half - 1)))
        angles = 1000 * time[:, None] * frequencies
        x = torch.cat([angles.sin(), angles.cos()], dim=-1).to(next(self.time_mlp.parameters()).dtype)
        for layer in self.time_mlp:
            x = layer(x)
        return x


class CodecEmbedding(nn.Module):
    """One row more than there are codes; row 0 also stands for "no code" in the null branch."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.repeats = config.repeats
        self.codec_embed = nn.Embedding(config.num_embeds + 1, config.emb_dim)

    def forward(self, codes: Tensor) -> Tensor:
        """[B, n] → [B, n · repeats, emb_dim]."""
        return self.codec_embed(codes).repeat_interleave(self.repeats, dim=1)


class InputEmbedding(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        width = config.mel_dim + config.enc_dim + config.enc_emb_dim + config.emb_dim
        self.proj = nn.Linear(width, config.hidden_size)
        self.spk_encoder = SpeakerEncoder(config)

    def constant(self, codes: Tensor, speaker: Tensor, reference: Tensor) -> Tensor:
        """What does not change while the mel is solved: codes [B, T, emb_dim], speaker [B, enc_emb_dim] and reference
        [B, enc_dim] → their part of the projection [B, T, hidden]."""
        beside = [vector[:, None].expand(-1, codes.shape[1], -1) for vector in (reference, speaker)]
        rest = torch.cat([beside[0], codes, beside[1]], dim=-1)
        return F.linear(rest, self.proj.weight[:, -rest.shape[-1] :], self.proj.bias)

    def forward(self, x: Tensor, constant: Tensor) -> Tensor:
        """x [B, T, mel] → [B, T, hidden]."""
        return F.linear(x, self.proj.weight[:, : x.shape[-1]]) + constant


class AdaptiveNorm(nn.Module):
    """Scale, shift and gate of a layer's two halves, from the time."""

    def __init__(self, size: int, parts: int) -> None:
        super().__init__()
        self.parts = parts
        self.linear = nn.Linear(size, parts * size)

    def forward(self, time: Tensor) -> Tensor:
        """[B, size] → [B, parts, size]."""
        return self.linear(F.silu(time)).unflatten(-1, (self.parts, -1))


class Blocks:
    """`length` frames cut into blocks of `size`, each of which sees itself and `back` and `front` blocks beside it."""

    def __init__(self, length: int, size: int, back: int, front: int, like: Tensor) -> None:
        self._length, self._size = length, size
        self._count = -(-length // size)
        self._missing = self._count * size - length
        self._window = (1 + back + front) * size
        self._pad = (back * size, front * size + self._missing)
        first = (torch.arange(self._count, device=like.device) - back)[:, None] * size
        frames = first + torch.arange(self._window, device=like.device)
        outside = (frames < 0) | (frames >= length)
        # [blocks, 1, window]: nothing lies beyond the two ends
        mask = torch.zeros(outside.shape, dtype=like.dtype, device=like.device)
        self.mask = mask.masked_fill(outside, _MASKED)[:, None]

    def queries(self, x: Tensor) -> Tensor:
        """[B, H, T, D] → [B, H, blocks, size, D]"""
        return F.pad(x, (0, 0, 0, self._missing)).unflatten(2, (self._count, self._size))

    def seen(self, x: Tensor) -> Tensor:
        """[B, H, T, D] → [B, H, blocks, D, window]"""
        return F.pad(x, (0, 0, *self._pad)).unfold(2, self._window, self._size)

    def whole(self, x: Tensor) -> Tensor:
        """[B, H, blocks, size, D] → [B, H, T, D]"""
        return x.flatten(2, 3)[:, :, : self._length]


class DiTAttention(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        inner = config.num_attention_heads * config.head_dim
        self.to_q, self.to_k, self.to_v = (nn.Linear(config.hidden_size, inner) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(inner, config.hidden_size)])
        self.to_qkv: nn.Module | None = None

    def join(self) -> None:
        """Make one product of three; the separate weights are gone."""
        self.to_qkv = joined(self.to_q, self.to_k, self.to_v)
        del self.to_q, self.to_k, self.to_v

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor], blocks: Blocks) -> Tensor:
        if self.to_qkv is not None:
            projected = self.to_qkv(x).chunk(3, dim=-1)
        else:
            projected = self.to_q(x), self.to_k(x), self.to_v(x)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in projected)
        q, k = _rotate_first_head(q, *rope), _rotate_first_head(k, *rope)
        # explicit, not fused: several times faster backwards on a CPU, and these matrices are small
        scores = (blocks.queries(q) * q.shape[-1] ** -0.5) @ blocks.seen(k) + blocks.mask
        out = blocks.whole(scores.softmax(-1) @ blocks.seen(v).transpose(-1, -2))
        return self.to_out[0](out.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        inner = config.hidden_size * config.ff_mult
        self.ff = nn.Sequential(
            nn.Linear(config.hidden_size, inner), nn.GELU(approximate="tanh"), nn.Identity(),
            nn.Linear(inner, config.hidden_size),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.ff(x)


class DiTLayer(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.attn_norm = AdaptiveNorm(config.hidden_size, _PARTS)
        self.attn = DiTAttention(config)
        self.ff = FeedForward(config)

    def forward(
        self, x: Tensor, modulation: Tensor, rope: tuple[Tensor, Tensor], blocks: Blocks
    ) -> Tensor:
        shift, scale, gate, ff_shift, ff_scale, ff_gate = modulation.split(1, dim=1)
        x = x + gate * self.attn(_norm(x) * (1 + scale) + shift, rope, blocks)
        return x + ff_gate * self.ff(_norm(x) * (1 + ff_scale) + ff_shift)


class DiT(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        self.time_embed = TimeEmbedding(config.hidden_size)
        self.text_embed = CodecEmbedding(config)
        self.input_embed = InputEmbedding(config)
        self.transformer_blocks = nn.ModuleList(DiTLayer(config) for _ in range(config.num_hidden_layers))
        self.norm_out = AdaptiveNorm(config.hidden_size, 2)
        self.proj_out = nn.Linear(config.hidden_size, config.mel_dim)

    def embed_codes(self, codes: Tensor) -> Tensor:
        """[B, n] → [B, n · repeats, emb_dim]."""
        return self.text_embed(codes)

    def modulations(self, time: Tensor) -> Tensor:
        """Scales, shifts and gates [B, 6 · layers + 2, hidden] of every layer at `time` [B], and of the output: the
        same for every call at that time."""
        home = self.norm_out.linear.weight.device  # what only the time needs may be in the host's memory
        moment = self.time_embed(time.to(home))
        norms = [layer.get_submodule("attn_norm") for layer in self.transformer_blocks]
        together = torch.cat([norm(moment) for norm in (*norms, self.norm_out)], dim=1)
        return together.to(self.proj_out.weight.device)

    def forward(self, x: Tensor, time: Tensor, codes: Tensor, speaker: Tensor, reference: Tensor) -> Tensor:
        """Velocity [B, T, mel] at `time` [B] of x [B, T, mel], for embedded codes [B, T, emb_dim], the voice's vector
        [B, enc_emb_dim] and the encoding of its reference mel [B, enc_dim]."""
        return self.run(x, self.modulations(time), self.input_embed.constant(codes, speaker, reference))

    def run(self, x: Tensor, modulations: Tensor, constant: Tensor) -> Tensor:
        """The same from what can be computed once: `modulations` of the time, and the input's `constant` part."""
        hidden = self.input_embed(x, constant)
        rope = self._rotary_tables(x.shape[1], hidden)
        blocks: dict[tuple[bool, bool], Blocks] = {}
        for index, layer in enumerate(self.transformer_blocks):
            sees = (index in self.config.look_backward_layers, index in self.config.look_ahead_layers)
            if sees not in blocks:
                blocks[sees] = Blocks(x.shape[1], self.config.block_size, int(sees[0]), int(sees[1]), hidden)
            hidden = layer(hidden, modulations[:, _PARTS * index : _PARTS * (index + 1)], rope, blocks[sees])
        scale, shift = modulations[:, -2:].split(1, dim=1)
        return self.proj_out(_norm(hidden) * (1 + scale) + shift)

    def _rotary_tables(self, length: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines [T, head_dim], each frequency twice in a row."""
        size = self.config.head_dim
        frequencies = 1.0 / (10000.0 ** (torch.arange(0, size, 2, device=like.device).float() / size))
        angles = torch.arange(length, device=like.device).float()[:, None] * frequencies
        doubled = angles.repeat_interleave(2, dim=-1)
        return doubled.cos().to(like.dtype), doubled.sin().to(like.dtype)


def _norm(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=1e-6)


def _rotate_first_head(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate neighbouring pairs of head 0 only, as the official model was trained."""
    first = x[:, :1]
    turned = torch.stack([-first[..., 1::2], first[..., 0::2]], dim=-1).flatten(-2)
    return torch.cat([first * cos + turned * sin, x[:, 1:]], dim=1)
