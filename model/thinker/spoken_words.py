"""What nano's ear spells reaches its Thinker as words, in the Thinker's own embeddings (decision 0015).

Where several words may be meant, the mean of them, each as likely as it is heard. The official checkpoints have no such
part: theirs were trained on hundreds of thousands of hours to read whatever the ear says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from model.thinker.lexicon import Lexicon


class SpokenWords:
    """`tokens`: ids of a text; `embed`: [S] ids → [S, hidden], of which the first `size` numbers say which token it
    is."""

    def __init__(self, lexicon: Lexicon, tokens: Callable[[str], list[int]], embed: Callable[[Tensor], Tensor],
                 size: int) -> None:  # fmt: skip
        self.lexicon, self.embed, self.size = lexicon, embed, size
        self._tokens = cache(lambda word: tokens(f" {lexicon.words[word]}"))  # of a word's number
        (self._nothing,) = tokens(" ")  # the language model reads past it

    def __call__(self, log: Tensor) -> Tensor:
        """Logarithms of likelihoods [S, letters] at 50 Hz → [S // 2, hidden] at 25 Hz: the tokens of a word up to where
        it ends, nothing elsewhere."""
        length = len(log) // 2
        meant: list[dict[int, float]] = [{self._nothing: 1.0} for _ in range(length)]
        free = 0
        for word in self.lexicon.read(log.float().cpu().numpy()):
            number = len(self._tokens(word.words[0]))
            begin = min(max(free, (word.end + 1) // 2 - number), length - number)
            if begin < 0:
                continue  # in less than 40 ms a token
            for at in range(number):
                meant[begin + at] = self._meant(word.words, word.shares, at)
            free = begin + number
        return self._mean(meant, log.device)

    def _meant(self, words: tuple[int, ...], shares: tuple[float, ...], at: int) -> dict[int, float]:
        """How likely each token is as number `at` of one of these words."""
        out: dict[int, float] = {}
        for word, share in zip(words, shares, strict=True):
            tokens = self._tokens(word)
            token = tokens[at] if at < len(tokens) else self._nothing
            out[token] = out.get(token, 0.0) + share
        return out

    def _mean(self, meant: list[dict[int, float]], device: torch.device) -> Tensor:
        ids = sorted({token for one in meant for token in one})
        column = {token: i for i, token in enumerate(ids)}
        likely = torch.zeros(len(meant), len(ids))
        for row, one in enumerate(meant):
            for token, share in one.items():
                likely[row, column[token]] = share
        table = self.embed(torch.tensor(ids, dtype=torch.long, device=device)).to(device)
        mean = likely.to(device) @ table.float()
        mean[:, self.size :] = 0
        return mean.to(table.dtype)
