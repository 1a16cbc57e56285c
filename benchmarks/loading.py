"""Loading and quantizing a checkpoint of 2.6 GB: time and the most memory, against transformers with bitsandbytes.

    python -m benchmarks.loading [--rounds 3] [--precision nf4] [--threads 2] [--folder FOLDER]

In turns, each in a process of its own, on the same folder: our first start (weights are quantized, and kept for the
next one), our second, and transformers' `from_pretrained` with bitsandbytes' NF4, double quantization and bfloat16
compute. Counted is what comes after the imports. Memory is the resident memory at its highest, over what it was before.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

_ROPE = {"type": "default", "rope_type": "default", "mrope_section": [16, 24, 24]}
# about half of the 7B in each direction: 1.3 billion weights in bfloat16
SIZES: dict[str, dict[str, Any]] = {
    "text_config": {"hidden_size": 1792, "intermediate_size": 9472, "num_hidden_layers": 14, "num_attention_heads": 14,
                    "num_key_value_heads": 2, "head_dim": 128, "max_position_embeddings": 2048,
                    "tie_word_embeddings": False, "rope_scaling": _ROPE},
    "audio_config": {"d_model": 640, "encoder_layers": 8, "encoder_attention_heads": 10, "encoder_ffn_dim": 2560,
                     "output_dim": 1792},
    "vision_config": {"depth": 8, "hidden_size": 640, "intermediate_size": 1710, "num_heads": 8,
                      "out_hidden_size": 1792},
    "talker_config": {"embedding_size": 1792, "hidden_size": 448, "intermediate_size": 9472, "num_hidden_layers": 12,
                      "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 128,
                      "rope_scaling": _ROPE},
    "dit_config": {"hidden_size": 512, "num_hidden_layers": 8, "num_attention_heads": 8, "head_dim": 64,
                   "num_embeds": 1008},
}
MARGIN = 200_000_000  # bytes beside the result and the largest tensor
_WAYS = ("first start", "second start", "transformers")


def write(folder: Path) -> int:
    """The checkpoint, with voices as transformers wants them too; its size in bytes."""
    import torch

    from benchmarks.random_checkpoint import write_checkpoint
    from model.checkpoint.voices import read_voices

    write_checkpoint(folder, SIZES, torch.bfloat16)
    voices = read_voices(folder).values()
    torch.save({v.name: {"bos_token": v.bos_token, "cond": v.cond, "ref_mel": v.ref_mel} for v in voices},
               folder / "spk_dict.pt")
    return (folder / "model.safetensors").stat().st_size


def resident(line: str = "VmRSS") -> int:
    """Bytes of this process; "VmHWM" for the most since `forget_peak`."""
    told = Path("/proc/self/status").read_text().split(f"{line}:")[1]
    return int(told.split()[0]) * 1024


def forget_peak() -> None:
    """Count the highest resident memory from here on (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


@contextmanager
def counted() -> Iterator[dict[str, float]]:
    """Seconds by the clock and of the processor, and bytes of memory at the most, of what is done inside."""
    found: dict[str, float] = {}
    base = resident()
    forget_peak()
    begun, spent = time.perf_counter(), time.process_time()
    yield found
    found |= {"seconds": time.perf_counter() - begun, "processor_seconds": time.process_time() - spent}
    found["peak"] = resident("VmHWM") - base


def ours(folder: Path, precision: str) -> dict[str, float]:
    """Load; seconds and bytes."""
    from safetensors import safe_open

    from benchmarks.memory import module_bytes
    from model.checkpoint.load import load

    with safe_open(folder / "model.safetensors", "pt") as file:
        shapes = (file.get_slice(key).get_shape() for key in file.keys())  # noqa: SIM118
        largest = max(2 * prod(shape) for shape in shapes)
    with counted() as found:
        engine = load(str(folder), device="cpu", precision=precision)
    result = module_bytes(engine.thinker, engine.talker, engine.token2wav)
    return {**found, "result": result, "largest": largest}


def theirs(folder: Path) -> dict[str, float]:
    """The same through transformers."""
    import bitsandbytes
    import torch
    import transformers

    kind = transformers.Qwen2_5OmniForConditionalGeneration
    quantized = transformers.BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )  # fmt: skip
    with counted() as found:
        model = kind.from_pretrained(
            folder, dtype=torch.bfloat16, quantization_config=quantized, device_map={"": "cpu"}
        )
    result = sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers()))
    layers = sum(isinstance(part, bitsandbytes.nn.Linear4bit) for part in model.modules())
    return {**found, "result": result, "layers": layers}


def measured(way: str, folder: Path, args: argparse.Namespace) -> dict[str, float]:
    """One of the ways, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.loading", "--way", way, "--folder", str(folder)]
    command += ["--precision", args.precision, "--threads", str(args.threads)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return found


def compare(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """All ways in turns, and what they say together."""
    rounds: list[dict[str, dict[str, float]]] = []
    for number in range(args.rounds):
        shutil.rmtree(folder / "quantized", ignore_errors=True)
        rounds.append({way: measured(way, folder, args) for way in _WAYS})
        for way, found in rounds[-1].items():
            print(f"round {number + 1}, {way}: {found['seconds']:.1f} s ({found['processor_seconds']:.1f} s of the "
                  f"processor), most memory {found['peak'] / 1e6:.0f} MB for "
                  f"{found['result'] / 1e6:.0f} MB", flush=True)
    first = [each["first start"] for each in rounds]
    over = max(one["peak"] - one["result"] - one["largest"] for one in first)

    def ratio(way: str, other: str, clock: str) -> list[float]:
        return sorted(each[way][clock] / each[other][clock] for each in rounds)

    out: dict[str, Any] = {"rounds": rounds, "over_result_and_largest_tensor": over}
    print(f"most memory over result and largest tensor: {over / 1e6:.0f} MB ({MARGIN / 1e6:.0f} allowed)")
    for way, other, allowed in (("first start", "transformers", 0.7), ("second start", "first start", 0.25)):
        for clock in ("seconds", "processor_seconds"):
            found = out[f"{way} / {other}, {clock}"] = ratio(way, other, clock)
            print(f"{way} over {other}, {clock.replace('_', ' ')}: {statistics.median(found):.3f} "
                  f"({found[0]:.3f} to {found[-1]:.3f}; {allowed} allowed)")
    return out


def main() -> None:
    """Print the figures; with --json also write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--precision", default="nf4")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=Path, help="made if it is not there, and kept (default: a temporary one)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--way", choices=_WAYS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.way:
        import torch

        torch.set_num_threads(args.threads)
        print(json.dumps(theirs(args.folder) if args.way == "transformers" else ours(args.folder, args.precision)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary) / "model"
        if not (folder / "model.safetensors").is_file():
            print(f"{write(folder) / 1e9:.2f} GB of weights in {folder}", flush=True)
        found = compare(folder, args)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
