"""The shipped Thinker as what it is stored as: SmolLM2's weights, and low-rank factors that hold all that was learned.

Training goes on in the factors themselves, so nothing is lost by fitting a sum of changes into their rank again.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from model.checkpoint.packed import pack, unpack_all
from training.thinker.export import NARROW, narrowed
from training.thinker.network import FUSED, LAYERS, Factors

READS = ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj")  # from the stream; the others write into it


def weight_name(layer: int, name: str) -> str:
    """Of a linear, as the checkpoint calls it."""
    return f"thinker.model.layers.{layer}.{name}.weight"


def stored(model: Path) -> tuple[dict[str, Tensor], Factors]:
    """(the weights with 576 columns and without the factors, the factors) of a model folder."""
    tensors = load_file(model / "embeddings.safetensors")
    for path in sorted(model.glob("thinker*.safetensors")):
        tensors |= load_file(path)
    low = {key.replace("low_rank_", "factor_"): value for key, value in tensors.items() if ".low_rank_" in key}
    base = unpack_all({key: value for key, value in tensors.items() if ".low_rank_" not in key})
    pairs = unpack_all(low)  # under a name that is not merged
    factors: Factors = {}
    for layer in range(LAYERS):
        for part, names in FUSED.items():
            for name in names:
                a, b = (pairs[f"{weight_name(layer, name)}.factor_{end}"].float() for end in "ab")
                a, b = (a[:, :NARROW], b) if name.endswith(READS) else (a, b[:NARROW])
                factors.setdefault(f"{layer}.{part}", []).append((a.contiguous(), b.contiguous()))
    return narrowed({key.removeprefix("thinker."): value for key, value in base.items()}), factors


def factors_of(path: Path) -> Factors:
    """Of a checkpoint of training.thinker.together, or of a model's folder."""
    if path.is_dir():
        return stored(path)[1]
    factors: Factors = torch.load(path, weights_only=False)["factors"]
    return factors


def packed(factors: Factors, wide: int) -> dict[str, Tensor]:
    """The factors as they are stored, for a stream of `wide` columns."""
    out: dict[str, Tensor] = {}
    for key, pairs in factors.items():
        layer, _, part = key.partition(".")
        for name, (a, b) in zip(FUSED[part], pairs):
            a, b = _balanced(a.detach(), b.detach())
            extra = wide - NARROW
            if name.endswith(READS):
                a = F.pad(a, (0, extra))
            else:
                b = F.pad(b, (0, 0, 0, extra))
            weight = weight_name(int(layer), name)
            out |= pack(f"{weight}.low_rank_a", a, bits=8, group=64 if a.shape[1] % 64 == 0 else 32)
            out |= pack(f"{weight}.low_rank_b", b, bits=8, group=a.shape[0])
    return out


def _balanced(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The same product with orthogonal rows and columns that share its strength, which rounds with the least error."""
    qa, ra = torch.linalg.qr(a.T)
    qb, rb = torch.linalg.qr(b)
    u, s, v = torch.linalg.svd(rb @ ra.T)
    root = s.sqrt()
    return root[:, None] * (v @ qa.T), (qb @ u) * root
