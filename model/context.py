"""What Thinker and Talker have read: both KV caches, the next position, and what each still has to read.

The Thinker's cache only grows, except when a reply was cut short. The Talker's keeps prompts and the text of replies,
never their codes, as it was trained; it reads lazily, just before it speaks (anatomy §1.8).
"""

from __future__ import annotations

import torch
from torch import Tensor

from model.config import OmniConfig
from model.kv_cache import KVCache
from model.prompt.pieces import Piece, encode_piece, piece_length
from model.talker import Talker
from model.thinker.thinker import Thinker


def line(start: int, length: int, device: torch.device) -> Tensor:
    """[3, length] positions of plain text from `start` on."""
    return (torch.arange(length, device=device) + start).expand(3, -1)


class Context:
    """
    Attributes:
        position: TMRoPE position of the next token.
        capacity: tokens that fit in all.
    """

    def __init__(self, config: OmniConfig, thinker: Thinker, talker: Talker | None) -> None:
        self._thinker, self._talker = thinker, talker
        self._merge = config.thinker.vision.spatial_merge_size
        self._thinker_cache = thinker.model.new_cache()
        self.talker_cache: KVCache | None = talker.model.new_cache() if talker is not None else None
        self._talker_pending: list[tuple[Tensor, Tensor]] = []  # (inputs, positions) for the Talker to read
        self.position = 0
        self.capacity = config.thinker.text.max_position_embeddings

    @property
    def length(self) -> int:
        """Tokens the Thinker has read."""
        return self._thinker_cache.length

    @property
    def device(self) -> torch.device:
        return self._thinker.model.embed_tokens.weight.device

    def tokens_of(self, pieces: list[Piece]) -> int:
        """Tokens the pieces will take, known before any is encoded."""
        return sum(piece_length(piece, self._merge) for piece in pieces)

    def prefill(self, pieces: list[Piece]) -> Tensor:
        """Read pieces; the Thinker's final hidden states [S, hidden] of the last one."""
        hidden = torch.empty(0)
        for piece in pieces:
            encoded = encode_piece(self._thinker, piece, self.position)
            hidden = self._thinker(encoded.embeds, encoded.positions, self._thinker_cache)
            self.position = encoded.next_position
            if self._talker is not None:
                self._talker_pending.append((hidden + encoded.spoken, encoded.positions))
        return hidden

    def read_token(self, token: int) -> tuple[Tensor, Tensor]:
        """Read one generated token: its hidden state [1, hidden], and that plus its embedding for the Talker."""
        embeds = self._thinker.embed(torch.tensor([token], device=self.device))
        hidden = self._thinker(embeds, line(self.position, 1, self.device), self._thinker_cache)
        self.position += 1
        return hidden, hidden + embeds

    def talker_reads(self) -> KVCache:
        """Let the Talker catch up with the Thinker, and hand out its cache."""
        assert self._talker is not None and self.talker_cache is not None
        if self._talker_pending:
            inputs = torch.cat([inputs for inputs, _ in self._talker_pending])
            positions = torch.cat([positions for _, positions in self._talker_pending], dim=1)
            self._talker(inputs, positions, self.talker_cache)
            self._talker_pending = []
        return self.talker_cache

    def settle_reply(self, items: list[Tensor], keep: int, talker_length: int | None) -> None:
        """Make the first `keep` items of the reply just given history: cut the Thinker there, drop the Talker's codes
        (everything after `talker_length`) and queue the kept text for it."""
        dropped = len(items) - keep
        self._thinker_cache.truncate(self.length - dropped)
        self.position -= dropped
        if self.talker_cache is None:
            return
        if talker_length is not None:
            self.talker_cache.truncate(talker_length)
        if keep:
            self._talker_pending.append((torch.cat(items[:keep]), line(self.position - keep, keep, self.device)))
