"""Linear layers that others have quantized to 4 bits: GPTQ and AWQ, as the official checkpoints of that kind have them.

Both keep, in place of NAME.weight [out, in], NAME.qweight, NAME.qzeros (eight numbers an int32) and NAME.scales
[in / group, out]; a weight is (level - zero) · scale. They differ in which side is packed, and in which order.
"""

from __future__ import annotations

import json
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from model.errors import BadInputError

FOREIGN = ("qweight", "qzeros", "scales", "g_idx")
_IN_A_WORD = 8
_AWQ_ORDER = (0, 4, 1, 5, 2, 6, 3, 7)  # the k-th number of eight lies in this nibble


@dataclass(frozen=True)
class Levels:
    """4-bit numbers of a layer: levels uint8 [out, in], scale and minimum float32 [out, groups]; `order` [in] are the
    groups of the inputs where they do not lie behind each other. `low_rank`, [rank, in] and [out, rank], is to be added
    as a product (`model.checkpoint.packed`), and not in `weight`."""

    levels: Tensor
    scale: Tensor
    minimum: Tensor
    order: Tensor | None = None
    low_rank: tuple[Tensor, Tensor] | None = None

    def weight(self) -> Tensor:
        """float32 [out, in]."""
        if self.order is not None:
            return self.levels * self.scale[:, self.order] + self.minimum[:, self.order]
        grouped = self.levels.unflatten(1, (self.scale.shape[1], -1)).float()
        return (grouped * self.scale[..., None] + self.minimum[..., None]).flatten(1)


@dataclass(frozen=True)
class Foreign:
    """How a folder's layers are quantized. `one_less`: zeros are stored with one taken away (GPTQ's first format)."""

    method: str
    one_less: bool

    def levels(self, name: str, tensors: dict[str, Tensor]) -> Levels | None:
        """Of the weight `name`, from what is stored of it; None where it is not quantized."""
        base = name.removesuffix(".weight")
        if f"{base}.qweight" not in tensors:
            return None
        words, zeros = tensors[f"{base}.qweight"], tensors[f"{base}.qzeros"]
        scales = tensors[f"{base}.scales"].float()  # [groups, out]
        if self.method == "gptq":
            levels = _unpacked(words.T, range(_IN_A_WORD))  # packed along the inputs
            zero = _unpacked(zeros, range(_IN_A_WORD)).float() + int(self.one_less)
        else:
            levels = _unpacked(words, _AWQ_ORDER).T  # packed along the outputs
            zero = _unpacked(zeros, _AWQ_ORDER).float()
        if levels.shape[0] != scales.shape[1] or zero.shape != scales.shape or levels.shape[1] % len(scales):
            raise ValueError(f"{base} has levels of {list(levels.shape)} and scales of {list(scales.shape)}")
        order = tensors.get(f"{base}.g_idx")
        group = levels.shape[1] // len(scales)
        if order is not None and torch.equal(order.long(), torch.arange(levels.shape[1]) // group):
            order = None
        scale, minimum = scales.T.contiguous(), (-zero * scales).T.contiguous()
        return Levels(levels.contiguous(), scale, minimum, None if order is None else order.long())


def _unpacked(words: Tensor, order: range | tuple[int, ...]) -> Tensor:
    """int32 [rows, n] → uint8 [rows, 8 n]."""
    shifts = torch.tensor([4 * place for place in order], dtype=torch.int32)
    return ((words[..., None] >> shifts) & 15).to(torch.uint8).flatten(-2)


def quantization_of(folder: Path, keys: Container[str]) -> Foreign | None:
    """What config.json says of how the weights are quantized; BadInputError for what cannot be read."""
    path = folder / "config.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8")).get("quantization_config") if path.is_file() else None
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError):
        return None  # read_config says so in better words
    if not told:
        return None
    method, bits = str(told.get("quant_method", "unknown")).lower(), told.get("bits", told.get("w_bit"))
    if method not in ("gptq", "awq"):
        raise BadInputError(f"{folder} is quantized by {method}, which cannot be read; take the model's bf16 folder.")
    if bits != 4:
        raise BadInputError(f"{folder} is quantized to {bits} bits by {method}; only 4 can be read.")
    layout = str(told.get("checkpoint_format", "gptq") if method == "gptq" else told.get("version", "gemm"))
    if layout.lower() not in ("gptq", "gptq_v2", "gemm"):
        raise BadInputError(f"{folder} is quantized in the layout {layout} of {method}, which cannot be read.")
    return Foreign(method, layout.lower() == "gptq")
