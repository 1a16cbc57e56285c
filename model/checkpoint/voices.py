"""The voices of a model: spk_dict.pt of the official checkpoints, or voices.safetensors.

A spk_dict.pt is a pickle: it is read as plain tensors, which run no code, and kept beside it as voices.safetensors,
with its digest. From then on the pickle is only looked at to see that it is still the same one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from model.errors import BadInputError

log = logging.getLogger(__name__)

# what torch, pickle and safetensors raise for files that are damaged, and we for those that hold something else
_UNREADABLE = (
    SafetensorError,
    pickle.UnpicklingError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
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
    kept, pickled = folder / "voices.safetensors", folder / "spk_dict.pt"
    try:
        digest = hashlib.sha256(pickled.read_bytes()).hexdigest() if pickled.is_file() else None
        if kept.is_file():
            voices, made_from = _from_safetensors(kept)
            if digest is None or made_from in (None, digest):
                return voices
        if digest is None:
            return {}
        raw = torch.load(pickled, map_location="cpu", weights_only=True)
        voices = {
            name: Voice(name, int(entry["bos_token"]), entry["cond"].float(), entry["ref_mel"].float())
            for name, entry in raw.items()
        }
    except _UNREADABLE as error:
        raise BadInputError(f"The voices in {folder} cannot be read: they are damaged, or no voices.") from error
    _keep(voices, kept, digest)
    return voices


def _from_safetensors(path: Path) -> tuple[dict[str, Voice], str | None]:
    """The voices, and the digest of the pickle that they were made from, if they were."""
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - safe_open is not iterable
        told = file.metadata() or {}
    names = [key.removesuffix(".cond") for key in tensors if key.endswith(".cond")]
    order = json.loads(told["order"]) if "order" in told else names
    voices = {
        name: Voice(
            name,
            int(tensors[f"{name}.bos_token"]),
            tensors[f"{name}.cond"].float(),
            tensors[f"{name}.ref_mel"].float(),
        )
        for name in order
    }
    return voices, told.get("made_from")


def _keep(voices: dict[str, Voice], path: Path, digest: str) -> None:
    """Write them beside the pickle. A folder that is not ours to write keeps its pickle, which is read each time."""
    tensors: dict[str, Tensor] = {}
    for name, voice in voices.items():
        tensors[f"{name}.bos_token"] = torch.tensor(voice.bos_token)
        tensors[f"{name}.cond"] = voice.cond.contiguous().clone()
        tensors[f"{name}.ref_mel"] = voice.ref_mel.contiguous().clone()
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        save_file(tensors, part, {"order": json.dumps(list(voices)), "made_from": digest})
        os.replace(part, path)
    except (OSError, SafetensorError) as error:
        log.info("the voices stay in their pickle: %s", error)
        part.unlink(missing_ok=True)
