"""What nano's ear spells reaches its Thinker as words, in the Thinker's own embeddings (decision 0015).

Where several words may be meant, the mean of them, each as likely as it is heard. The official checkpoints have no such
part: theirs were trained on hundreds of thousands of hours to read whatever the ear says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from model.thinker.lexicon import Lexicon, Word

PAUSE = 15  # 0.6 s of nothing part two utterances


@dataclass(frozen=True)
class _Said:
    """A word that ended at a frame of 20 ms: for each of its tokens, how likely it is which; or a bell."""

    end: int
    rows: list[dict[int, float]]
    bell: bool


class SpokenWords:
    """`tokens`: ids of a text; `embed`: [S] ids → [S, hidden], of which the first `size` numbers say which token it
    is."""

    def __init__(self, lexicon: Lexicon, tokens: Callable[[str], list[int]], embed: Callable[[Tensor], Tensor],
                 size: int) -> None:  # fmt: skip
        self.lexicon, self.embed, self.size = lexicon, embed, size
        self._tokens = cache(lambda word: tokens(f" {lexicon.words[word]}"))  # of a word's number
        (self._nothing,) = tokens(" ")  # the language model reads past it

    def __call__(self, log: Tensor, alone: bool = False) -> Tensor:
        """Logarithms of likelihoods [S, letters] at 50 Hz → [S // 2, hidden] at 25 Hz: the words of an utterance side
        by side up to where it ends, nothing elsewhere. `alone`: [tokens, hidden], the words and nothing between."""
        heard = self.lexicon.read(log.float().cpu().numpy())
        said = [_Said(word.end, self._meant(word), word.words[0] == self.lexicon.bell) for word in heard]
        rows = [row for word in said for row in word.rows] if alone else self._in_time(said, len(log) // 2)
        return self._mean(rows, log.device)

    def _in_time(self, said: list[_Said], length: int) -> list[dict[int, float]]:
        """One row for each of `length` times."""
        rows: list[dict[int, float]] = [{self._nothing: 1.0} for _ in range(length)]
        end, joined = length, False
        for word in reversed(said):
            last = min((word.end + 1) // 2, end)
            if joined and not word.bell and end - last <= PAUSE:
                last = end
            begin = last - len(word.rows)
            if begin < 0:
                break  # in less than 40 ms a token
            rows[begin:last] = word.rows
            end, joined = begin, not word.bell
        return rows

    def _meant(self, word: Word) -> list[dict[int, float]]:
        """For each token of a word, how likely it is which."""
        out: list[dict[int, float]] = [{} for _ in self._tokens(word.words[0])]
        for number, share in zip(word.words, word.shares, strict=True):
            tokens = self._tokens(number)
            for at, row in enumerate(out):
                token = tokens[at] if at < len(tokens) else self._nothing
                row[token] = row.get(token, 0.0) + share
        return out

    def _mean(self, meant: list[dict[int, float]], device: torch.device) -> Tensor:
        if not meant:
            return self.embed(torch.zeros(0, dtype=torch.long, device=device)).to(device)
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
