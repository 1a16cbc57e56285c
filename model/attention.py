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
_LONG = 2048  # keys; plain products of many queries are compiled for each length and stay in memory, so not beyond this


def additive_mask(visible: Tensor, shared: int, dtype: torch.dtype) -> Tensor:
    """Bool [S, K] of which key a query sees → [shared · S, K] of 0 and -inf, for `shared` heads in a row."""
    mask = torch.zeros(visible.shape, dtype=dtype, device=visible.device).masked_fill(~visible, -torch.inf)
    return mask.repeat(shared, 1)


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """[B, heads, S, D] over [B, kv_heads, K, D], `mask` from `additive_mask` → [B, heads, S, D]."""
    batch, heads, length, size = q.shape
    rows = q.reshape(batch, k.shape[1], -1, size)
    if _explicit(q, length, k.shape[2]):
        # torch's fused kernel multiplies bfloat16 on a processor at half the speed of a plain product, and a product
        # at half its speed where the heads do not lie behind each other: hence the copies
        scores = torch.baddbmm(
            mask.expand(rows.shape[0] * rows.shape[1], -1, -1), rows.flatten(0, 1),
            k.contiguous().flatten(0, 1).transpose(1, 2), alpha=size**-0.5,
        )
        out = torch.bmm(scores.softmax(-1), v.contiguous().flatten(0, 1))
    else:
        out = F.scaled_dot_product_attention(rows, k, v, attn_mask=mask)
    return out.reshape(batch, heads, length, size)


def _explicit(q: Tensor, queries: int, keys: int) -> bool:
    if q.device.type != "cpu" or q.dtype != torch.bfloat16 or not multiplies_bfloat16():
        return False
    return keys > _SHORT if queries == 1 else keys <= _LONG
