"""The plan against what the allocator counts, on a config scaled down from the 7B: a film, a long question, a spoken
answer.

    python -m benchmarks.memory [--precision fp32 nf4] [--context 1024 4096] [--seconds 20]

A plan is for a context that becomes full and for as much text as is read together: the film has a quarter more tokens
than the context, unless its length is told, and the question is of 600.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.random_checkpoint import write_checkpoint
from model import load
from model.config import read_config
from model.plan import Film, Plan, choose
from model.processor import multiplies_bfloat16

# the 7B's proportions, a good deal smaller
SCALED: dict[str, Any] = {
    "text_config": {"hidden_size": 256, "intermediate_size": 1344, "num_hidden_layers": 4, "num_attention_heads": 7,
                    "num_key_value_heads": 1, "head_dim": 64, "max_position_embeddings": 8192,
                    "rope_scaling": {"mrope_section": [8, 12, 12]}},
    "audio_config": {"d_model": 128, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 512,
                     "output_dim": 256},
    "vision_config": {"depth": 3, "hidden_size": 128, "intermediate_size": 342, "num_heads": 2, "out_hidden_size": 256,
                      "fullatt_block_indexes": [1]},
    "talker_config": {"embedding_size": 256, "hidden_size": 128, "intermediate_size": 1344, "num_hidden_layers": 3,
                      "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 64,
                      "rope_scaling": {"mrope_section": [8, 12, 12]}},
    "dit_config": {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "head_dim": 64,
                   "num_embeds": 1008},
}


@dataclass
class Peak:
    """Bytes that tensors took at most, over what there was at the beginning."""

    bytes: int = 0


@contextmanager
def allocations() -> Iterator[Peak]:
    """Counts every allocation of torch's own allocator inside, temporary ones of kernels too."""
    peak = Peak()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profiler:
        yield peak
    inner = profiler.profiler
    assert inner is not None
    events = [event for event in inner.kineto_results.events() if event.name() == "[memory]"]
    changes = [(event.start_ns(), event.nbytes()) for event in events]
    now = 0
    for _, change in sorted(changes, key=lambda each: each[0]):
        now += change
        peak.bytes = max(peak.bytes, now)


def module_bytes(*modules: nn.Module | None) -> int:
    """What the parameters and buffers of modules take, each storage once."""
    storages = {}
    for module in modules:
        if module is not None:
            for tensor in (*module.parameters(), *module.buffers()):
                storages[tensor.untyped_storage().data_ptr()] = tensor.nbytes
    return sum(storages.values())


def measure(folder: Path, precision: str, context: int, film: Film) -> tuple[Plan, dict[str, int]]:
    """The plan for a conversation on the processor, and what one took: weights, and its most beside them."""
    (folder / "preprocessor_config.json").unlink(missing_ok=True)  # nano's limits; the plan has the official ones
    plan = choose(
        read_config(folder), precision, False, context, film, budget=1 << 50, bfloat16=multiplies_bfloat16()
    )
    engine = load(str(folder), device="cpu", precision=precision, context=context)
    frames = np.random.default_rng(0).integers(
        0, 255, (int(film.seconds * film.fps), film.height, film.width, 3), np.uint8
    )
    sound = np.random.default_rng(1).standard_normal(int(film.seconds * 16_000)).astype(np.float32) * 0.1
    weights = module_bytes(engine.thinker, engine.talker, engine.token2wav)
    with allocations() as peak, engine.conversation() as talk:
        talk.add_video(frames, film.fps, sound)
        talk.say(" ".join(["What is this?"] * 150))
        list(talk.reply(seed=0, max_text_tokens=24, max_speech_seconds=4))
    return plan, {"weights": weights, "beside": peak.bytes}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--precision", nargs="+", default=["fp32", "int8", "nf4", "int4"])
    parser.add_argument("--context", nargs="+", type=int, default=[1024, 2048, 4096])
    parser.add_argument("--seconds", type=float, help="of film (default: as long as fills the context)")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder), SCALED)
        a_second = Film(60).tokens(read_config(Path(folder))) / 60
        for precision in args.precision:
            for context in args.context:
                seconds = args.seconds or round(1.25 * context / a_second)
                plan, took = measure(Path(folder), precision, context, Film(seconds))
                planned, measured = plan.peak - plan.fixed, took["weights"] + took["beside"]
                rows.append({"precision": precision, "context": context, "seconds": seconds, "planned": planned,
                             "measured": measured, "weights_planned": sum(plan.weights.values()),
                             "weights": took["weights"], "ratio": round(planned / measured, 3)})
                print(f"{precision:5} context {context:5}, film {seconds:3.0f} s: planned {planned / 1e6:7.1f} MB, "
                      f"measured {measured / 1e6:7.1f} MB, ratio {planned / measured:.3f} (weights "
                      f"{sum(plan.weights.values()) / 1e6:.1f} and {took['weights'] / 1e6:.1f})", flush=True)
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
