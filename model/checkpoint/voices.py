"""The voices of a model: spk_dict.pt of the official checkpoints, or voices.safetensors."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from model.errors import BadInputError

# what torch, pickle and safetensors raise for files that are damaged, and we for those that hold something else
_UNREADABLE = (
    SafetensorError, pickle.UnpicklingError, OSError, EOFError, RuntimeError, ValueError, LookupError, TypeError,
    AttributeError,
)


@dataclass(frozen=True)
class Voice:
    """A voice lives in the Talker (its first token) and in the decoder (a vector and a reference mel)."""

    name: str
    bos_token: int
    cond: Tensor  # [1, speaker size]
    ref_mel: Tensor  # [1, frames, 80]


def read_voices(folder: Path) -> dict[str, Voice]:
    """Voices by name, in the model's order; empty where the model has none."""
    try:
        if (folder / "voices.safetensors").is_file():
            return _from_safetensors(folder / "voices.safetensors")
        if (folder / "spk_dict.pt").is_file():
            raw = torch.load(folder / "spk_dict.pt", map_location="cpu", weights_only=True)
            return {
                name: Voice(name, int(entry["bos_token"]), entry["cond"].float(), entry["ref_mel"].float())
                for name, entry in raw.items()
            }
    except _UNREADABLE as error:
        raise BadInputError(f"The voices in {folder} cannot be read: they are damaged, or no voices.") from error
    return {}


def _from_safetensors(path: Path) -> dict[str, Voice]:
    tensors = load_file(path)
    names = [key.removesuffix(".cond") for key in tensors if key.endswith(".cond")]
    return {
        name: Voice(
            name,
            int(tensors[f"{name}.bos_token"]),
            tensors[f"{name}.cond"].float(),
            tensors[f"{name}.ref_mel"].float(),
        )
        for name in names
    }
