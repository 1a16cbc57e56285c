"""What the ear alone reads (CTC, before any Thinker), as word error rates: of clips by voice, of people's recordings.

    python -m training.ear.heard --thinker runs/thinker-now --data runs/data --clips dev-kokoro --people FOLDER \
        --ears runs/ear/shipped.pt runs/ear/deep.pt

A folder of people's recordings has a texts.txt, "NAME: what is said" for each file (evaluation.sounds.prompts); without
one, Asterisk's prompts are taken, which are for evaluation alone: nothing may be chosen by them.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from tokenizers import Tokenizer

from evaluation.sounds import RATE, prompts
from training.data.clips import read_clips
from training.ear.ctc import TokenTargets
from training.ear.encoder import encoder_of
from training.ear.stage_a import by_voice, errors


def people(folder: Path | None, most: int = 30) -> list[dict]:
    """Their recordings as clips, evenly over all there are."""
    said = prompts(folder, least_words=5 if folder is None else 1)
    some = [said[i * len(said) // most] for i in range(most)] if most < len(said) else said
    name = folder.name if folder else "asterisk"
    return [dict(text=r.text, pcm=(r.samples * 32767).astype("<i2"), rate=RATE, voice=name) for r in some]


def main() -> None:
    """One line an ear."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--thinker", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--ears", type=Path, nargs="+", required=True, help="checkpoints of training.ear")
    parser.add_argument("--clips", nargs="*", default=[], help="names of shards")
    parser.add_argument("--people", type=Path, nargs="*", help="folders of recordings; Asterisk's where none is given")
    parser.add_argument("--most", type=int, default=30, help="recordings of a folder")
    args = parser.parse_args()
    torch.set_num_threads(1)
    with safe_open(args.thinker / "thinker.safetensors", "pt") as file:
        table = file.get_tensor("thinker.model.embed_tokens.weight")
    lists = json.loads((args.data / "questions.json").read_text())
    tokenizer = Tokenizer.from_file(str(args.thinker / "tokenizer.json"))
    rows = [row for name in args.clips for row in read_clips(args.data / name)]
    if args.people is not None:
        rows += [row for folder in args.people or [None] for row in people(folder, args.most)]
    for path in args.ears:
        state = torch.load(path, weights_only=False)
        targets = TokenTargets(table, tokenizer, lists["questions"] + lists["sentences"], ids=state.get("ids"))
        targets.blank.data.copy_(state["blank"])
        print(path.name, by_voice(errors(encoder_of(state["encoder"]), targets, rows)[0]), flush=True)


if __name__ == "__main__":
    main()
