"""Takes the ear and the Thinker of the shipped model apart again, so that training can go on from them.

    python -m training.ear.resume --model assets/nano --out runs/ear/shipped.pt --thinker runs/thinker-now

Writes the checkpoint that training.ear.spelling goes on from, and the Thinker in the narrow form with all that
was learned merged.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from model.checkpoint.weights import read_tensors
from model.thinker.lexicon import Lexicon, read_words
from model.thinker.spoken_words import SpokenWords
from training.ear.encoder import BLOCK, encoder_of
from training.ear.letters import Letters
from training.thinker.export import EMBEDDING, NARROW, narrowed
from training.thinker.network import BOS, EOS, Network

TOWER, SPELLING = "thinker.audio_tower.", "spelling."


def checkpoint_of(model: Path) -> dict[str, Any]:
    """The ear of a model's folder as a checkpoint of training.ear.spelling."""
    shipped = {name: value.float().contiguous() for name, value in read_tensors(model, TOWER).items()}
    letters = {name.removeprefix(SPELLING): value for name, value in shipped.items() if name.startswith(SPELLING)}
    if not letters:
        raise SystemExit(f"The ear of {model} does not spell; give a newer nano.")
    left = ("audio_bos_eos_token.", SPELLING)
    encoder = {name: value for name, value in shipped.items() if not name.startswith(left)}
    return dict(encoder=encoder, letters=letters, step=0, spent=0.0)


class Ear(nn.Module):
    """What the ear says to the Thinker: an encoder, its letters, and the words of a lexicon."""

    def __init__(self, state: dict[str, Any], words: SpokenWords):
        super().__init__()
        self.encoder, self.words = encoder_of(state["encoder"]), words
        self.letters = Letters(self.encoder.proj.in_features)
        self.letters.load_state_dict(state["letters"])

    @torch.no_grad()
    def forward(self, mel: Tensor, lengths: Tensor, alone: bool) -> list[Tensor]:
        """mel [B, 80, T], lengths [B] in mel frames, multiples of 4 → vectors [n, 576] of each; alone: see
        model.thinker.audio_encoder."""
        _, middle = self.encoder.with_middle(mel, lengths, len(self.encoder.layers))
        log = self.letters(middle)
        return [self._said(row[: length // 2], alone) for row, length in zip(log, lengths.tolist())]

    def _said(self, log: Tensor, alone: bool) -> Tensor:
        """As the Thinker hears it, block by block."""
        return torch.cat([self.words(block, alone) for block in log.split(BLOCK // 2)])


def ear_of(path: Path, model: Path, network: Network) -> Ear:
    """The ear of a checkpoint of training.ear.spelling, or of a model's folder; the words are those of `model`."""
    state = checkpoint_of(path) if path.is_dir() else torch.load(path, weights_only=False)
    table = network.table
    words = SpokenWords(Lexicon(read_words(model)), network.ids, lambda ids: table[ids], table.shape[1])
    return Ear(state, words)


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
