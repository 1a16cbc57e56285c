"""The flow-matching transformer: noisy mel, codes and voice → velocity towards the mel of the codes (paper §2.4).

Attention stays inside blocks of 24 mel frames, except for a few layers that also see the block before or after: that is
what makes decoding while codes arrive possible. Parameter names are those of the official checkpoint.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import DiTConfig
from model.token2wav.speaker_encoder import SpeakerEncoder

_TIME_SIZE = 256  # sinusoids that describe the time
_MASKED = -1e9


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

    def forward(self, x: Tensor, codes: Tensor, speaker: Tensor, reference: Tensor) -> Tensor:
        """x [B, T, mel], codes [B, T, emb_dim], speaker [B, enc_emb_dim], reference [B, enc_dim] → [B, T, hidden]."""
        length = x.shape[1]
        beside = [vector[:, None].expand(-1, length, -1) for vector in (reference, speaker)]
        return self.proj(torch.cat([x, beside[0], codes, beside[1]], dim=-1))


class AdaptiveNorm(nn.Module):
    """Scale, shift and gate of a layer's two halves, from the time."""

    def __init__(self, size: int, parts: int) -> None:
        super().__init__()
        self.parts = parts
        self.linear = nn.Linear(size, parts * size)

    def forward(self, time: Tensor) -> tuple[Tensor, ...]:
        """[B, size] → `parts` of [B, 1, size]."""
        return self.linear(F.silu(time))[:, None].chunk(self.parts, dim=-1)


class DiTAttention(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        inner = config.num_attention_heads * config.head_dim
        self.to_q, self.to_k, self.to_v = (nn.Linear(config.hidden_size, inner) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(inner, config.hidden_size)])

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        q, k, v = (
            linear(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for linear in (self.to_q, self.to_k, self.to_v)
        )
        q, k = _rotate_first_head(q, *rope), _rotate_first_head(k, *rope)
        # explicit, not fused: several times faster backwards on a CPU, and these matrices are small
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + mask
        out = scores.softmax(-1) @ v
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
        self.attn_norm = AdaptiveNorm(config.hidden_size, 6)
        self.attn = DiTAttention(config)
        self.ff = FeedForward(config)

    def forward(self, x: Tensor, time: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        shift, scale, gate, ff_shift, ff_scale, ff_gate = self.attn_norm(time)
        x = x + gate * self.attn(_norm(x) * (1 + scale) + shift, rope, mask)
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

    def forward(self, x: Tensor, time: Tensor, codes: Tensor, speaker: Tensor, reference: Tensor) -> Tensor:
        """Velocity [B, T, mel] at `time` [B] of x [B, T, mel], for embedded codes [B, T, emb_dim], the voice's vector
        [B, enc_emb_dim] and the encoding of its reference mel [B, enc_dim]."""
        hidden = self.input_embed(x, codes, speaker, reference)
        moment = self.time_embed(time)
        rope = self._rotary_tables(x.shape[1], hidden)
        masks = self._masks(x.shape[1], hidden)
        for index, layer in enumerate(self.transformer_blocks):
            sees = (index in self.config.look_backward_layers, index in self.config.look_ahead_layers)
            hidden = layer(hidden, moment, rope, masks[sees])
        scale, shift = self.norm_out(moment)
        return self.proj_out(_norm(hidden) * (1 + scale) + shift)

    def _rotary_tables(self, length: int, like: Tensor) -> tuple[Tensor, Tensor]:
        """Cosines and sines [T, head_dim], each frequency twice in a row."""
        size = self.config.head_dim
        frequencies = 1.0 / (10000.0 ** (torch.arange(0, size, 2, device=like.device).float() / size))
        angles = torch.arange(length, device=like.device).float()[:, None] * frequencies
        doubled = angles.repeat_interleave(2, dim=-1)
        return doubled.cos().to(like.dtype), doubled.sin().to(like.dtype)

    def _masks(self, length: int, like: Tensor) -> dict[tuple[bool, bool], Tensor]:
        """[T, T] added to the scores, for layers that see (the block before, the block after)."""
        blocks = torch.arange(length, device=like.device) // self.config.block_size
        ahead = blocks[None] - blocks[:, None]
        return {
            (back, front): torch.zeros(length, length, dtype=like.dtype, device=like.device).masked_fill(
                (ahead < -int(back)) | (ahead > int(front)), _MASKED
            )
            for back in (False, True)
            for front in (False, True)
        }


def _norm(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=1e-6)


def _rotate_first_head(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate neighbouring pairs of head 0 only, as the official model was trained."""
    first = x[:, :1]
    turned = torch.stack([-first[..., 1::2], first[..., 0::2]], dim=-1).flatten(-2)
    return torch.cat([first * cos + turned * sin, x[:, 1:]], dim=1)
