"""Takes the shipped model apart again, so that training can go on from it.

    python -m training.mouth.resume --model assets/nano --runs runs/mouth --thinker runs/thinker-sharp

Writes what the stages begin with where they find it: talker.pt, dit.pt and bigvgan.pt (weights without an optimiser's
state), pronunciation.safetensors (the 64 columns of the token embedding, which the Talker then takes as they are), and
the Thinker in the narrow form that training.thinker reads. Files that are there already are left alone. With
``--new-text`` the Talker leaves behind what it knows of the old columns, and new ones are made and learned with it.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from model.checkpoint.weights import read_tensors
from training.mouth.codec import LEVELS
from training.mouth.export import CODE_SCALE
from training.mouth.pronunciation import FILE, SOUND_RMS, WIDTH
from training.mouth.talker import TEXT_TABLES
from training.thinker.export import EMBEDDING, narrowed


def talker_state(shipped: dict[str, Tensor]) -> dict[str, Tensor]:
    """Talker tensors under their official names → those of TrainedTalker with a fixed pronunciation table: the folding
    of training.mouth.export undone."""
    hidden = len(shipped["thinker_to_talker_proj.bias"])
    state = {"decoder." + k.removeprefix("model."): v.float() for k, v in shipped.items() if k.startswith("model.")}
    state["decoder.embed_tokens.weight"] = state["decoder.embed_tokens.weight"][:, :hidden] / CODE_SCALE
    state["text.weight"] = shipped["thinker_to_talker_proj.weight"].float()[:, -WIDTH:] * SOUND_RMS
    state["text.bias"] = shipped["thinker_to_talker_proj.bias"].float()
    state["head.weight"] = shipped["codec_head.weight"].float()
    for name in ("digit_in", "digit_out"):  # what digits contributed is in the tables already
        state[name] = torch.zeros(sum(LEVELS), hidden)
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=Path("assets/nano"))
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--thinker", type=Path, help="folder for the narrow Thinker")
    parser.add_argument("--new-text", action="store_true", help="for a new pronunciation table")
    args = parser.parse_args()
    args.runs.mkdir(parents=True, exist_ok=True)
    parts = {
        "talker": talker_state(read_tensors(args.model, "talker.")),
        "dit": read_tensors(args.model, "token2wav.code2wav_dit_model."),
        "bigvgan": read_tensors(args.model, "token2wav.code2wav_bigvgan_model."),
    }
    if args.new_text:
        parts["talker"] = {k: v for k, v in parts["talker"].items() if not k.startswith(TEXT_TABLES)}
    for name, state in parts.items():
        if not (args.runs / f"{name}.pt").exists():
            torch.save({"net": {k: v.float() for k, v in state.items()}}, args.runs / f"{name}.pt")
    thinker = read_tensors(args.model, "thinker.model.")
    thinker = {f"model.{k}": v for k, v in thinker.items()}
    if not args.new_text and not (args.runs / FILE).exists():
        table = thinker[EMBEDDING][:, -WIDTH:].float().contiguous()
        save_file({"pronunciation": table}, args.runs / FILE)
    if args.thinker and not (args.thinker / "thinker.safetensors").exists():
        args.thinker.mkdir(parents=True, exist_ok=True)
        save_file(narrowed(thinker), args.thinker / "thinker.safetensors", metadata={"format": "pt"})
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(args.model / name, args.thinker / name)


if __name__ == "__main__":
    main()
