"""From logits to the next token: repetition penalty, suppressed tokens, then greedy or temperature, top-k and top-p.

In the order of the reference's generate(), so that a greedy reply equals its.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

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
    """Chooses one token at a time and remembers which were used, for the repetition penalty."""

    def __init__(self, sampling: Sampling, vocabulary: int, used: Iterable[int], generator: torch.Generator) -> None:
        self._sampling = sampling
        self._generator = generator
        self._used = torch.zeros(vocabulary, dtype=torch.bool)
        for token in used:
            self._used[token] = True

    def choose(self, logits: Tensor) -> int:
        """Float32 [vocabulary] → token id; the token counts as used from then on."""
        token = int(_choose(logits.cpu(), self._used, self._sampling, self._generator))
        self._used[token] = True
        return token


def _choose(logits: Tensor, used: Tensor, sampling: Sampling, generator: torch.Generator) -> Tensor:
    if sampling.repetition_penalty != 1.0:
        penalised = torch.where(logits < 0, logits * sampling.repetition_penalty, logits / sampling.repetition_penalty)
        logits = torch.where(used, penalised, logits)
    if sampling.suppressed:
        logits = logits.clone()
        logits[list(sampling.suppressed)] = -torch.inf
    if sampling.temperature <= 0:
        return logits.argmax()
    logits = logits / sampling.temperature
    if 0 < sampling.top_k < len(logits):
        logits = logits.masked_fill(logits < logits.topk(sampling.top_k).values[-1], -torch.inf)
    if sampling.top_p < 1.0:
        ordered, order = logits.sort()
        tail = ordered.softmax(-1).cumsum(-1) <= 1.0 - sampling.top_p
        tail[-1] = False
        logits = logits.masked_fill(torch.zeros_like(tail).scatter(0, order, tail), -torch.inf)
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)[0]
