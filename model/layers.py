"""The Qwen2 decoder that Thinker and Talker share: RMSNorm, grouped-query attention with TMRoPE, SwiGLU.

Parameter names are those of the official checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.attention import additive_mask, attend
from model.config import DecoderConfig
from model.kv_cache import KVCache, causal_mask
from model.quantized import Int8Linear, our_kernels, uses_our_kernels
from model.rope import rotary_tables, rotate


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight, self.eps)


class GatedMLP(nn.Module):
    def __init__(self, size: int, intermediate: int, bias: bool = False) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(size, intermediate, bias=bias)
        self.up_proj = nn.Linear(size, intermediate, bias=bias)
        self.down_proj = nn.Linear(intermediate, size, bias=bias)

        self.gate_up_proj: nn.Module | None = None

    def join(self) -> None:
        """Make one product of two; the separate weights are gone."""
        self.gate_up_proj = joined(self.gate_proj, self.up_proj)
        del self.gate_proj, self.up_proj

    def forward(self, x: Tensor) -> Tensor:
        if self.gate_up_proj is not None:
            gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        else:
            gate, up = self.gate_proj(x), self.up_proj(x)
        return self.down_proj(F.silu(gate) * up)


class Attention(nn.Module):
    def __init__(self, config: DecoderConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.heads, self.kv_heads, self.head_dim = (
            config.num_attention_heads, config.num_key_value_heads, config.head_dim,
        )
        self.q_proj = nn.Linear(config.hidden_size, self.heads * self.head_dim, bias=True)
        self.k_proj = nn.Linear(config.hidden_size, self.kv_heads * self.head_dim, bias=True)
        self.v_proj = nn.Linear(config.hidden_size, self.kv_heads * self.head_dim, bias=True)
        self.o_proj = nn.Linear(self.heads * self.head_dim, config.hidden_size, bias=False)
        self.qkv_proj: nn.Module | None = None

    def join(self) -> None:
        """Make one product of three; the separate weights are gone."""
        self.qkv_proj = joined(self.q_proj, self.k_proj, self.v_proj)
        del self.q_proj, self.k_proj, self.v_proj

    def forward(
        self, x: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor, rows: Tensor, cache: KVCache | None
    ) -> Tensor:
        batch, length, _ = x.shape
        if self.qkv_proj is not None:
            projected = self.qkv_proj(x)
        else:
            projected = torch.cat([self.q_proj(x), self.k_proj(x), self.v_proj(x)], dim=-1)
        projected = projected.view(batch, length, -1, self.head_dim).transpose(1, 2)
        turned, v = projected.split([self.heads + self.kv_heads, self.kv_heads], dim=1)
        q, k = rotate(turned, *rope).split([self.heads, self.kv_heads], dim=1)
        if cache is not None:
            k, v = cache.write(self.layer, rows, k, v)
        out = attend(q, k, v, mask)
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class DecoderLayer(nn.Module):
    def __init__(self, config: DecoderConfig, layer: int) -> None:
        super().__init__()
        self.self_attn = Attention(config, layer)
        self.mlp = GatedMLP(config.hidden_size, config.intermediate_size)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self._step: tuple[Callable[..., Tensor] | None] | None = None  # made with the first row

    def forward(
        self, x: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor, rows: Tensor, cache: KVCache | None
    ) -> Tensor:
        if cache is not None and x.shape[:2] == (1, 1):
            step, buffers = self._row_step(), cache.buffers(self.self_attn.layer)
            if step is not None and buffers is not None and uses_our_kernels(x):
                return step(x, rope, rows, *buffers)
        x = x + self.self_attn(self.input_layernorm(x), rope, mask, rows, cache)
        return x + self.mlp(self.post_attention_layernorm(x))

    def _row_step(self) -> Callable[..., Tensor] | None:
        """All of it for one row in one function, where its weights are of that kind."""
        if self._step is None:
            parts = (self.self_attn.qkv_proj, self.self_attn.o_proj, self.mlp.gate_up_proj, self.mlp.down_proj)
            fits = all(isinstance(part, Int8Linear) and part.levels.device.type == "cpu" for part in parts)
            fits = fits and self.input_layernorm.weight.dtype is torch.float32
            self._step = (our_kernels().layer_step(self) if fits else None,)
        return self._step[0]


class HostEmbedding(nn.Module):
    """An embedding that stays in the host's memory: rows of it are copied to the device for the tokens there are."""

    def __init__(self, weight: Tensor, device: torch.device) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)
        self._device = device

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids.to(self.weight.device), self.weight).to(self._device)


def joined(*linears: nn.Linear) -> nn.Linear:
    """One Linear whose output is theirs behind each other; without a bias where theirs are zero. What reads the same
    input is joined because a decode step is made of many small operations, each of which costs its call."""
    weight = torch.cat([linear.weight for linear in linears])
    joined = nn.Linear(weight.shape[1], weight.shape[0], bias=False, device="meta")
    joined.weight = nn.Parameter(weight, requires_grad=False)
    if linears[0].bias is not None:
        bias = torch.cat([linear.bias for linear in linears])
        if bias.is_meta or bias.any():
            joined.bias = nn.Parameter(bias, requires_grad=False)
    return joined


class Decoder(nn.Module):
    """Embeddings in, normalised hidden states out; `embedding_size` differs from hidden_size in the Talker."""

    def __init__(self, config: DecoderConfig, embedding_size: int | None = None) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, embedding_size or config.hidden_size)
        self.layers = nn.ModuleList(DecoderLayer(config, i) for i in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x: Tensor, positions: Tensor, cache: KVCache | None = None) -> Tensor:
        """[B, S, hidden] at positions [3, S], causal over what the cache holds and the input → [B, S, hidden]."""
        length = x.shape[1]
        if cache is None:
            return self.run(x, positions, torch.arange(length, device=x.device), None)
        cache.reserve(length)
        out = self.run(x, positions, cache.rows(length, x.device), cache)
        cache.advance(length)
        return out

    def run(self, x: Tensor, positions: Tensor, rows: Tensor, cache: KVCache | None) -> Tensor:
        """The same into given `rows` of a cache that has reserved them: tensors alone, nothing of the host's state."""
        visible = causal_mask(rows, x.shape[1] if cache is None else cache.visible)
        mask = additive_mask(visible, self.config.num_attention_heads // self.config.num_key_value_heads, x.dtype)
        rope = rotary_tables(
            positions, self.config.head_dim, self.config.rope_theta, self.config.mrope_section, x.dtype
        )
        for layer in self.layers:
            x = layer(x, rope, mask, rows, cache)
        return self.norm(x)

    def new_cache(self, capacity: int | None = None) -> KVCache:
        """An empty cache, by default for as many tokens as the model has positions."""
        return KVCache(self.config.num_hidden_layers, capacity or self.config.max_position_embeddings)
