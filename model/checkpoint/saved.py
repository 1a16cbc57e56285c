"""Quantized parts as they are in memory, kept beside the model they were made from, so that the next start is quick.

A file is good for exactly one model folder, placement and kind of device: all of that is in its name, as a hash. It is
written under another name and renamed when it is whole.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from model.checkpoint.weights import weight_files
from model.layers import HostEmbedding
from model.placement import BF16, FP32, Placement
from model.quantized import Int8Linear, restored

log = logging.getLogger(__name__)

FOLDER = "quantized"  # in the model's folder
_FORMAT = 2
_NAMES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.uint8: "U8", torch.int8: "I8", torch.int32: "I32"}
_SPARE = 1 << 30  # bytes of disk that are left alone
_APART = "visual."


def saved_path(folder: Path, part: str, placement: Placement, device: torch.device) -> Path:
    """Where the part "thinker" or "talker" of the model is kept in this placement."""
    told: list[Any] = [_FORMAT, repr(placement), device.type, (folder / "config.json").read_text(encoding="utf-8")]
    for path in weight_files(folder):
        told.append([path.name, path.stat().st_size, path.stat().st_mtime_ns])
    key = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
    return folder / FOLDER / f"{placement.precision}-{key}" / f"{part}.safetensors"


def save(module: nn.Module, path: Path) -> bool:
    """Keep a part; False, with a word in the log, where there is no room for it or the folder may not be written."""
    tensors = _kept(module)
    size = sum(tensor.nbytes for tensor in tensors.values())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if (free := shutil.disk_usage(path.parent).free) < size + _SPARE:
            log.warning("%s is not kept: %.1f GB of disk are free, it takes %.1f", path, free / 1e9, size / 1e9)
            return False
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        try:
            _write(unfinished, tensors)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s is not kept: %s", path, error)
        return False
    return True


def _kept(module: nn.Module) -> dict[str, Tensor]:
    """What must be stored: each storage once, and no copy that is made from something else."""
    copies = {f"{name}.weight" for name, part in module.named_modules() if isinstance(part, Int8Linear)}
    kept, seen = {}, set()
    for name, tensor in module.state_dict().items():
        if name in copies or (tensor.numel() and tensor.data_ptr() in seen):
            continue
        seen.add(tensor.data_ptr())
        kept[name] = tensor
    return kept


def _write(path: Path, tensors: dict[str, Tensor]) -> None:
    """The safetensors format, one tensor after the other; the library's own writer copies all of them first."""
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))  # keeps every one aligned
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name in order:
        tensor = tensors[name]
        place = [at, at := at + tensor.nbytes]
        header[name] = {"dtype": _NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": place}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            file.write(tensors[name].contiguous().cpu().reshape(-1).view(torch.uint8).numpy().data)
        file.flush()
        os.fsync(file.fileno())


def restore(module: nn.Module, path: Path, prefix: str, placement: Placement, device: torch.device) -> bool:
    """Fill an empty part ("thinker." or "talker." is its prefix) from what was kept; False where it cannot be used."""
    try:
        with safe_open(path, framework="pt") as file:
            found: dict[str, dict[str, Tensor]] = defaultdict(dict)
            for key in file.keys():  # noqa: SIM118 - safe_open is not iterable
                place, _, name = key.rpartition(".")
                on_host = placement.on_host(prefix + key)
                tensor = file.get_tensor(key)
                found[place][name] = tensor if on_host else tensor.to(device)
            _fill(module, found, "", prefix, placement, device)
    except (SafetensorError, OSError, KeyError, RuntimeError) as error:
        log.warning("%s cannot be used and is made anew: %s", path, error)
        return False
    module.requires_grad_(False).eval()
    return True


def _fill(
    module: nn.Module, found: dict[str, dict[str, Tensor]], path: str, prefix: str, placement: Placement,
    device: torch.device,
) -> None:
    if (join := getattr(module, "join", None)) and not path.startswith(_APART):
        join()
    for name, parameter in list(module.named_parameters(recurse=False)):
        tensors = found[path.rstrip(".")]
        if name == "bias" and name not in tensors and isinstance(module, nn.Linear):
            module.register_parameter("bias", None)  # it was zero, and joining left it out
        elif tensors[name].shape != parameter.shape:
            raise KeyError(f"{path}{name} has the shape {list(tensors[name].shape)}")
        else:
            module._parameters[name] = nn.Parameter(tensors[name], requires_grad=False)
    for name, child in list(module.named_children()):
        where = path + name
        if isinstance(child, nn.Linear):
            kind = placement.kind(f"{prefix}{where}.weight", (child.out_features, child.in_features))
            if kind not in (FP32, BF16):
                setattr(module, name, restored(kind, found[where], child.out_features, child.in_features))
                continue
            if where == "lm_head" and where not in found:  # one with the embedding
                child.weight = module.get_parameter("model.embed_tokens.weight")
                continue
        _fill(child, found, f"{where}.", prefix, placement, device)
        if isinstance(child, nn.Embedding) and placement.on_host(f"{prefix}{where}.weight"):
            setattr(module, name, HostEmbedding(child.weight, device))
