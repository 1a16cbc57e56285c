"""CTC onto the Thinker's own token embeddings: the ear learns to say, in that space, which token it hears.

The score of token k for an output e is -|e - E_k|^2 (|e|^2 is common to all and left out); the blank is the embedding
of " ", which the language model reads past most easily, plus one learned scalar.

A token that training texts hardly hold cannot be learned, and a word that is one such token could never be heard. So
only common tokens are targets, and a word that needs another is spelled with short ones: " con", "fer", "ence".
"""

from __future__ import annotations

import random
import re
from collections import Counter

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

SPACE = "Ġ"  # how the tokenizer writes a leading space
PER_SECOND = 25  # vectors of the ear, and positions of time in the Thinker
SAID_FOR = 3  # vectors in a row that say a word whose time is told
COMMON = 12  # times that a token occurs in the training texts, at least
SHORT = 3  # letters of a piece that may spell other words; of one that begins them, one less


def spoken(text: str) -> str:
    """The written form the ear should give: a leading space, no punctuation at the ends of words."""
    return " " + " ".join(re.sub(r"[.?!,;:\"]+(?=\s|$)", "", text).split())


def common_tokens(tokenizer: Tokenizer, texts: list[str]) -> list[int]:
    """The tokens that may be targets: those that are common in the texts, and short ones to spell the rest with."""
    counts = Counter(i for e in tokenizer.encode_batch([spoken(t) for t in texts]) for i in e.ids)
    common = {i for i, number in counts.items() if number >= COMMON}
    for token, i in tokenizer.get_vocab().items():
        letters = token.removeprefix(SPACE)
        most = SHORT if letters == token else SHORT - 1
        if letters.isascii() and letters.isalpha() and len(letters) <= most:
            common.add(i)
    return sorted(common)


class TokenTargets(nn.Module):
    """Scores, loss and greedy reading over the tokens that are common in the training texts."""

    def __init__(self, embeddings: Tensor, tokenizer: Tokenizer, texts: list[str], negatives: int = 1500,
                 ids: list[int] | None = None):
        super().__init__()
        self.tokenizer, self.negatives = tokenizer, negatives
        if ids is None:  # else those of a checkpoint, the blank first
            space = tokenizer.encode(" ").ids[0]
            ids = [space, *(i for i in common_tokens(tokenizer, texts) if i != space)]
        self.ids = torch.tensor(ids)
        self.index = {int(t): i for i, t in enumerate(self.ids)}
        self._rows = {str(tokenizer.id_to_token(int(t))): i for i, t in enumerate(self.ids)}
        self._spelled: dict[str, list[int]] = {}
        self.register_buffer("table", embeddings[self.ids], persistent=False)
        self.blank = nn.Parameter(torch.zeros(()))

    def tokens(self, text: str) -> list[int]:
        """Rows of the table for a text; words with a token that is no target are spelled, and what cannot be is left
        out."""
        rows: list[int] = []
        for word in spoken(text).split():
            if word not in self._spelled:
                ids = self.tokenizer.encode(" " + word).ids
                whole = all(i in self.index for i in ids)
                self._spelled[word] = [self.index[i] for i in ids] if whole else self._spell(SPACE + word)
            rows += self._spelled[word]
        return rows

    def _spell(self, word: str) -> list[int]:
        """The fewest targets that make up a word, of as many those whose last is longest; none where none do."""
        best: list[list[int] | None] = [[]] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for begin in range(end):
                before, row = best[begin], self._rows.get(word[begin:end])
                if before is not None and row is not None:
                    known = best[end]
                    if known is None or len(before) + 1 < len(known):
                        best[end] = [*before, row]
        return best[-1] or []

    def scores(self, e: Tensor, rows: Tensor | None = None) -> Tensor:
        """e [..., 576] -> [..., len(rows)] (all tokens by default); row 0 must be the blank."""
        table = self.table if rows is None else self.table[rows]
        out = 2 * e @ table.T - table.pow(2).sum(1)
        return torch.cat([out[..., :1] + self.blank, out[..., 1:]], -1)

    def meant(self, e: Tensor) -> Tensor:
        """e [..., 576] as the Thinker hears it: the mean of the embeddings, each as likely as e says."""
        return self.scores(e).softmax(-1) @ self.table

    def loss(self, e: Tensor, numbers: Tensor, texts: list[str], rnd: random.Random) -> Tensor:
        """Mean CTC loss per token. e [B, N, 576], numbers [B]. Only the batch's tokens and some random others take
        part in the softmax: over all of them a step would cost twice as much."""
        targets = [self.tokens(t) for t in texts]
        mine = {i for t in targets for i in t}
        others = rnd.sample(range(1, len(self.ids)), min(self.negatives, len(self.ids) - 1))
        rows = [0, *sorted(mine | set(others))]
        place = {r: i for i, r in enumerate(rows)}
        log = self.scores(e, torch.tensor(rows)).log_softmax(-1).transpose(0, 1)
        flat = torch.tensor([place[i] for t in targets for i in t])
        sizes = torch.tensor([len(t) for t in targets])
        return F.ctc_loss(log, flat, numbers, sizes, zero_infinity=True, reduction="sum") / sizes.sum().clamp(min=1)

    def timed_loss(self, e: Tensor, word: str, times: list[float]) -> Tensor:
        """Cross entropy where a word of one token is to be said from each of the times [s] on, for SAID_FOR vectors,
        plus that of the blanks elsewhere. e [n, 576], 25 a second."""
        wanted = torch.zeros(len(e), dtype=torch.long)
        (row,) = self.tokens(word)
        for time in times:
            at = int(time * PER_SECOND)
            wanted[at : at + SAID_FOR] = row
        losses = F.cross_entropy(self.scores(e), wanted, reduction="none")
        here = wanted > 0
        return losses[~here].mean() + (losses[here].mean() if here.any() else 0.0)

    @torch.no_grad()
    def read(self, e: Tensor, numbers: Tensor) -> list[str]:
        """Greedy text of each clip."""
        best = self.scores(e).argmax(-1)
        out = []
        for row, n in zip(best, numbers):
            run = torch.unique_consecutive(row[:n])
            out.append(self.tokenizer.decode(self.ids[run[run > 0]].tolist()).strip())
        return out
