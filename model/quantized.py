"""Linear layers with 4-bit weights for decoding: one token reads every weight once, so bytes are most of a step's time.
torch's own kernel (`_weight_int4pack_mm`), no other library.

Many rows at once are bound by arithmetic instead, where the kernel is slower than a bfloat16 product: those use a
bfloat16 copy of the same rounded weights.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.checkpoint.packed import levels_of

GROUP = 32  # inputs that share a scale and a minimum
_FEW_ROWS = 4
_TILES = 2  # the kernel's inner layout; the processor's form takes it and ignores it


class Int4Linear(nn.Module):
    """y = x W^T + b with W in 4 bits; bfloat16 in and out."""

    packed: Tensor
    scales: Tensor
    weight: Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        levels, scale, minimum = levels_of(linear.weight, 4, GROUP)
        zero = minimum + 8 * scale  # the kernel's weight is (level - 8) scale + zero
        scales = torch.stack([scale, zero], dim=-1).to(torch.bfloat16)  # [out, groups, 2]
        rounded = (levels - 8) * scales[..., :1].float() + scales[..., 1:].float()
        flat = levels.flatten(1).to(torch.int32).contiguous()
        self.register_buffer("packed", torch.ops.aten._convert_weight_to_int4pack_for_cpu(flat, _TILES))
        self.register_buffer("scales", scales.transpose(0, 1).contiguous())
        self.register_buffer("weight", rounded.flatten(1).to(torch.bfloat16))
        self.bias = linear.bias

    def forward(self, x: Tensor) -> Tensor:
        flat = x.reshape(-1, x.shape[-1])
        if len(flat) > _FEW_ROWS:
            return F.linear(x, self.weight, self.bias)
        out: Tensor = torch.ops.aten._weight_int4pack_mm_for_cpu(flat, self.packed, GROUP, self.scales)
        out = out.view(*x.shape[:-1], -1)
        return out if self.bias is None else out + self.bias


def quantize(module: nn.Module) -> None:
    """Replace every Linear inside whose inputs divide into groups (in place)."""
    for name, child in module.named_children():
        if isinstance(child, nn.Linear) and child.in_features % GROUP == 0 and child.out_features % 16 == 0:
            setattr(module, name, Int4Linear(child))
        else:
            quantize(child)
