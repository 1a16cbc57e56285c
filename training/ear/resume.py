"""Takes the ear and the Thinker of the shipped model apart again, so that training can go on from them.

    python -m training.ear.resume --model assets/nano --out runs/ear/shipped.pt --thinker runs/thinker-now

Writes the checkpoint that training.ear.stage_a and stage_b begin with, and the Thinker in the narrow form with all that
was learned merged.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from model.checkpoint.weights import read_tensors
from model.thinker.spoken_tokens import SpokenTokens
from training.ear.ctc import bias_of, targets_of
from training.ear.encoder import Encoder, encoder_of
from training.thinker.export import EMBEDDING, NARROW, narrowed
from training.thinker.network import BOS, EOS

TOWER, BIAS = "thinker.audio_tower.", "spoken.bias"


def ear_state(shipped: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of the audio tower under their official names → those of training.ear.encoder: widen_ear undone."""
    left = ("audio_bos_eos_token.weight", BIAS)
    state = {k: v.float().contiguous() for k, v in shipped.items() if k not in left}
    state["proj.weight"], state["proj.bias"] = state["proj.weight"][:NARROW], state["proj.bias"][:NARROW]
    return state


def checkpoint_of(model: Path) -> dict[str, Any]:
    """The ear of a model's folder as a checkpoint of training.ear."""
    shipped = read_tensors(model, TOWER)
    if BIAS not in shipped:
        raise SystemExit(f"The ear of {model} does not tell which tokens it can say; give a newer nano.")
    ids, blank = targets_of(shipped[BIAS])
    return dict(encoder=ear_state(shipped), ids=ids, blank=blank, step=0, spent=0.0)


def ear_of(path: Path, table: Tensor) -> Encoder:
    """The ear of a checkpoint of training.ear, or of a model's folder, as the Thinker hears it. table: the Thinker's
    embeddings [vocabulary, 576]."""
    state = checkpoint_of(path) if path.is_dir() else torch.load(path, weights_only=False)
    encoder = encoder_of(state["encoder"])
    encoder.spoken = SpokenTokens(len(table), table.shape[1], lambda ids: table[ids])
    encoder.spoken.bias.copy_(bias_of(state["ids"], state["blank"], len(table)))
    return encoder


def main() -> None:
    """Read, undo, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("assets/nano"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--thinker", type=Path, required=True)
    args = parser.parse_args()
    thinker = {f"model.{k}": v for k, v in read_tensors(args.model, "thinker.model.").items()}
    bounds = thinker[EMBEDDING][[BOS, EOS], :NARROW].float()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(checkpoint_of(args.model) | dict(bounds=bounds), args.out)
    args.thinker.mkdir(parents=True, exist_ok=True)
    save_file(narrowed(thinker), args.thinker / "thinker.safetensors", metadata={"format": "pt"})
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(args.model / name, args.thinker / name)


if __name__ == "__main__":
    main()
