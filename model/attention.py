"""Attention of a few queries over a KV cache, by whichever way the device does fastest.

Queries that share a key head are rows of one matrix: for a decode step several times faster than repeating the keys,
which is what enable_gqa comes to on a processor.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from model.processor import multiplies_bfloat16

_SHORT = 256  # keys; up to here the fused kernel is the faster one for a single query
_AT_ONCE = 2048  # keys; a plain product is compiled for each length and stays in memory, so none is longer than this


def additive_mask(visible: Tensor, shared: int, dtype: torch.dtype) -> Tensor:
    """Bool [S, K] of which key a query sees → [shared · S, K] of 0 and -inf, for `shared` heads in a row."""
    mask = torch.zeros(visible.shape, dtype=dtype, device=visible.device).masked_fill(~visible, -torch.inf)
    return mask.repeat(shared, 1)


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """[B, heads, S, D] over [B, kv_heads, K, D], `mask` from `additive_mask` → [B, heads, S, D]."""
    batch, heads, length, size = q.shape
    rows = q.reshape(batch, k.shape[1], -1, size)
    if _explicit(q, length, k.shape[2]):
        out = _plain(rows.flatten(0, 1), k, v, mask)
    else:
        out = F.scaled_dot_product_attention(rows, k, v, attn_mask=mask)
    return out.reshape(batch, heads, length, size)


def _plain(rows: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """[B · kv_heads, R, D]. The fused kernel multiplies bfloat16 on a processor at half the speed of a plain product,
    and a product at half its speed where the heads do not lie behind each other: hence the copies."""
    parts = range(0, k.shape[2], _AT_ONCE)
    scores = [
        torch.baddbmm(
            mask[:, begin : begin + _AT_ONCE].expand(len(rows), -1, -1), rows, _packed(k, begin).transpose(1, 2),
            alpha=rows.shape[-1] ** -0.5,
        )
        for begin in parts
    ]
    weights = torch.cat(scores, dim=-1).softmax(-1).split(_AT_ONCE, dim=-1)
    out = torch.bmm(weights[0], _packed(v, 0))
    for begin, weight in zip(parts[1:], weights[1:]):
        out = torch.baddbmm(out, weight, _packed(v, begin))
    return out


def _packed(cached: Tensor, begin: int) -> Tensor:
    """[B, kv_heads, K, D] → [B · kv_heads, at most _AT_ONCE, D] from key `begin` on."""
    return cached[:, :, begin : begin + _AT_ONCE].contiguous().flatten(0, 1)


def _explicit(q: Tensor, queries: int, keys: int) -> bool:
    if q.device.type != "cpu" or q.dtype != torch.bfloat16 or not multiplies_bfloat16():
        return False
    return keys > _SHORT if queries == 1 else keys <= _AT_ONCE
