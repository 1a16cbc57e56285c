"""Takes an ear a part of the way back to the encoder that its training began with.

    python -m training.ear.blend --ear runs/ear/shipped.pt --whisper model.bin --share 0.25 --thinker runs/thinker-now \
        --data runs/data --out runs/ear/blended.pt

Training on a few synthetic voices makes the ear forget some of what Whisper knew of all others. On the straight line
between both sets of weights lie ears that keep the new task and hear strange voices better (Wortsman et al., "Robust
fine-tuning of zero-shot models"). Nothing is trained; the share is chosen by clips that are in no test. Prints the word
error rate of the ear alone for each of --development, shards of the data folder, before and after.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from torch import Tensor

from training.data.clips import read_clips
from training.ear.ctc import TokenTargets
from training.ear.encoder import load_whisper
from training.ear.stage_a import by_voice, errors


def between(ear: dict[str, Tensor], whisper: dict[str, Tensor], share: float) -> dict[str, Tensor]:
    """Weights `share` of the way from the ear to Whisper; the projection, which Whisper does not have, is the ear's."""
    return {k: v if k.startswith("proj.") else torch.lerp(v, whisper[k], share) for k, v in ear.items()}


def main() -> None:
    """Blend, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ear", "whisper", "thinker", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--share", type=float, required=True)
    parser.add_argument("--development", nargs="+", default=["dev-kokoro", "piper"])
    parser.add_argument("--clips", type=int, default=100, help="of each shard")
    args = parser.parse_args()
    torch.set_num_threads(1)
    state = torch.load(args.ear, weights_only=False)
    encoder = load_whisper(args.whisper)
    blended = between(state["encoder"], {k: v.clone() for k, v in encoder.state_dict().items()}, args.share)
    torch.save(state | {"encoder": blended}, args.out)
    with safe_open(args.thinker / "thinker.safetensors", "pt") as file:
        table = file.get_tensor("thinker.model.embed_tokens.weight")
    rnd = random.Random(4)
    for shard in args.development:
        rows = read_clips(args.data / shard)
        rows = rnd.sample(rows, min(args.clips, len(rows)))
        tokenizer = Tokenizer.from_file(str(args.thinker / "tokenizer.json"))
        targets = TokenTargets(table, tokenizer, [r["text"] for r in read_clips(args.data / "ear-hibari") + rows])
        targets.blank.data.copy_(state["blank"])
        for name, weights in (("before", state["encoder"]), ("after", blended)):
            encoder.load_state_dict(weights)
            wrong, _ = errors(encoder, targets, rows)
            print(f"{shard}, {len(rows)} clips, {name}: word error rate {by_voice(wrong)}", flush=True)


if __name__ == "__main__":
    main()
