"""The Qwen2 decoder that Thinker and Talker share: RMSNorm, grouped-query attention with TMRoPE, SwiGLU.

Parameter names are those of the official checkpoint.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import DecoderConfig
from model.kv_cache import KVCache, causal_mask
from model.rope import rotary_tables, rotate


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.eps)
        return self.weight * wide.to(x.dtype)


class GatedMLP(nn.Module):
    def __init__(self, size: int, intermediate: int, bias: bool = False) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(size, intermediate, bias=bias)
        self.up_proj = nn.Linear(size, intermediate, bias=bias)
        self.down_proj = nn.Linear(intermediate, size, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


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

    def forward(
        self, x: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor, rows: Tensor, cache: KVCache | None
    ) -> Tensor:
        batch, length, _ = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.kv_heads, self.head_dim).transpose(1, 2)
        q, k = rotate(q, *rope), rotate(k, *rope)
        if cache is not None:
            k, v = cache.write(self.layer, rows, k, v)
        # The queries that share a key head are rows of one matrix: for a decode step several times faster than
        # repeating the keys, which is what enable_gqa comes to on a processor.
        shared = self.heads // self.kv_heads
        rows_of_heads = q.reshape(batch, self.kv_heads, shared * length, self.head_dim)
        out = F.scaled_dot_product_attention(rows_of_heads, k, v, attn_mask=mask.repeat(shared, 1))
        out = out.view(batch, self.heads, length, self.head_dim)
        return self.o_proj(out.transpose(1, 2).reshape(batch, length, -1))


class DecoderLayer(nn.Module):
    def __init__(self, config: DecoderConfig, layer: int) -> None:
        super().__init__()
        self.self_attn = Attention(config, layer)
        self.mlp = GatedMLP(config.hidden_size, config.intermediate_size)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self, x: Tensor, rope: tuple[Tensor, Tensor], mask: Tensor, rows: Tensor, cache: KVCache | None
    ) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rope, mask, rows, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


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
        mask = causal_mask(rows, x.shape[1] if cache is None else cache.visible)
        rope = rotary_tables(
            positions, self.config.head_dim, self.config.rope_theta, self.config.mrope_section, x.dtype
        )
        for layer in self.layers:
            x = layer(x, rope, mask, rows, cache)
        return self.norm(x)

    def new_cache(self, capacity: int | None = None) -> KVCache:
        """An empty cache, by default for as many tokens as the model has positions."""
        return KVCache(self.config.num_hidden_layers, capacity or self.config.max_position_embeddings)
