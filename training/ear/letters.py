"""What the ear spells: CTC onto letters, of which model/thinker/lexicon.py makes words.

Letters are heard in any word, so they are learned from few voices and stay right for words that no clip holds. Stage A
learned them by its middle, below the layers that put them together to the Thinker's tokens.
"""

from __future__ import annotations

import re

import torch
import torch.nn.functional as F
from torch import Tensor

from model.thinker.lexicon import ALPHABET
from model.thinker.spelling import Spelling

PER_SECOND = 50
STRUCK_FOR = 6  # vectors in a row that say a bell


def spelled(text: str) -> list[int]:
    """Numbers of a text's letters; digits and signs are left out."""
    letters = re.sub(r"[^a-z' ]", "", text.lower().replace("-", " "))
    return [1 + ALPHABET.index(c) for c in " ".join(letters.split())]


class Letters(Spelling):
    """Reads letters off a stream of the encoder, and learns to."""

    def __init__(self, width: int):
        super().__init__(width, 1 + len(ALPHABET))

    def loss(self, h: Tensor, numbers: Tensor, texts: list[str]) -> Tensor:
        """Mean CTC loss per letter. h [B, N, width] of which numbers [B] are filled."""
        targets = [spelled(t) for t in texts]
        sizes = torch.tensor([len(t) for t in targets])
        log = self(h).transpose(0, 1)
        flat = torch.tensor([i for t in targets for i in t])
        return F.ctc_loss(log, flat, numbers, sizes, zero_infinity=True, reduction="sum") / sizes.sum().clamp(min=1)

    def timed_loss(self, h: Tensor, times: list[float]) -> Tensor:
        """Cross entropy where a bell is to be told from each of the times [s] on, plus that of the blanks elsewhere.
        h [n, width]."""
        wanted = torch.zeros(len(h), dtype=torch.long)
        for time in times:
            at = int(time * PER_SECOND)
            wanted[at : at + STRUCK_FOR] = len(ALPHABET)
        losses = F.nll_loss(self(h), wanted, reduction="none")
        here = wanted > 0
        return losses[~here].mean() + (losses[here].mean() if here.any() else 0.0)

    @torch.no_grad()
    def read(self, h: Tensor, numbers: Tensor) -> list[str]:
        """Greedy spelling of each clip."""
        runs = [torch.unique_consecutive(row[:n]) for row, n in zip(self(h).argmax(-1), numbers)]
        return ["".join(ALPHABET[i - 1] for i in run[run > 0].tolist()).strip() for run in runs]
