"""Weights stored in 4 or 8 bits with a scale and a minimum per group, and back; with low-rank corrections beside them.

How a model is stored, not how it is computed: the loader unpacks to floats. A tensor NAME [rows, columns] becomes
NAME.packed4 (two columns a byte, low half first) or NAME.packed8, with NAME.scale and NAME.minimum in float16
[rows, columns / group]. Where last rows or groups of columns are all zero, those with which a model was widened, they
are left out, and NAME.shape is the whole [rows, columns]. NAME.low_rank_a [rank, columns] and NAME.low_rank_b
[rows, rank], packed or not, are what fine-tuning changed: rounded to 4 bits together with the weight it would be lost,
since it is smaller than a step.
"""

from __future__ import annotations

from collections.abc import Container

import torch
import torch.nn.functional as F
from torch import Tensor

from model.checkpoint.foreign import FOREIGN, Levels

_SUFFIXES = {".packed4": 4, ".packed8": 8}
_BESIDE = ("scale", "minimum", "shape")


def pack(name: str, weight: Tensor, bits: int, group: int) -> dict[str, Tensor]:
    """[rows, columns], columns a multiple of `group` → the three tensors to store."""
    if weight.shape[1] % group:
        raise ValueError(f"{name}: {weight.shape[1]} columns are no multiple of {group}")
    return pack_levels(name, *levels_of(weight, bits, group), bits)


def pack_levels(name: str, levels: Tensor, scale: Tensor, minimum: Tensor, bits: int) -> dict[str, Tensor]:
    """What `levels_of` gives, or another choice of levels, as it is stored."""
    codes = levels.to(torch.uint8).flatten(1)
    if bits == 4:
        codes = codes[:, 0::2] | (codes[:, 1::2] << 4)
    stored = {f"{name}.packed{bits}": codes, f"{name}.scale": scale.half(), f"{name}.minimum": minimum.half()}
    return without_zeros(name, stored)


def without_zeros(name: str, stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """What is stored of a packed weight, without the last rows and groups of columns that are all zero."""
    codes, minimum = next(value for key, value in stored.items() if ".packed" in key), stored[f"{name}.minimum"]
    bits = 4 if f"{name}.packed4" in stored else 8
    kept = (codes.unflatten(1, (minimum.shape[1], -1)) != 0).any(-1) | (minimum != 0)  # [rows, groups]
    rows, groups = (int(kept.any(other).nonzero().max()) + 1 if kept.any() else 1 for other in (1, 0))
    if (rows, groups) == kept.shape or f"{name}.shape" in stored:
        return {key: value.contiguous() for key, value in stored.items()}
    width = codes.shape[1] // minimum.shape[1]  # bytes of a group
    cut = {key: value[:rows, : groups * (width if value is codes else 1)] for key, value in stored.items()}
    shape = torch.tensor([len(codes), codes.shape[1] * 8 // bits], dtype=torch.int32)
    return {key: value.contiguous() for key, value in cut.items()} | {f"{name}.shape": shape}


def levels_of(weight: Tensor, bits: int, group: int) -> tuple[Tensor, Tensor, Tensor]:
    """[rows, columns] → levels [rows, groups, group], scale and minimum [rows, groups], all float32 and the latter two
    exact in float16: weight ≈ level · scale + minimum."""
    grouped = weight.float().unflatten(1, (-1, group))
    low, high = grouped.amin(-1), grouped.amax(-1)
    scale = ((high - low) / (2**bits - 1)).clamp(min=1e-8).half().clamp(min=2.0**-24).float()
    minimum = low.half().float()
    levels = ((grouped - minimum[..., None]) / scale[..., None]).round().clamp(0, 2**bits - 1)
    return levels, scale, minimum


def unpack_all(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Replace every packed tensor by its float32 form and add what lies beside it; others stay as they are."""
    out = _unpacked(tensors)
    for key in [key for key in out if key.endswith(".low_rank_a")]:
        name = key.removesuffix(".low_rank_a")
        out[name] = out[name] + out.pop(f"{name}.low_rank_b").float() @ out.pop(key).float()
    return out


def stored_levels(name: str, tensors: dict[str, Tensor]) -> Levels | None:
    """The weight `name`, of which `tensors` is all that is stored, as 4-bit numbers; None where it is in other bits."""
    codes = tensors.get(f"{name}.packed4")
    if codes is None:
        return None
    codes, scale, minimum = _whole(name, codes, tensors)
    beside = _unpacked({key: tensor for key, tensor in tensors.items() if key.startswith(f"{name}.low_rank_")})
    low_rank = (beside[f"{name}.low_rank_a"].float(), beside[f"{name}.low_rank_b"].float()) if beside else None
    return Levels(_two_of_a_byte(codes), scale.float(), minimum.float(), low_rank=low_rank)


def weight_of(key: str, keys: Container[str]) -> str:
    """Name of the weight that the stored tensor `key`, one of `keys`, is a part of."""
    name, dot, suffix = key.rpartition(".")
    if suffix in _BESIDE and not any(name + packed in keys for packed in _SUFFIXES):
        return key
    if dot + suffix in _SUFFIXES or suffix in (*_BESIDE, "low_rank_a", "low_rank_b"):
        return weight_of(name, keys)
    if suffix in FOREIGN:
        return f"{name}.weight"
    return key


def _unpacked(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    out: dict[str, Tensor] = {}
    for key, value in tensors.items():
        name, dot, suffix = key.rpartition(".")
        bits = _SUFFIXES.get(dot + suffix)
        if bits is not None:
            out[name] = _unpack(*_whole(name, value, tensors), bits)
        elif not (suffix in _BESIDE and any(name + packed in tensors for packed in _SUFFIXES)):
            out[key] = value
    return out


def _whole(name: str, codes: Tensor, tensors: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Codes, scale and minimum with the zeros that were left out."""
    parts = codes, tensors[f"{name}.scale"], tensors[f"{name}.minimum"]
    shape = tensors.get(f"{name}.shape")
    if shape is None:
        return parts
    rows, columns = shape.tolist()
    bits = 4 if f"{name}.packed4" in tensors else 8
    groups = parts[1].shape[1] * columns * bits // (codes.shape[1] * 8)
    return tuple(
        F.pad(part, (0, wide - part.shape[1], 0, rows - len(part)))
        for part, wide in zip(parts, (columns * bits // 8, groups, groups))
    )  # type: ignore[return-value]


def _unpack(codes: Tensor, scale: Tensor, minimum: Tensor, bits: int) -> Tensor:
    grouped = (_two_of_a_byte(codes) if bits == 4 else codes).view(*scale.shape, -1).float()
    return (grouped * scale.float()[..., None] + minimum.float()[..., None]).flatten(1)


def _two_of_a_byte(codes: Tensor) -> Tensor:
    return torch.stack([codes & 15, codes >> 4], dim=-1).flatten(1)
