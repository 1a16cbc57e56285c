"""Keys and values of the tokens so far, one growing buffer per layer.

Owns the memory and its length. Buffers double when full, so appending is amortised constant; `truncate` forgets the
tail (barge-in, a new turn for the Talker) by moving the length back.
"""

from __future__ import annotations

import torch
from torch import Tensor


class KVCache:
    """Keys and values of `layers` layers, each [B, kv_heads, capacity, head_dim]."""

    def __init__(self, layers: int, initial_capacity: int = 256) -> None:
        self.length = 0
        self._initial = initial_capacity
        self._keys: list[Tensor | None] = [None] * layers
        self._values: list[Tensor | None] = [None] * layers

    def append(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write [B, H, S, D] behind the present length and return everything so far; `advance` moves the length."""
        end = self.length + keys.shape[2]
        self._keys[layer] = self._room(self._keys[layer], keys, end)
        self._values[layer] = self._room(self._values[layer], values, end)
        stored_keys, stored_values = self._keys[layer], self._values[layer]
        assert stored_keys is not None and stored_values is not None
        stored_keys[:, :, self.length : end] = keys
        stored_values[:, :, self.length : end] = values
        return stored_keys[:, :, :end], stored_values[:, :, :end]

    def advance(self, tokens: int) -> None:
        self.length += tokens

    def truncate(self, length: int) -> None:
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot cut a cache of {self.length} tokens to {length}")
        self.length = length

    def _room(self, buffer: Tensor | None, like: Tensor, needed: int) -> Tensor:
        if buffer is not None and buffer.shape[2] >= needed:
            return buffer
        capacity = max(self._initial, needed, 2 * buffer.shape[2] if buffer is not None else 0)
        grown = like.new_empty(like.shape[0], like.shape[1], capacity, like.shape[3])
        if buffer is not None:
            grown[:, :, : self.length] = buffer[:, :, : self.length]
        return grown


def causal_mask(queries: int, keys: int, device: torch.device) -> Tensor | None:
    """[queries, keys] True where a query may look; None where one query sees every key."""
    if queries == 1:
        return None
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)
