"""From logits to the next token: repetition penalty, suppressed tokens, then greedy or temperature, top-k and top-p.

In the order of the reference's generate(), so that a greedy reply equals its.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sampling:
    """How to choose tokens. temperature 0 is greedy."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    suppressed: tuple[int, ...] = ()

    def greedy(self) -> Sampling:
        """The same with the most likely token always chosen."""
        return replace(self, temperature=0.0)


class Sampler:
    """One reply's choices: which tokens were used, and the noise that decides. All on the model's device, so that a
    step needs no host; the noise comes from a seeded generator of the host, so that every device chooses alike.

    Attributes:
        used: bool [vocabulary], for the repetition penalty.
    """

    def __init__(
        self, sampling: Sampling, vocabulary: int, used: Iterable[int], generator: torch.Generator, device: torch.device
    ) -> None:
        self.sampling = sampling
        self._generator = generator
        self.used = torch.zeros(vocabulary, dtype=torch.bool, device=device)
        self.used[list(used)] = True

    def noise(self) -> Tensor:
        """Exponential noise for one choice, [candidates]; a single one where nothing is drawn."""
        count = 1
        if self.sampling.temperature > 0:
            count = min(self.sampling.top_k or len(self.used), len(self.used))
        return torch.empty(count).exponential_(generator=self._generator).to(self.used.device)

    def mark(self, token: Tensor) -> None:
        """`token` [1] counts as used from now on."""
        if self.sampling.repetition_penalty != 1.0:
            self.used.index_fill_(0, token, True)

    def choose(self, logits: Tensor) -> Tensor:
        """Float32 [vocabulary] → token [1], which counts as used from then on."""
        token = choose(logits, self.used, self.noise(), self.sampling)
        self.mark(token)
        return token


@lru_cache
def _mask(tokens: tuple[int, ...], vocabulary: int, device: torch.device) -> Tensor:
    """Bool [vocabulary] of `tokens`; kept, so that a step copies nothing to the device."""
    mask = torch.zeros(vocabulary, dtype=torch.bool)
    mask[list(tokens)] = True
    return mask.to(device)


def choose(logits: Tensor, used: Tensor, noise: Tensor, sampling: Sampling) -> Tensor:
    """Float32 logits [vocabulary] → token [1]. Fixed shapes, nothing read by the host."""
    if sampling.repetition_penalty != 1.0:
        penalised = torch.where(logits < 0, logits * sampling.repetition_penalty, logits / sampling.repetition_penalty)
        logits = torch.where(used, penalised, logits)
    if sampling.suppressed:
        logits = logits.masked_fill(_mask(sampling.suppressed, len(logits), logits.device), -torch.inf)
    if sampling.temperature <= 0:
        return logits.argmax(keepdim=True)
    values, order = (logits / sampling.temperature).topk(len(noise))
    shares = values.softmax(-1)
    before = shares.cumsum(-1) - shares
    shares = torch.where(before < sampling.top_p, shares, 0.0)
    # the largest of p / exponential noise is distributed as p
    return order.gather(0, (shares / noise).argmax(keepdim=True))
