"""What nano's ear hears, as letters. The official checkpoints have no such part (`letters` 0)."""

from __future__ import annotations

from torch import Tensor, nn


class Spelling(nn.Module):
    """Vectors at 50 Hz → how likely each letter is, by CTC: number 0 is none, the others are those of ALPHABET."""

    def __init__(self, width: int, letters: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, letters)

    def forward(self, x: Tensor) -> Tensor:
        """[..., width] → logarithms of likelihoods, float32 [..., letters]."""
        return self.head(self.norm(x)).float().log_softmax(-1)
