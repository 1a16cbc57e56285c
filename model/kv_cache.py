"""Keys and values of the tokens so far, in buffers that never move and never change their shape.

Owns the memory and its length. Attention looks at the first `visible` rows, a multiple of BUCKET, so a decode step has
one shape per bucket: that is what lets it be captured once and replayed (`model.captured`). `truncate` forgets the tail
by moving the length back; `remove` takes a stretch out of the middle and turns the keys behind it to their new
positions.
"""

from __future__ import annotations

import torch
from torch import Tensor

BUCKET = 256  # rows


class KVCache:
    """Keys and values of `layers` layers, each [B, kv_heads, capacity, head_dim]; allocated by the first write.

    Attributes:
        length: rows that hold a token.
        visible: rows that attention looks at, those not written yet masked out.
    """

    def __init__(self, layers: int, capacity: int) -> None:
        self.length = 0
        self.visible = 0
        self.capacity = -(-capacity // BUCKET) * BUCKET
        self._keys: list[Tensor] = [torch.empty(0)] * layers
        self._values: list[Tensor] = [torch.empty(0)] * layers

    def reserve(self, tokens: int) -> None:
        """Make the next `tokens` rows writable; ValueError where they do not fit."""
        end = self.length + tokens
        if end > self.capacity:
            raise ValueError(f"{end} tokens do not fit into a cache of {self.capacity}")
        self.visible = -(-end // BUCKET) * BUCKET

    def write(self, layer: int, rows: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write [B, H, S, D] into `rows` [S]; all visible keys and values [B, H, visible, D]."""
        if not self._keys[layer].numel():
            batch, heads, _, size = keys.shape
            # Zeros, because what is masked must still be a number; written out, so that a conversation takes its memory
            # when it begins and not little by little.
            self._keys[layer] = keys.new_empty(batch, heads, self.capacity, size).zero_()
            self._values[layer] = values.new_empty(batch, heads, self.capacity, size).zero_()
        stored_keys, stored_values = self._keys[layer], self._values[layer]
        stored_keys.index_copy_(2, rows, keys)
        stored_values.index_copy_(2, rows, values)
        return stored_keys[:, :, : self.visible], stored_values[:, :, : self.visible]

    def buffers(self, layer: int) -> tuple[Tensor, Tensor] | None:
        """All keys and values [B, H, capacity, D], for whoever writes rows by itself; None before the first write."""
        keys = self._keys[layer]
        return (keys, self._values[layer]) if keys.numel() else None

    def advance(self, tokens: int) -> None:
        """The last `tokens` rows written count from now on."""
        self.length += tokens

    def truncate(self, length: int) -> None:
        """Forget every row from `length` on."""
        if not 0 <= length <= self.length:
            raise ValueError(f"cannot cut a cache of {self.length} tokens to {length}")
        self.length = length

    def remove(self, begin: int, end: int, turn: tuple[Tensor, Tensor] | None) -> None:
        """Take rows [begin, end) out. `turn`, cosines and sines [head_dim], moves the keys behind them to positions
        that are nearer by what was removed; None leaves their positions."""
        if not 0 <= begin <= end <= self.length:
            raise ValueError(f"cannot remove rows {begin} to {end} of a cache of {self.length}")
        kept = self.length - end
        for keys, values in zip(self._keys, self._values):
            moved = keys[:, :, end : self.length].clone()
            if turn is not None:
                moved = moved.float()
                first, second = moved.chunk(2, dim=-1)
                moved = moved * turn[0] + torch.cat([-second, first], dim=-1) * turn[1]
            keys[:, :, begin : begin + kept] = moved.to(keys.dtype)
            values[:, :, begin : begin + kept] = values[:, :, end : self.length].clone()
        self.length = begin + kept

    def rows(self, tokens: int, device: torch.device) -> Tensor:
        """[tokens] numbers of the next rows."""
        return torch.arange(self.length, self.length + tokens, device=device)

    def state(self) -> list[Tensor]:
        """Everything held, as copies: what tests compare bit for bit."""
        return [buffer[:, :, : self.length].clone() for buffer in (*self._keys, *self._values) if buffer.numel()]


def causal_mask(rows: Tensor, visible: int) -> Tensor:
    """[S, visible] True where the query written to row r looks: at rows 0 to r."""
    return torch.arange(visible, device=rows.device)[None] <= rows[:, None]
