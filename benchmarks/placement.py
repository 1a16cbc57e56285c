"""The 3B and the 7B through the loader that runs, without their weights: every tensor where and in what the plan says.

    python -m benchmarks.placement [--model 3b 7b] [--precision bf16 int8 nf4 int4] [--smallest]

The folder's safetensors have the official names, shapes and types, and a hole in place of the numbers. The meta device
stands for the card: there layers are joined and quantized by the same code, in no memory. What stays in the host's
memory is really read there, so it takes up to 3 GB.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

from model import four_bits, quantized
from model.checkpoint.build import Builder
from model.config import OmniConfig, parse_config
from model.four_bits import Int4Linear, Nf4Linear
from model.official import OFFICIAL
from model.placement import BF16, FP32, INT4, INT8, NF4, Placement, placements, stored_bytes
from model.plan import make_plan
from model.quantized import Int8Linear
from model.sizes import Weight, weights

CARD = torch.device("meta")
_FLOATS = {FP32: torch.float32, BF16: torch.bfloat16}
_KINDS = {INT8: Int8Linear, NF4: Nf4Linear, INT4: Int4Linear}


@dataclass
class Outcome:
    """
    Attributes:
        tensors: of the checkpoint, all of which were read.
        layers: Linear layers by kind, after joining.
        wrong: what is not as planned, a sentence each.
        card, host, planned_card, planned_host: bytes of weights.
    """

    tensors: int
    layers: dict[str, int]
    wrong: list[str]
    card: int
    host: int
    planned_card: int
    planned_host: int


def write_hollow(folder: Path, raw: dict[str, Any]) -> OmniConfig:
    """A folder with this config in the official layout, whose weights are a hole in the file; they read as zeros."""
    raw = {"token2wav_config": {}, **raw}
    (folder / "config.json").write_text(json.dumps(raw), encoding="utf-8")
    config = parse_config(raw)
    header, at = {}, 0
    for weight in weights(config):
        wide = weight.name.startswith("token2wav.")  # which is published in float32
        size = weight.count * (4 if wide else 2)
        kind = "F32" if wide else "BF16"
        header[weight.name] = {"dtype": kind, "shape": list(weight.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + at)
    return config


def run(folder: Path, config: OmniConfig, placement: Placement) -> Outcome:
    """Build all parts on the meta device, and compare with the plan."""
    builder = Builder(folder, config, placement, CARD)
    whole = 1 << 40  # a weight at once: pieces save memory, and here there is none
    with patch.object(four_bits, "_ROWS_AT_ONCE", whole), patch.object(quantized, "_ROWS_AT_ONCE", whole):
        parts = {"thinker": builder.thinker(), "talker": builder.talker(), "token2wav": builder.token2wav()}
    builder.close()
    joined = _joined(config)
    wrong, layers = [], dict.fromkeys((FP32, BF16, *_KINDS), 0)
    card = host = 0
    for weight in joined:
        part, _, path = weight.name.partition(".")
        module = parts[part].get_submodule(path.rpartition(".")[0])
        kind = placement.float_kind(weight.name)
        if weight.linear:
            kind = placement.kind(weight.name, weight.shape)
            layers[kind] += 1
        on_host = placement.on_host(weight.name)
        size = 0
        for tensor in _tensors(module, weight, kind):
            size += tensor.nbytes
            if tensor.device != (torch.device("cpu") if on_host else CARD):
                wrong.append(f"{weight.name} is on {tensor.device.type}")
        if kind in _KINDS and weight.linear and type(module) is not _KINDS[kind]:
            wrong.append(f"{weight.name} is a {type(module).__name__}, planned was {kind}")
        if size != (planned := stored_bytes(kind, weight.shape)):
            wrong.append(f"{weight.name} takes {size} bytes, planned were {planned}")
        card, host = card + size * (not on_host), host + size * on_host
    plan = make_plan(config, placement, True)
    return Outcome(sum(1 for _ in weights(config)), layers, wrong, card, host, sum(plan.weights.values()),
                   plan.host_weights)


def _joined(config: OmniConfig) -> list[Weight]:
    """The weights as they are once products of the same input are one."""
    found: dict[str, Weight] = {}
    for weight in weights(config):
        name = weight.joins or weight.name
        if (before := found.get(name)) is not None:
            weight = replace(weight, shape=(before.shape[0] + weight.shape[0], *weight.shape[1:]))
        found[name] = replace(weight, name=name)
    return list(found.values())


def _tensors(module: nn.Module, weight: Weight, kind: str) -> Iterator[torch.Tensor]:
    """What the weight has become; a wrong type counts as nothing."""
    last = weight.name.rpartition(".")[2]
    if weight.linear and kind in _KINDS:
        yield from (buffer for _, buffer in module.named_buffers(recurse=False))
        return
    tensor = getattr(module, last)
    if tensor.dtype == _FLOATS[kind] and tuple(tensor.shape) == weight.shape:
        yield tensor


def main() -> None:
    """Print a line for each way to keep a model; exit code 1 where one is not as planned."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", default=["3b", "7b"], choices=sorted(OFFICIAL))
    parser.add_argument("--precision", nargs="+", default=[BF16, INT8, NF4, INT4])
    parser.add_argument("--smallest", action="store_true", help="of each precision only the smallest way")
    args = parser.parse_args()
    failed = False
    for name in args.model:
        with tempfile.TemporaryDirectory() as place:
            config = write_hollow(Path(place), OFFICIAL[name])
            for precision in args.precision:
                ways = placements(precision, True)
                for number, placement in enumerate(ways):
                    if args.smallest and number < len(ways) - 1:
                        continue
                    begun = time.perf_counter()
                    found = run(Path(place), config, placement)
                    kinds = ", ".join(f"{count} {kind}" for kind, count in found.layers.items() if count)
                    print(f"{name} {precision} way {number + 1}: {found.tensors} tensors, linear layers {kinds}; card "
                          f"{found.card / 1e9:.3f} GB (planned {found.planned_card / 1e9:.3f}), host "
                          f"{found.host / 1e9:.3f} GB (planned {found.planned_host / 1e9:.3f}); wrong "
                          f"{len(found.wrong)}; {time.perf_counter() - begun:.0f} s", flush=True)
                    for line in found.wrong[:10]:
                        print(f"    {line}")
                    failed |= bool(found.wrong)
    raise SystemExit(failed)


if __name__ == "__main__":
    main()
