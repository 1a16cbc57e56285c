"""The command `bench`: how soon a reply is heard, and how fast it is made, measured on this machine."""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from app.ask import add_model_arguments, peak_memory_bytes
from model.errors import CannotRunError
from model.events import Done, SpeechChunk, TextDelta

QUESTIONS = (
    "What is the capital of France?", "What is the opposite of hot?", "What color is the sky?",
    "How many legs does a spider have?", "What do bees make?",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `bench`."""
    add_model_arguments(parser)
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="rounds of five questions (default: 3)")
    parser.add_argument("--threads", type=int, metavar="N", help="of torch (default: its own choice)")
    parser.add_argument("--against", choices=("transformers",), help="measure the reference in the same run")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def run(args: argparse.Namespace) -> int:
    """Measure and tell."""
    if args.against:
        raise CannotRunError("bench --against transformers is not there yet; bench alone measures this engine.")
    import torch

    from model import load

    if args.threads:
        torch.set_num_threads(args.threads)
    begun = time.perf_counter()
    engine = load(args.model, args.device, args.precision)
    out: dict[str, object] = {
        "model": engine.name, "device": engine.device, "precision": engine.precision,
        "threads": torch.get_num_threads(), "load_seconds": round(time.perf_counter() - begun, 2),
    }
    _one_reply(engine, QUESTIONS[0])  # the first run of everything is slower
    measured = [_one_reply(engine, question) for _ in range(args.runs) for question in QUESTIONS]
    for name in ("first_text", "first_sound", "total", "speech_seconds", "real_time_factor", "text_after_sound"):
        values = [reply[name] for reply in measured]
        out[name] = round(float(np.median(values)), 4)
        out[f"{name}_spread"] = [round(min(values), 4), round(max(values), 4)]
    out["peak_memory_bytes"] = peak_memory_bytes()
    if args.json:
        print(json.dumps(out))
        return 0
    for name, value in out.items():
        if not name.endswith("_spread"):
            spread = out.get(f"{name}_spread")
            low_high = f"   {spread[0]} to {spread[1]}" if isinstance(spread, list) else ""
            print(f"{name:18} {value}{low_high}")
    return 0


def _one_reply(engine: object, question: str) -> dict[str, float]:
    """Seconds from the end of the question; `text_after_sound` counts pieces of text behind the first sound."""
    with engine.conversation() as talk:  # type: ignore[attr-defined]
        talk.say(question)
        begun = time.perf_counter()
        first_text = first_sound = None
        later = 0
        done: Done | None = None
        for event in talk.reply(seed=0):
            now = time.perf_counter() - begun
            if isinstance(event, TextDelta):
                first_text = first_text or now
                later += first_sound is not None
            elif isinstance(event, SpeechChunk):
                first_sound = first_sound or now
            elif isinstance(event, Done):
                done = event
        assert done is not None
        total = time.perf_counter() - begun
    seconds = done.samples / done.sample_rate
    return {
        "first_text": first_text or total, "first_sound": first_sound or total, "total": total,
        "speech_seconds": seconds, "real_time_factor": total / max(seconds, 1e-9), "text_after_sound": float(later),
    }
