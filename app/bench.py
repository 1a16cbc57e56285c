"""The command `bench`: how soon a reply is heard, and how fast it is made, measured on this machine."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from app.settings import DEFAULT_MODEL, PRECISIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `bench`."""
    parser.add_argument("--model", default=DEFAULT_MODEL, metavar="M", help="nano, or a folder (default: nano)")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--precision", default="auto", choices=PRECISIONS, metavar="P", help="default: auto")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of every measurement (default: 3)")
    parser.add_argument("--threads", type=int, metavar="N", help="of torch (default: its own choice)")
    parser.add_argument("--against", choices=("transformers",), help="measure the reference in the same run")
    parser.add_argument("--picture", type=Path, metavar="FILE.png", help="draw where the time of a turn goes")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def run(args: argparse.Namespace) -> int:
    """Measure and tell."""
    import torch

    from app.ask import peak_memory_bytes
    from benchmarks import reply_speed
    from model import load

    if args.threads:
        torch.set_num_threads(args.threads)
    begun = time.perf_counter()
    engine = load(args.model, args.device, args.precision)
    out: dict[str, object] = {
        "model": engine.name,
        "device": engine.device,
        "precision": engine.precision,
        "threads": torch.get_num_threads(),
        "load_seconds": round(time.perf_counter() - begun, 2),
    }
    out |= reply_speed.own_speed(engine, args.rounds)
    out |= reply_speed.listening(engine, args.rounds)
    if args.against:
        exact = engine if engine.precision == "fp32" else load(args.model, args.device, "fp32")
        out |= reply_speed.against(args.model, engine, exact, args.rounds)
    out["peak_memory_bytes"] = peak_memory_bytes()
    if args.picture:
        reply_speed.draw(out, args.picture)
    if args.json:
        print(json.dumps(out))
        return 0
    for name, value in out.items():
        if not name.endswith("_spread"):
            spread = out.get(f"{name}_spread")
            low_high = f"   ({spread[0]} to {spread[1]})" if isinstance(spread, list) else ""
            print(f"{name:36} {value}{low_high}")
    return 0
