"""Linear layers in 4 bits: NF4 with double quantization (bitsandbytes' format and codes) and torch's int4.

NF4 (Dettmers et al. 2023): blocks of 64 weights of a row share a largest magnitude; each weight is one of 16 numbers
that normally distributed values fall between equally often. The magnitudes are kept in 8 bits themselves, in blocks of
256: 4.127 bits a weight. On a card bitsandbytes multiplies them; on a processor its kernels take three times as long as
the table look-up below, so there it is not needed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.bounds import WEIGHTS_AT_ONCE
from model.errors import CannotRunError
from model.processor import multiplies_bfloat16

BLOCK = 64  # weights that share a magnitude
NESTED = 256  # magnitudes that share theirs
GROUP = 64  # weights that share a scale and a minimum in int4
_ROWS_AT_ONCE = 1 << 18  # weights; small enough that what lies between stays in a processor's cache
_CELLS = 1024  # of the table that finds an NF4 level; far more than 16, so that none holds two borders

NF4_LEVELS = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
)


class Nf4Linear(nn.Module):
    """y = x W^T + b with W [out, in] in NF4, `in` a multiple of 64; computes in the dtype of x.

    Two weights a byte, the first in the high half; a magnitude is dynamic[absmax] · nested + offset.
    """

    packed: Tensor  # uint8 [out · in / 2]
    absmax: Tensor  # uint8 [out · in / 64]
    nested: Tensor  # float32 [ceil(out · in / 64 / 256)]
    offset: Tensor  # float32 []

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        for name, value in quantize_nf4(weight).items():
            self.register_buffer(name, value)
        self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)
        self._state: Any = None

    def forward(self, x: Tensor) -> Tensor:
        if x.device.type == "cuda":
            return self._on_card(x)
        wide = torch.float32 if x.dtype == torch.bfloat16 and not multiplies_bfloat16() else x.dtype
        rows = max(1, WEIGHTS_AT_ONCE // self.in_features)
        parts = [
            F.linear(x.to(wide), self.weight(wide, begin, begin + rows)) for begin in range(0, self.out_features, rows)
        ]
        out = parts[0] if len(parts) == 1 else torch.cat(parts, dim=-1)
        return (out if self.bias is None else out + self.bias).to(x.dtype)

    def weight(self, dtype: torch.dtype, begin: int = 0, end: int | None = None) -> Tensor:
        """Outputs `begin` to `end` [out, in] as they are multiplied with."""
        end = self.out_features if end is None else min(end, self.out_features)
        first, last = begin * self.in_features // BLOCK, end * self.in_features // BLOCK
        packed = self.packed[first * BLOCK // 2 : last * BLOCK // 2].int()
        blocks = _pairs(packed.device).index_select(0, packed).view(torch.float32).view(-1, BLOCK)
        return (blocks * self._magnitudes(first, last)[:, None]).to(dtype).view(-1, self.in_features)

    def _magnitudes(self, first: int, last: int) -> Tensor:
        """float32 [last - first]."""
        device = self.absmax.device
        levels = dynamic_levels(device).index_select(0, self.absmax[first:last].int())
        return levels * self.nested[torch.arange(first, last, device=device) // NESTED] + self.offset

    def _on_card(self, x: Tensor) -> Tensor:
        bnb = bitsandbytes()
        if self._state is None:
            functional, device = bnb.functional, self.packed.device
            nested = functional.QuantState(
                absmax=self.nested, code=dynamic_levels(device), blocksize=NESTED, dtype=torch.float32
            )
            self._state = functional.QuantState(
                absmax=self.absmax, shape=torch.Size((self.out_features, self.in_features)), dtype=x.dtype,
                blocksize=BLOCK, code=_levels(device), quant_type="nf4", offset=self.offset, state2=nested,
            )
        return bnb.matmul_4bit(x, self.packed.view(1, -1), self._state, bias=self.bias)


def quantize_nf4(weight: Tensor) -> dict[str, Tensor]:
    """[out, in] → the four tensors of Nf4Linear. Little memory beside the result: a few rows are done at a time."""
    flat = weight.reshape(-1)
    # filled piece by piece: a list of pieces would be there twice when they are joined
    packed = torch.empty(flat.numel() // 2, dtype=torch.uint8, device=flat.device)
    largest = torch.empty(flat.numel() // BLOCK, device=flat.device)
    for begin in range(0, flat.numel(), _ROWS_AT_ONCE):
        blocks = flat[begin : begin + _ROWS_AT_ONCE].view(-1, BLOCK).float()
        most = blocks.abs().amax(1)
        largest[begin // BLOCK : begin // BLOCK + len(blocks)] = most
        codes = _nearest(blocks * (1 / most)[:, None].nan_to_num(posinf=0.0), weight.device)
        packed[begin // 2 : begin // 2 + codes.numel() // 2] = codes[:, 0::2].flatten() << 4 | codes[:, 1::2].flatten()
    offset = largest.mean()
    absmax, nested = _quantize_magnitudes(largest - offset)
    return {"packed": packed, "absmax": absmax, "nested": nested, "offset": offset}


def _nearest(scaled: Tensor, device: torch.device) -> Tensor:
    """[blocks, 64] in -1…1 → uint8 numbers of the nearest levels. A table says how many borders lie before a cell of
    the range, one comparison whether the cell's own is passed: ten times as fast as to search."""
    table, borders = _tables(device)
    cells = ((scaled + 1) * (_CELLS / 2)).to(torch.int32).clamp_(0, _CELLS - 1).flatten()
    below = table.index_select(0, cells)
    passed = scaled.flatten() > borders.index_select(0, below)
    return (below + passed).to(torch.uint8).view_as(scaled)


@lru_cache
def _tables(device: torch.device) -> tuple[Tensor, Tensor]:
    """Borders before each cell, a cell's width too early so that no rounding misses one; and the borders."""
    levels = torch.tensor(NF4_LEVELS)
    borders = (levels[1:] + levels[:-1]) / 2
    begins = (torch.arange(_CELLS) - 1) / (_CELLS / 2) - 1
    table = torch.bucketize(begins, borders, out_int32=True)
    return table.to(device), torch.cat([borders, torch.tensor([torch.inf])]).to(device)


def _quantize_magnitudes(values: Tensor) -> tuple[Tensor, Tensor]:
    """float32 [n] → uint8 [n] of `dynamic_levels` and the largest of every 256, float32."""
    levels = dynamic_levels(values.device)
    blocks = F.pad(values, (0, -len(values) % NESTED)).view(-1, NESTED)
    largest = blocks.abs().amax(1)
    scaled = (blocks * (1 / largest)[:, None].nan_to_num(posinf=0.0)).flatten()[: len(values)]
    above = torch.bucketize(scaled, levels).clamp_(1, len(levels) - 1)
    nearer_below = scaled - levels[above - 1] <= levels[above] - scaled
    return (above - nearer_below.to(above.dtype)).to(torch.uint8), largest


@lru_cache
def _levels(device: torch.device) -> Tensor:
    return torch.tensor(NF4_LEVELS, device=device)


@lru_cache
def _pairs(device: torch.device) -> Tensor:
    """[256] of eight bytes: the two float32 levels that a byte stands for, so that one look-up brings both."""
    byte = torch.arange(256)
    levels = torch.tensor(NF4_LEVELS)
    return torch.stack([levels[byte >> 4], levels[byte & 15]], dim=1).view(torch.float64).flatten().to(device)


@lru_cache
def dynamic_levels(device: torch.device) -> Tensor:
    """The 256 rising numbers in -1…1 of bitsandbytes' dynamic data type: seven decades, each in twice as many steps as
    the one below (Dettmers 2015)."""
    positive = []
    for decade in range(7):
        borders = torch.linspace(0.1, 1, 2**decade + 1)
        positive += (10.0 ** (decade - 6) * ((borders[:-1] + borders[1:]) / 2)).tolist()
    levels = sorted([*positive, *(-value for value in positive), 0.0, 1.0])
    return torch.tensor(levels, device=device)


class Int4Linear(nn.Module):
    """y = x W^T + b with W in 4 bits, a scale and a minimum for every group of 64 inputs: torch's weight-only kernel.

    The packing is the kernel's own and differs between processor and card. What fine-tuning changed, smaller than a
    step of 4 bits, may lie beside W as a product of two matrices, in the dtype of x.
    """

    packed: Tensor
    scales: Tensor  # bfloat16 [in / group, out, 2]: scale and the value of level 8
    low_rank_a: Tensor | None  # [rank, in]
    low_rank_b: Tensor | None  # [out, rank]

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        levels, scale, minimum = int4_levels(weight)
        self._keep(levels, scale, minimum, bias, None)

    def _keep(
        self,
        levels: Tensor,
        scale: Tensor,
        minimum: Tensor,
        bias: Tensor | None,
        low_rank: tuple[Tensor, Tensor] | None,
    ) -> None:
        self.out_features, self.in_features = levels.shape
        self.group = levels.shape[1] // scale.shape[1]
        scales = torch.stack([scale, minimum + 8 * scale], dim=-1).transpose(0, 1).to(torch.bfloat16).contiguous()
        self.register_buffer("packed", _pack_int4(levels))
        self.register_buffer("scales", scales)
        self.keep_low_rank(low_rank)
        self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)

    def keep_low_rank(self, low_rank: tuple[Tensor, Tensor] | None) -> None:
        """What is to be added to W as a product, [rank, in] and [out, rank]."""
        for name, value in zip(("low_rank_a", "low_rank_b"), low_rank or (None, None)):
            self.register_buffer(name, value)

    @classmethod
    def of_levels(
        cls,
        levels: Tensor,
        scale: Tensor,
        minimum: Tensor,
        bias: Tensor | None,
        low_rank: tuple[Tensor, Tensor] | None = None,
    ) -> Int4Linear:
        """From weights that are in 4 bits already: levels 0…15 [out, in], scale and minimum [out, in / group]; nothing
        is rounded again but scale and minimum, to bfloat16."""
        made = cls.__new__(cls)
        nn.Module.__init__(made)
        made._keep(levels, scale, minimum, bias, low_rank)
        return made

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, self.in_features).to(torch.bfloat16)
        if x.device.type == "cuda":
            out = torch.ops.aten._weight_int4pack_mm(rows, self.packed, self.group, self.scales)
        else:
            out = torch.ops.aten._weight_int4pack_mm_for_cpu(rows, self.packed, self.group, self.scales)
        out = out.view(*x.shape[:-1], -1).to(x.dtype)
        if self.low_rank_a is not None and self.low_rank_b is not None:
            out = out + F.linear(F.linear(x, self.low_rank_a), self.low_rank_b)
        return out if self.bias is None else out + self.bias


def int4_levels(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """[out, in] → uint8 levels [out, in], scale and minimum bfloat16-exact float32 [out, in / 64]."""
    levels = torch.empty(weight.shape, dtype=torch.uint8, device=weight.device)
    scales = torch.empty(len(weight), weight.shape[1] // GROUP, device=weight.device)
    minima = torch.empty_like(scales)
    rows = max(1, _ROWS_AT_ONCE // weight.shape[1])
    for begin in range(0, len(weight), rows):
        part = slice(begin, begin + rows)
        groups = weight[part].float().unflatten(1, (-1, GROUP))
        low, high = groups.amin(-1), groups.amax(-1)
        scale = ((high - low) / 15).clamp(min=1e-8).to(torch.bfloat16).float()
        # the kernel is told the value of level 8: what it has in bfloat16 is what the levels are rounded for
        middle = (low + 8 * scale).to(torch.bfloat16).float()
        codes = ((groups - middle[..., None]) / scale[..., None] + 8).round_().clamp_(0, 15)
        levels[part], scales[part], minima[part] = codes.to(torch.uint8).flatten(1), scale, middle - 8 * scale
    return levels, scales, minima


def _pack_int4(levels: Tensor) -> Tensor:
    if levels.device.type == "cuda":
        return torch.ops.aten._convert_weight_to_int4pack(levels[:, 0::2] << 4 | levels[:, 1::2], 8)
    # it wants int32, so a few rows at a time; it packs 64 together at most
    rows = max(64, _ROWS_AT_ONCE * 4 // levels.shape[1] // 64 * 64)
    convert = torch.ops.aten._convert_weight_to_int4pack_for_cpu
    return torch.cat([convert(levels[begin : begin + rows].int(), 1) for begin in range(0, len(levels), rows)])


def bitsandbytes() -> Any:
    """The library that multiplies NF4 on a card; CannotRunError where it is not installed."""
    try:
        import bitsandbytes as library
    except ImportError as error:
        raise CannotRunError("nf4 on a card needs bitsandbytes: pip install bitsandbytes, or use int8.") from error
    return library
