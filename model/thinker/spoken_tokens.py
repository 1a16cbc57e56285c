"""What nano's ear says, in the Thinker's own embeddings.

CTC taught it to be nearer to the embedding of the token that it hears than to any other. That says nothing about
how near: its vectors are six times as long as embeddings, at 75 degrees to the one they mean. The Thinker reads its own
embeddings at once, with gaps between them too; so each vector becomes the mean of the embeddings that it may mean,
each as likely as it is near. The official checkpoints have no such part (`spoken_size` 0): theirs were trained on
hundreds of thousands of hours to read whatever the ear says.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

NEVER = -10000.0  # the bias of tokens that the ear cannot say; float16 can hold it


class SpokenTokens(nn.Module):
    """By how much each token of the vocabulary is likelier than it is near."""

    def __init__(self, vocabulary: int, size: int, embed: Callable[[Tensor], Tensor]) -> None:
        """`size`: how many numbers of an embedding say which token it is. `embed`: [S] token ids → [S, hidden]."""
        super().__init__()
        self.size, self.embed = size, embed
        self.bias = nn.Parameter(torch.zeros(vocabulary), requires_grad=False)
        self._said: tuple[Tensor, Tensor] | None = None

    def _tokens(self) -> tuple[Tensor, Tensor]:
        """Embeddings [n, size] of the tokens that can be said, and what is added to their scores [n]; in float32, since
        most of a score is common to all. Made when first asked for, when the weights are there."""
        if self._said is None:
            ids = (self.bias > NEVER / 2).nonzero()[:, 0]
            table = self.embed(ids)[:, : self.size].to(self.bias.device, torch.float32)
            self._said = table, self.bias[ids].float() - table.square().sum(1)
        return self._said

    def forward(self, x: Tensor) -> Tensor:
        """[..., hidden], of which the first `size` numbers count → [..., hidden], zeros behind `size`."""
        table, bias = self._tokens()
        likely = (2 * x[..., : self.size].float() @ table.T + bias).softmax(-1)
        return nn.functional.pad(likely @ table, (0, x.shape[-1] - self.size)).to(x.dtype)
