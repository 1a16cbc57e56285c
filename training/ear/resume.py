"""Takes the ear and the Thinker of the shipped model apart again, so that training can go on from them.

    python -m training.ear.resume --model assets/nano --out runs/ear/shipped.pt --thinker runs/thinker-now

Writes the checkpoint that training.ear.stage_a and stage_b begin with, and the Thinker in the narrow form with all that
was learned merged. The CTC's blank scalar is no part of the model: it starts near what it was and is learned again.
An ear read with another blank seems far worse than it is (with 2, by half).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from model.checkpoint.weights import read_tensors
from training.ear.encoder import Encoder, encoder_of
from training.thinker.export import EMBEDDING, NARROW, narrowed
from training.thinker.network import BOS, EOS

BLANK = 4.8  # to which the trained ears came, within half a nat


def ear_state(shipped: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of the audio tower under their official names → those of training.ear.encoder: widen_ear undone."""
    state = {k: v.float().contiguous() for k, v in shipped.items() if not k.startswith("audio_bos_eos_token")}
    state["proj.weight"], state["proj.bias"] = state["proj.weight"][:NARROW], state["proj.bias"][:NARROW]
    return state


def ear_of(path: Path) -> Encoder:
    """The ear of a checkpoint of training.ear, or of a model's folder."""
    if path.is_dir():
        return encoder_of(ear_state(read_tensors(path, "thinker.audio_tower.")))
    return encoder_of(torch.load(path, weights_only=False)["encoder"])


def main() -> None:
    """Read, undo, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/nano"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--thinker", type=Path, required=True)
    args = parser.parse_args()
    thinker = {f"model.{k}": v for k, v in read_tensors(args.model, "thinker.model.").items()}
    bounds = thinker[EMBEDDING][[BOS, EOS], :NARROW].float()
    encoder = ear_state(read_tensors(args.model, "thinker.audio_tower."))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(dict(encoder=encoder, blank=torch.tensor(BLANK), bounds=bounds, step=0, spent=0.0), args.out)
    args.thinker.mkdir(parents=True, exist_ok=True)
    save_file(narrowed(thinker), args.thinker / "thinker.safetensors", metadata={"format": "pt"})
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(args.model / name, args.thinker / name)


if __name__ == "__main__":
    main()
