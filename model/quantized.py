"""Linear layers that are faster on a processor than torch's own. For decoding, 8-bit weights: one token reads every
weight once, so bytes are most of a step's time; torch's kernel `_weight_int8pack_mm`, no other library.

Many rows at once are bound by arithmetic instead, where the kernel is slower than a bfloat16 product: those use a
bfloat16 copy of the same rounded weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_FEW_ROWS = 4  # from here on the bfloat16 product is the faster one
_SMALLEST = 1 << 14  # weights; less is read in no time


class Int8Linear(nn.Module):
    """y = x W^T + b with W in 8 bits and one scale an output; bfloat16 in and out."""

    levels: Tensor
    scales: Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        wide = linear.weight.float()
        scales = (wide.abs().amax(dim=1) / 127).clamp(min=1e-8).to(torch.bfloat16)
        levels = (wide / scales.float()[:, None]).round().clamp(-127, 127)
        self.register_buffer("levels", levels.to(torch.int8))
        self.register_buffer("scales", scales)
        self.weight = nn.Parameter((levels * scales.float()[:, None]).to(torch.bfloat16), requires_grad=False)
        self.bias = linear.bias

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        if len(rows) > _FEW_ROWS:
            return F.linear(x, self.weight, self.bias)
        out = torch.ops.aten._weight_int8pack_mm(rows, self.levels, self.scales).view(*x.shape[:-1], -1)
        return out if self.bias is None else out + self.bias


class NarrowLinear(nn.Module):
    """float32 in and out, multiplied in bfloat16: twice as fast on a processor that has it, for many rows."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.weight = nn.Parameter(linear.weight.to(torch.bfloat16), requires_grad=False)
        bias = linear.bias
        self.bias = None if bias is None else nn.Parameter(bias.to(torch.bfloat16), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.to(torch.bfloat16), self.weight, self.bias).float()


def narrow(module: nn.Module) -> None:
    """Let every Linear inside multiply in bfloat16 (in place); what lies between them stays float32."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, NarrowLinear(child))
        else:
            narrow(child)


def quantize(module: nn.Module) -> None:
    """Replace every Linear inside that is worth it (in place)."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear) and child.weight.numel() >= _SMALLEST:
            setattr(module, name, Int8Linear(child))
        else:
            quantize(child)
