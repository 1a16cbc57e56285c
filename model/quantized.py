"""Linear layers whose weights take fewer bytes, and which kind a layer becomes.

For decoding, 8-bit weights: one token reads every weight once, so bytes are most of a step's time; torch's kernel
`_weight_int8pack_mm`, or on few cores our own (`model.few_rows`). Many rows at once are bound by arithmetic instead,
where a kernel is slower than a plain product: those use a copy of the same rounded weights, in bfloat16 or where the
processor does not multiply that in float32, or make it anew where it would not fit.
4 bits: `model.four_bits`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.bounds import WEIGHTS_AT_ONCE
from model.four_bits import Int4Linear, Nf4Linear
from model.placement import INT4, INT8_COPIED, INT8_COPIED_WIDE, INT8_KINDS, NF4

_FEW_ROWS = 4  # from here on the plain product is the faster one
_COPIES = {INT8_COPIED: torch.bfloat16, INT8_COPIED_WIDE: torch.float32}
_MOST_THREADS = 2  # of torch, up to which our own kernel is faster than its one
_ROWS_AT_ONCE = 1 << 20  # weights; what lies between them and their levels is float32


class Int8Linear(nn.Module):
    """y = x W^T + b with W in 8 bits and one scale an output; in and out in the dtype of x, whatever the copy's is.

    Attributes:
        weight: the copy of the rounded weights, or None.
    """

    levels: Tensor
    scales: Tensor
    _scales32: Tensor | None = None

    def __init__(self, weight: Tensor, bias: Tensor | None, copy: torch.dtype | None = torch.bfloat16) -> None:
        super().__init__()
        levels, scales = int8_levels(weight)
        self.register_buffer("levels", levels)
        self.register_buffer("scales", scales)
        self.weight = None if copy is None else nn.Parameter(self._wide(copy), requires_grad=False)
        self.bias = None if bias is None else nn.Parameter(bias, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        if len(rows) > _FEW_ROWS or x.device.type != "cpu":
            return self._in_parts(x) if self.weight is None else self._by(self.weight, x)
        if uses_our_kernels(x):
            out = our_kernels().product(rows, self.levels, self._wide_scales()).view(*x.shape[:-1], -1)
            return out if self.bias is None else out + self.bias
        # torch's kernel reads bfloat16 rows several times faster than float32 ones, on every processor
        out = torch.ops.aten._weight_int8pack_mm(rows.to(torch.bfloat16), self.levels, self.scales)
        out = out.view(*x.shape[:-1], -1).to(x.dtype)
        return out if self.bias is None else out + self.bias

    def _by(self, copy: Tensor, x: Tensor) -> Tensor:
        """The product with the copy, multiplied in its dtype."""
        if copy.dtype is x.dtype:
            return F.linear(x, copy, self.bias)
        out = F.linear(x.to(copy.dtype), copy).to(x.dtype)
        return out if self.bias is None else out + self.bias

    def _in_parts(self, x: Tensor) -> Tensor:
        """The product with weights that are made wide for it, never many at a time."""
        rows = max(1, WEIGHTS_AT_ONCE // self.levels.shape[1])
        parts = [F.linear(x, self._wide(x.dtype, at, at + rows)) for at in range(0, len(self.levels), rows)]
        out = torch.cat(parts, dim=-1)
        return out if self.bias is None else out + self.bias

    def _wide_scales(self) -> Tensor:
        """In float32, [out]; made once."""
        if self._scales32 is None:
            self._scales32 = self.scales.float()
        return self._scales32

    def _wide(self, dtype: torch.dtype, begin: int = 0, end: int | None = None) -> Tensor:
        """Outputs `begin` to `end` [out, in] in float32 or bfloat16; a level is exact in it, so this rounds once."""
        return self.levels[begin:end].to(dtype) * self.scales[begin:end, None].to(dtype)


@cache
def our_kernels() -> ModuleType:
    """`model.few_rows`, imported only where it is used: numba takes a quarter of a second, and what it has compiled as
    much again."""
    return import_module("model.few_rows")


def uses_our_kernels(x: Tensor) -> bool:
    """Whether few rows like these are multiplied with 8-bit weights by our own kernels."""
    return x.dtype is torch.float32 and x.device.type == "cpu" and torch.get_num_threads() <= _MOST_THREADS


def prepare_few_rows(module: nn.Module) -> None:
    """Have our kernels ready before the first token, where the module has layers that use them."""
    if any(isinstance(part, Int8Linear) and uses_our_kernels(part.scales.float()) for part in module.modules()):
        our_kernels()


def int8_levels(weight: Tensor) -> tuple[Tensor, Tensor]:
    """[out, in] → int8 levels [out, in] and bfloat16 scales [out]; a few rows at a time."""
    levels = torch.empty(weight.shape, dtype=torch.int8, device=weight.device)
    scales = torch.empty(len(weight), dtype=torch.bfloat16, device=weight.device)
    rows = max(1, _ROWS_AT_ONCE // weight.shape[1])
    for begin in range(0, len(weight), rows):
        part = slice(begin, begin + rows)
        wide = weight[part].float()
        scale = (wide.abs().amax(dim=1) / 127).clamp(min=1e-8).to(torch.bfloat16)
        levels[part] = (wide / scale.float()[:, None]).round_().clamp_(-127, 127).to(torch.int8)
        scales[part] = scale
    return levels, scales


class NarrowLinear(nn.Module):
    """float32 in and out, multiplied in bfloat16: twice as fast on a processor that has it, for many rows."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = nn.Parameter(linear.weight.to(torch.bfloat16), requires_grad=False)
        bias = linear.bias
        self.bias = None if bias is None else nn.Parameter(bias.to(torch.bfloat16), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.to(torch.bfloat16), self.weight, self.bias).float()


def quantized(linear: nn.Linear, kind: str) -> nn.Module:
    """The same layer in another kind of weights (`model.placement`)."""
    weight, bias = linear.weight, linear.bias
    if kind in INT8_KINDS:
        return Int8Linear(weight, bias, _COPIES.get(kind))
    return {NF4: Nf4Linear, INT4: Int4Linear}[kind](weight, bias)


def restored(kind: str, tensors: dict[str, Tensor], outputs: int, inputs: int) -> nn.Module:
    """A quantized layer from its own tensors, which tell what it is; KeyError where one is missing. `kind` is what was
    asked for: 8 bits have a copy with some."""
    made: Int8Linear | Nf4Linear | Int4Linear
    names: tuple[str, ...]
    if "levels" in tensors:
        made, names = Int8Linear.__new__(Int8Linear), ("levels", "scales")
    elif "absmax" in tensors:
        made, names = Nf4Linear.__new__(Nf4Linear), ("packed", "absmax", "nested", "offset")
    else:
        made, names = Int4Linear.__new__(Int4Linear), ("packed", "scales")
    nn.Module.__init__(made)
    for name in names:
        made.register_buffer(name, tensors[name])
    made.bias = nn.Parameter(tensors["bias"], requires_grad=False) if "bias" in tensors else None
    if isinstance(made, Int8Linear):
        copy = _COPIES.get(kind)
        made.weight = None if copy is None else nn.Parameter(made._wide(copy), requires_grad=False)
        return made
    made.out_features, made.in_features = outputs, inputs
    if isinstance(made, Nf4Linear):
        made._state = None
    else:
        made.group = inputs // len(made.scales)
        beside = tensors.get("low_rank_a"), tensors.get("low_rank_b")
        made.keep_low_rank(None if beside[0] is None or beside[1] is None else (beside[0], beside[1]))
    return made
