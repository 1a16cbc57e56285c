"""Decoding with 8-bit weights on one or two cores: weights are read once, in order, at the pace of the memory.

torch's `_weight_int8pack_mm` reads weights that are not in a cache at a third of that pace (4.7 of 13.5 GB/s on one
AVX2 core), so two of its threads are slower than one of these; from three on it is the faster one. And a layer's thirty
small operations cost as much as reading its weights: for one row they are one function here.

Compiled when this module is first imported on a machine, which takes some seconds; numba keeps the result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
import torch
from numba import njit
from torch import Tensor

from model.quantized import Int8Linear

if TYPE_CHECKING:
    from model.layers import DecoderLayer

_ROWS, _ROW, _LEVELS, _CACHE = "float32[:, ::1]", "float32[::1]", "int8[:, ::1]", "float32[:, :, ::1]"
_Compiled = TypeVar("_Compiled", bound=Callable[..., object])


def _compiled(signature: str | None = None) -> Callable[[_Compiled], _Compiled]:
    """As njit, with the same options everywhere; at once for a signature, else when first called."""
    return njit(signature, fastmath=True, nogil=True, cache=True)  # type: ignore[return-value]


def product(rows: Tensor, levels: Tensor, scales: Tensor) -> Tensor:
    """Float32 [R, in] times int8 [out, in] with a scale [out] for each output → float32 [R, out]."""
    out = torch.empty(len(rows), len(levels))
    _multiply(rows.contiguous().numpy(), levels.numpy(), scales.numpy(), out.numpy())
    return out


def layer_step(layer: DecoderLayer) -> Callable[[Tensor, tuple[Tensor, Tensor], Tensor, Tensor, Tensor], Tensor]:
    """What the layer does with one row, as a function of (x [.., hidden], the tables of its position, its row of the
    cache [1], all keys and values [1, kv_heads, capacity, head_dim], which it writes) → what follows x.

    All weights of the layer are 8-bit ones (`model.quantized.Int8Linear`) and on the processor."""
    attention, mlp = layer.self_attn, layer.mlp
    weights: list[np.ndarray] = []
    for linear in (attention.qkv_proj, attention.o_proj, mlp.gate_up_proj, mlp.down_proj):
        levels, scales = cast(Int8Linear, linear).levels, cast(Int8Linear, linear).scales
        weights += [levels.numpy(), scales.float().numpy()]
    bias = cast(Int8Linear, attention.qkv_proj).bias
    added = np.zeros(len(weights[0]), np.float32) if bias is None else bias.detach().numpy()
    norms = [norm.weight.detach().numpy() for norm in (layer.input_layernorm, layer.post_attention_layernorm)]
    epsilon = layer.input_layernorm.eps

    def step(x: Tensor, rope: tuple[Tensor, Tensor], rows: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        out = x.clone(memory_format=torch.contiguous_format)
        cos, sin = (table.numpy()[0] for table in rope)
        where = cos, sin, int(rows), keys.numpy()[0], values.numpy()[0]
        _layer(out.view(-1).numpy(), epsilon, *norms, added, *weights, *where)  # type: ignore[call-arg, arg-type]
        return out

    return step


@_compiled()
def _dot(levels: np.ndarray, x: np.ndarray) -> np.float32:
    total = np.float32(0.0)
    for j in range(len(levels)):
        total += np.float32(levels[j]) * x[j]
    return total


@_compiled(f"({_ROWS}, {_LEVELS}, {_ROW}, {_ROWS})")
def _multiply(rows: np.ndarray, levels: np.ndarray, scales: np.ndarray, out: np.ndarray) -> None:
    for i in range(len(levels)):
        for r in range(len(rows)):
            out[r, i] = _dot(levels[i], rows[r]) * scales[i]


@_compiled()
def _times(x: np.ndarray, levels: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """[in] → [out]."""
    out = np.empty(len(levels), np.float32)
    for i in range(len(levels)):
        out[i] = _dot(levels[i], x) * scales[i]
    return out


@_compiled()
def _normed(x: np.ndarray, weight: np.ndarray, epsilon: float) -> np.ndarray:
    squares = np.float32(0.0)
    for i in range(len(x)):
        squares += x[i] * x[i]
    scale = np.float32(1.0 / np.sqrt(squares / len(x) + epsilon))
    return x * scale * weight


@_compiled()
def _turn(head: np.ndarray, cos: np.ndarray, sin: np.ndarray) -> None:
    """In place; the halves of a head are the two coordinates."""
    half = len(head) // 2
    for i in range(half):
        a, b = head[i], head[half + i]
        head[i] = a * cos[i] - b * sin[i]
        head[half + i] = b * cos[half + i] + a * sin[half + i]


@_compiled()
def _attend(query: np.ndarray, keys: np.ndarray, values: np.ndarray, scores: np.ndarray, out: np.ndarray) -> None:
    """One head's query over keys and values [K, D]; `scores` [K] is a place to work in."""
    size, scale = len(query), np.float32(1.0 / np.sqrt(len(query)))
    highest = np.float32(-np.inf)
    for k in range(len(scores)):
        total = np.float32(0.0)
        for d in range(size):
            total += query[d] * keys[k, d]
        scores[k] = total * scale
        highest = max(highest, scores[k])
    whole = np.float32(0.0)
    out[:] = np.float32(0.0)
    for k in range(len(scores)):
        weight = np.float32(np.exp(scores[k] - highest))
        whole += weight
        for d in range(size):
            out[d] += weight * values[k, d]
    for d in range(size):
        out[d] /= whole


@_compiled(
    f"({_ROW}, float64, {_ROW}, {_ROW}, {_ROW}" + f", {_LEVELS}, {_ROW}" * 4
    + f", {_ROW}, {_ROW}, int64, {_CACHE}, {_CACHE})"
)  # fmt: skip
def _layer(
    x: np.ndarray, epsilon: float, norm: np.ndarray, norm_after: np.ndarray, qkv_bias: np.ndarray,
    qkv: np.ndarray, qkv_scales: np.ndarray, o: np.ndarray, o_scales: np.ndarray,
    gate_up: np.ndarray, gate_up_scales: np.ndarray, down: np.ndarray, down_scales: np.ndarray,
    cos: np.ndarray, sin: np.ndarray, row: int, keys: np.ndarray, values: np.ndarray,
) -> None:  # fmt: skip
    """As model.layers.DecoderLayer for one row; x is changed in place."""
    kv_heads, size = keys.shape[0], keys.shape[2]
    heads = o.shape[1] // size
    projected = (_times(_normed(x, norm, epsilon), qkv, qkv_scales) + qkv_bias).reshape(-1, size)
    for head in range(heads + kv_heads):
        _turn(projected[head], cos, sin)
    for head in range(kv_heads):
        keys[head, row] = projected[heads + head]
        values[head, row] = projected[heads + kv_heads + head]
    attended, scores = np.empty((heads, size), np.float32), np.empty(row + 1, np.float32)
    for head in range(heads):
        shared = head // (heads // kv_heads)
        _attend(projected[head], keys[shared, : row + 1], values[shared, : row + 1], scores, attended[head])
    x += _times(attended.reshape(-1), o, o_scales)
    both = _times(_normed(x, norm_after, epsilon), gate_up, gate_up_scales)
    inner = len(both) // 2
    for i in range(inner):
        both[i] = both[i] / (np.float32(1.0) + np.exp(-both[i])) * both[inner + i]
    x += _times(both[:inner], down, down_scales)
