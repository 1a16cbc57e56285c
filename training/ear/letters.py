"""What the ear has spelled by its middle: CTC onto letters, thrown away after training.

Letters are heard in any word, so they are learned from few voices and stay right for words that no clip holds; the
layers above put them together to the Thinker's tokens. (Hierarchical CTC: the small units below, the large ones above.)
"""

from __future__ import annotations

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ALPHABET = " abcdefghijklmnopqrstuvwxyz'"  # its numbers begin at 1; 0 is CTC's blank


def spelled(text: str) -> list[int]:
    """Numbers of a text's letters; digits and signs are left out."""
    letters = re.sub(r"[^a-z' ]", "", text.lower().replace("-", " "))
    return [1 + ALPHABET.index(c) for c in " ".join(letters.split())]


class Letters(nn.Module):
    """Reads letters off a stream of the encoder."""

    def __init__(self, width: int):
        super().__init__()
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 1 + len(ALPHABET))

    def forward(self, h: Tensor) -> Tensor:
        """h [B, N, width] at 50 a second -> scores [B, N, letters]."""
        return self.head(self.norm(h))

    def loss(self, h: Tensor, numbers: Tensor, texts: list[str]) -> Tensor:
        """Mean CTC loss per letter. h [B, N, width] of which numbers [B] are filled."""
        targets = [spelled(t) for t in texts]
        sizes = torch.tensor([len(t) for t in targets])
        log = self(h).log_softmax(-1).transpose(0, 1)
        flat = torch.tensor([i for t in targets for i in t])
        return F.ctc_loss(log, flat, numbers, sizes, zero_infinity=True, reduction="sum") / sizes.sum().clamp(min=1)

    @torch.no_grad()
    def read(self, h: Tensor, numbers: Tensor) -> list[str]:
        """Greedy spelling of each clip."""
        runs = [torch.unique_consecutive(row[:n]) for row, n in zip(self(h).argmax(-1), numbers)]
        return ["".join(ALPHABET[i - 1] for i in run[run > 0].tolist()).strip() for run in runs]
