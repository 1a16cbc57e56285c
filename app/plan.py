"""The command `plan`: how much memory a model needs for a context and a film, here or on a card of some size."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from app.settings import PRECISIONS
from model.config import OmniConfig, read_config
from model.errors import BadInputError
from model.official import official_config
from model.plan import GIB, Film, Plan, card_bandwidth, card_budget, choose


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `plan`."""
    parser.add_argument("--model", default="nano", metavar="M", help="nano, 3b, 7b, or a folder (default: nano)")
    parser.add_argument("--precision", default="auto", choices=PRECISIONS, metavar="P", help="default: auto")
    parser.add_argument("--context", type=_positive, metavar="N", help="tokens remembered (default: all it can)")
    parser.add_argument("--video-seconds", type=float, metavar="S", help="length of a film that is watched")
    parser.add_argument("--video-size", type=_size, default=(448, 336), metavar="WxH", help="its pictures (448x336)")
    parser.add_argument("--fps", type=float, default=2.0, metavar="F", help="frames a second that are looked at (2)")
    parser.add_argument("--no-audio-in-video", action="store_true", help="leave its sound out")
    parser.add_argument("--no-speech", action="store_true", help="text answers only")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")
    parser.add_argument("--card-gib", type=float, metavar="G", help="plan for a card of this size")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def run(args: argparse.Namespace) -> int:
    """Plan and print; 1 where it does not fit."""
    config = find_config(args.model)
    film = None
    if args.video_seconds is not None:
        width, height = args.video_size
        if args.video_seconds <= 0 or args.fps <= 0:
            raise BadInputError("A film has a length and a number of frames a second above zero.")
        film = Film(args.video_seconds, width, height, args.fps, not args.no_audio_in_video)
    on_card, budget, bandwidth, bfloat16 = machine(args.device, args.card_gib)
    plan = choose(config, args.precision, on_card, args.context, film, not args.no_speech, budget, bandwidth, bfloat16)
    if args.json:
        print(json.dumps(as_json(args.model, plan, config, film)))
    else:
        _print(args.model, plan, config, film)
    return 0 if plan.fits else 1


def find_config(name: str) -> OmniConfig:
    """Of an installed model or a folder, or of an official one that need not be here."""
    known = official_config(name)
    if known is not None and not Path(name).is_dir():
        return known
    from model.checkpoint.load import find_model

    return read_config(find_model(name))


def machine(device: str, card_gib: float | None) -> tuple[bool, int, float | None, bool]:
    """Whether there is a card (or is meant to be), the free memory, the bandwidth if it is known, and whether the
    processor multiplies bfloat16."""
    if card_gib is not None:
        if device == "cpu" or card_gib <= 0:
            raise BadInputError("--card-gib is the size of a card, above zero, and does not go with --device cpu.")
        return True, card_budget(card_gib), card_bandwidth(card_gib), True
    import torch

    from model.processor import multiplies_bfloat16

    if device == "cuda" and not torch.cuda.is_available():
        raise BadInputError("There is no card here; say how large one is meant, with --card-gib.")
    if device != "cpu" and torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        return True, free, measured_bandwidth(), True
    import psutil

    return False, psutil.virtual_memory().available, None, multiplies_bfloat16()


def measured_bandwidth() -> float | None:
    """Of the card here, from its clock and the width of its memory; None where torch does not know them."""
    import torch

    found = torch.cuda.get_device_properties(torch.cuda.current_device())
    clock, width = getattr(found, "memory_clock_rate", 0), getattr(found, "memory_bus_width", 0)
    return 2 * clock * 1000 * width / 8 or None  # kHz, two transfers a beat; bits


def as_json(model: str, plan: Plan, config: OmniConfig, film: Film | None) -> dict[str, Any]:
    """What `plan --json` prints; GiB."""

    def gib(size: float) -> float:
        return round(size / GIB, 3)

    speed = plan.speed
    return {
        "model": model,
        "precision": plan.precision,
        "device": "card" if plan.on_card else "host",
        "context": plan.context,
        "video_tokens": None if film is None else film.tokens(config),
        "weights_gib": {name: gib(size) for name, size in plan.weights.items()},
        "cache_gib": gib(sum(plan.cache.values())),
        "activations_gib": gib(plan.working),
        "fixed_gib": gib(plan.fixed),
        "peak_gib": gib(plan.peak),
        "host_gib": gib(plan.host),
        "budget_gib": None if plan.budget is None else gib(plan.budget),
        "fits": plan.fits,
        "kept": kept(plan),
        "steps_per_second": None
        if speed is None
        else {"thinker": round(speed.thinker), "talker": round(speed.talker), "together": round(speed.together)},
        "real_time": None if speed is None else speed.real_time,
        "advice": list(plan.advice),
    }


def kept(plan: Plan) -> dict[str, str]:
    """In which kind of weights each part is."""
    placed = plan.placement
    return {
        "decoder": placed.decoder,
        "head": placed.head,
        "talker": placed.talker,
        "ear and eye": placed.towers,
        "dit": "bf16 products" if placed.narrow else "fp32",
        "embedding": "host" if placed.embedding_on_host and plan.on_card else "device",
    }


def _print(model: str, plan: Plan, config: OmniConfig, film: Film | None) -> None:
    where = "the card" if plan.on_card else "this machine's memory"
    print(f"{model} in {plan.precision}, {plan.context} tokens of context, in {where}:")
    rows = [(f"  {name}", size) for name, size in plan.weights.items() if size]
    rows += [(f"cache of the {name}", size) for name, size in plan.cache.items()]
    rows += [("work in progress", plan.working), ("libraries", plan.fixed), ("in all", plan.peak)]
    print("weights")
    for name, size in rows:
        print(f"{name:24}{size / GIB:7.2f} GiB")
    if plan.on_card:
        print(f"{'host memory':24}{plan.host / GIB:7.2f} GiB")
    print("kept as: " + ", ".join(f"{part} {kind}" for part, kind in kept(plan).items()))
    if film is not None:
        tokens = film.tokens(config)
        older = "; what is older than the context is forgotten" if tokens > plan.context else ""
        print(f"The film has {tokens} tokens{older}.")
    if plan.speed is not None:
        speed = plan.speed
        alone, together = f"{speed.thinker:.0f} steps a second without speech", f"{speed.together:.0f} with it"
        print(f"predicted, not measured: {alone}, {together}; speech needs {speed.codes:.0f}")
    if plan.budget is not None:
        verdict = "It fits" if plan.fits else "It does not fit"
        print(f"{verdict}: {plan.budget / GIB:.1f} GiB are free, of which a tenth is left alone.")
    for advice in plan.advice:
        print(f"  → {advice}")


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text} is not WIDTHxHEIGHT in pixels, such as 448x336")
    return int(width), int(height)
