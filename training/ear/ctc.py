"""CTC onto the Thinker's own token embeddings: the ear learns to say, in that space, which token it hears.

The score of token k for an output e is -|e - E_k|^2 (|e|^2 is common to all and left out); the blank is the embedding
of " ", which the language model reads past most easily, plus one learned scalar.

A token that training texts hardly hold cannot be learned, and a word that is one such token could never be heard: CTC
onto the thousands of tokens of a text takes thousands of hours of speech. So only tokens that are common in the texts
are targets, some 1,500, and other words are spelled with the most common that make them up: " sp", "ade", "s". The
Thinker reads what is spelled, and mends it where a piece was misheard.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

SPACE = "Ġ"  # how the tokenizer writes a leading space
PER_SECOND = 25  # vectors of the ear, and positions of time in the Thinker
SAID_FOR = 3  # vectors in a row that say a word whose time is told
COMMON = 100  # times that a target occurs in the training texts, at least
SHORT = 3  # letters of a piece that may spell other words; of one that begins them, one less
ROUNDS = 6  # of leaving out what is too rare; what others are spelled with instead becomes more common


def spoken(text: str) -> str:
    """The written form the ear should give: a leading space, no punctuation at the ends of words."""
    return " " + " ".join(re.sub(r"[.?!,;:\"]+(?=\s|$)", "", text).split())


def fewest(word: str, known: Mapping[str, int]) -> list[str]:
    """The fewest pieces that make up a word, of as many the last of which is the most common; none where none do.
    known: how common each piece is."""
    best: list[tuple[int, int, int] | None] = [(0, 0, 0)] + [None] * len(word)  # pieces, rarity and begin of the last
    for end in range(1, len(word) + 1):
        for begin in range(end):
            before, piece = best[begin], word[begin:end]
            if before is not None and piece in known:
                way = before[0] + 1, -known[piece], begin
                best[end] = min(best[end] or way, way)
    pieces: list[str] = []
    end = len(word)
    while end and (last := best[end]) is not None:
        pieces.append(word[last[2] : end])
        end = last[2]
    return pieces[::-1]


def common_tokens(tokenizer: Tokenizer, texts: list[str], common: int = COMMON) -> dict[str, int]:
    """The tokens that may be targets, and how common each is: those that occur so often in the texts when what is not
    among them is spelled with what is; single letters always."""
    words = Counter(word for text in texts for word in spoken(text).split())
    encodings = tokenizer.encode_batch([" " + word for word in words], add_special_tokens=False)
    whole = {word: encoding.tokens for word, encoding in zip(words, encodings)}
    counts = Counter(dict.fromkeys(tokenizer.get_vocab(), 0))
    for word, number in words.items():
        counts.update(dict.fromkeys(whole[word], number))
    known, letters = {}, set()
    for token, number in counts.items():
        piece = token.removeprefix(SPACE)
        plain = piece.isascii() and piece.isalpha()
        if plain and len(piece) == 1:
            letters.add(token)
        if number >= common or (plain and len(piece) <= (SHORT if piece == token else SHORT - 1)):
            known[token] = number
    for last in range(1, ROUNDS + 1):
        counts = Counter(dict.fromkeys(letters, 0))
        for word, number in words.items():
            pieces = whole[word] if all(p in known for p in whole[word]) else fewest(SPACE + word, known)
            counts.update(dict.fromkeys(pieces, number))
        known = {p: n for p, n in counts.items() if p in letters or n >= common * last / ROUNDS}
    return known


class TokenTargets(nn.Module):
    """Scores, loss and greedy reading over the tokens that are common in the training texts."""

    def __init__(self, embeddings: Tensor, tokenizer: Tokenizer, texts: list[str], negatives: int = 1500,
                 ids: list[int] | None = None, common: int = COMMON):
        super().__init__()
        self.tokenizer, self.negatives = tokenizer, negatives
        space = tokenizer.token_to_id(SPACE)
        if ids is None:  # else those of a checkpoint, the blank first
            tokens = sorted(common_tokens(tokenizer, texts, common))
            ids = [space, *(tokenizer.token_to_id(t) for t in tokens if t != SPACE)]
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
