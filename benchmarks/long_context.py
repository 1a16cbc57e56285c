"""What a decode step costs as the context grows, and what memory a long conversation takes.

    python -m benchmarks.long_context steps --model FOLDER [--picture FILE.png]
    python -m benchmarks.long_context turns --model nano --turns 200
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import psutil
import torch

from benchmarks.reply_speed import QUESTIONS
from model import load
from model.context import line
from model.engine import Engine
from model.sampling import Sampler, Sampling

LENGTHS = (256, 1024, 2048, 4096, 8192, 16384, 24576, 32512)


@torch.inference_mode()
def step_seconds(engine: Engine, length: int, runs: int = 12) -> float:
    """Median seconds of a Thinker step behind `length` tokens. What they were does not matter for the time."""
    memory = engine.take_memory()
    cache = memory.thinker_cache
    sampler = Sampler(Sampling(), engine.config.thinker.text.vocab_size, (), torch.Generator(), torch.device("cpu"))
    token = torch.tensor([5])
    cache.reserve(length)
    engine.thinker(engine.thinker.embed(token), line(0, 1, token.device), cache)  # allocates
    cache.length = length - 1
    cache.reserve(1)
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        memory.thinker_step(sampler.sampling, token, line(length, 1, token.device), sampler.used, sampler.noise())
        times.append(time.perf_counter() - begun)
        cache.truncate(length - 1)
    return float(np.median(times))


def steps(engine: Engine, picture: Path | None) -> dict[str, object]:
    """Milliseconds a step at every length that fits, and how straight the line through them is."""
    lengths = [n for n in LENGTHS if n < engine.context_length]
    step_seconds(engine, lengths[0])
    milliseconds = [1000 * step_seconds(engine, n) for n in lengths]
    slope, start = np.polyfit(lengths, milliseconds, 1)
    fitted = slope * np.array(lengths) + start
    spread = 1 - np.square(milliseconds - fitted).sum() / np.square(milliseconds - np.mean(milliseconds)).sum()
    text = engine.config.thinker.text
    size = engine.thinker.model.norm.weight.element_size()
    bytes_a_token = 2 * text.num_hidden_layers * text.num_key_value_heads * text.head_dim * size
    if picture:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(figsize=(6, 3.4))
        axes.plot(lengths, milliseconds, "o", color="#d1495b")
        axes.plot(lengths, fitted, color="#5c6b73", linewidth=1)
        axes.set_xlabel("tokens of context")
        axes.set_ylabel("ms a step")
        axes.set_title(f"{slope * 1024:.2f} ms per 1024 tokens, R² {spread:.3f}")
        figure.savefig(picture, dpi=120, bbox_inches="tight")
    return {
        "lengths": lengths, "step_ms": [round(x, 2) for x in milliseconds],
        "ms_per_1024_tokens": round(slope * 1024, 3),
        "gigabytes_per_second_of_keys_and_values": round(bytes_a_token / slope / 1e6, 2), "r_squared": round(spread, 4),
    }


def turns(engine: Engine, count: int) -> dict[str, object]:
    """Resident memory after 20 turns and after all, context full and trimmed on the way."""
    memory: dict[int, float] = {}
    with engine.conversation() as talk:
        for turn in range(1, count + 1):
            talk.say(QUESTIONS[turn % len(QUESTIONS)] + " Tell me more about that, please." * 6)
            for _event in talk.reply(seed=turn, max_text_tokens=24, max_speech_seconds=1.0):
                pass
            if turn % 20 == 0 or turn == count:
                memory[turn] = psutil.Process().memory_info().rss / 1e6
                print(f"turn {turn}: {talk.tokens} tokens, {memory[turn]:.0f} MB", flush=True)
    growth = round(memory[count] / memory[20] - 1, 4)
    return {"turns": count, "mb_after_20": round(memory[20]), "mb_after_all": round(memory[count]), "growth": growth}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("steps", "turns"))
    parser.add_argument("--model", default="nano")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--picture", type=Path)
    args = parser.parse_args()
    engine = load(args.model, device="cpu", precision=args.precision, speech=args.what == "turns")
    print(json.dumps(steps(engine, args.picture) if args.what == "steps" else turns(engine, args.turns)))


if __name__ == "__main__":
    main()
