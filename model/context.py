"""What Thinker and Talker have read, and how it is kept within bounds.

Both caches hold the same tokens in the same rows: the Talker reads each piece of a prompt right behind the Thinker, the
codes of a reply stand behind that only while it is spoken, and its text takes their place (anatomy §1.8). When the
context is full, pictures of the past go first, then the oldest exchanges; what stays is moved up, its keys turned to
the positions they would have had. On a processor, where all that was read is a part of every answer's time, old
exchanges go sooner, so that the fiftieth answer comes as quickly as the twentieth.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from model.bounds import PREFILL, REMEMBERED, REMEMBERED_EXCHANGES
from model.config import OmniConfig
from model.errors import BadInputError
from model.events import ContextTrimmed
from model.memory import Memory
from model.prompt.pieces import EncodedPiece
from model.talker import Talker
from model.thinker.thinker import Thinker


def line(start: int, length: int, device: torch.device) -> Tensor:
    """[3, length] positions of plain text from `start` on."""
    return (torch.arange(length, device=device) + start).expand(3, -1)


@dataclass
class Place:
    """A point in the conversation: how many rows are before it, and the position that follows them."""

    rows: int
    position: int


@dataclass
class _Stretch:
    """Rows of pictures that may be forgotten; `width` is how much nearer everything behind them comes."""

    begin: Place
    rows: int
    width: int


class Context:
    """
    Attributes:
        position: TMRoPE position of the next token.
        trimmed: what had to be forgotten since somebody last looked.
    """

    def __init__(self, config: OmniConfig, thinker: Thinker, talker: Talker | None, memory: Memory) -> None:
        self._config, self._thinker, self._talker = config.thinker.text, thinker, talker
        self._quick = thinker.device.type != "cpu"
        self.memory = memory
        self.position = 0
        self.capacity = self._config.max_position_embeddings
        self.trimmed: list[ContextTrimmed] = []
        self._exchanges: list[Place] = []  # where each begins
        self._pictures: list[_Stretch] = []  # of exchanges that are over
        self._fresh_pictures: list[_Stretch] = []  # of the one that is going on
        self._marks: list[Place] = []

    @property
    def length(self) -> int:
        """Tokens the Thinker has read."""
        return self.memory.thinker_cache.length

    @property
    def device(self) -> torch.device:
        return self._thinker.device

    # reading

    def read(self, pieces: list[EncodedPiece]) -> Tensor:
        """Read pieces behind each other, as one, PREFILL tokens at a time: every reading costs all weights' way through
        the memory. The Thinker's final hidden states [S, hidden] of the last of those."""
        hidden = torch.empty(0)
        whole_embeds, whole_spoken = torch.cat([p.embeds for p in pieces]), torch.cat([p.spoken for p in pieces])
        positions = torch.cat([p.positions for p in pieces], dim=1).split(PREFILL, dim=1)
        for embeds, spoken, at in zip(whole_embeds.split(PREFILL), whole_spoken.split(PREFILL), positions):
            hidden = self._thinker(embeds, at, self.memory.thinker_cache)
            if self._talker is not None and self.memory.talker_cache is not None:
                self._talker(hidden + spoken, at, self.memory.talker_cache)
        self.position = pieces[-1].next_position
        return hidden

    def read_pictures(self, piece: EncodedPiece, width: int) -> None:
        """Read a piece that may be forgotten before anything else; what follows it comes nearer by `width` then."""
        begin = self.here()
        self.read([piece])
        self._fresh_pictures.append(_Stretch(begin, self.length - begin.rows, width))

    def may_forget(self, begin: Place) -> None:
        """What was read since `begin` may be forgotten as one before anything else."""
        self._fresh_pictures.append(_Stretch(begin, self.length - begin.rows, self.position - begin.position))

    def settle_reply(self, items: list[Tensor], begin: Place, keep: int) -> None:
        """Make the first `keep` items of the reply that began at `begin` history: the Thinker forgets the rest, the
        Talker its codes, and reads the kept text instead."""
        self.memory.thinker_cache.truncate(begin.rows + keep)
        self.position = begin.position + keep
        if self._talker is None or self.memory.talker_cache is None:
            return
        self.memory.talker_cache.truncate(begin.rows)
        if keep:
            spoken = torch.cat(items[:keep])
            self._talker(spoken, line(begin.position, keep, self.device), self.memory.talker_cache)

    # places

    def here(self) -> Place:
        """Where the next token will stand."""
        return Place(self.length, self.position)

    def mark(self, place: Place | None = None) -> Place:
        """`here`, or a place marked before, kept right when something before it is forgotten, until `release`."""
        place = place or self.here()
        self._marks.append(place)
        return place

    def release(self, place: Place) -> None:
        """The mark is needed no more."""
        self._marks = [mark for mark in self._marks if mark is not place]

    def go_back(self, place: Place) -> None:
        """Forget everything read since the mark; both caches are as they were then, bit for bit."""
        self.memory.thinker_cache.truncate(place.rows)
        if self.memory.talker_cache is not None:
            self.memory.talker_cache.truncate(place.rows)
        self.position = place.position
        self._fresh_pictures = [s for s in self._fresh_pictures if s.begin.rows < place.rows]

    # bounds

    def begin_exchange(self) -> None:
        """What is read from here on belongs to a new question and its answer."""
        self._pictures += self._fresh_pictures
        self._fresh_pictures = []
        if not self._quick and self._past > REMEMBERED:
            while self._past > REMEMBERED * 3 // 4 and len(self._exchanges) > REMEMBERED_EXCHANGES:
                self._forget_exchange()
        self._exchanges.append(self.here())

    def cancel_exchange(self) -> None:
        """The exchange just begun has gone back to where it began."""
        self._exchanges.pop()

    def most_room(self) -> int:
        """For how many tokens there is room, if everything is forgotten that may be."""
        start = self._exchanges[0].rows if self._exchanges else self.length
        current = self._exchanges[-1].rows if self._exchanges else self.length
        forgettable = current - start + sum(stretch.rows for stretch in self._fresh_pictures)
        return max(0, self.capacity - self.length + forgettable)

    def make_room(self, tokens: int) -> None:
        """Forget as much as it takes for `tokens` more; BadInputError, and nothing forgotten, where it cannot do."""
        if tokens > (room := self.most_room()):
            raise BadInputError(
                f"This is {tokens} tokens long, but only {room} of the model's {self.capacity} are left; "
                f"shorten it or begin a new conversation."
            )
        while self.capacity - max(self.length, self.position) < tokens:
            if self._pictures:
                self._forget("pictures", self._pictures.pop(0))
            elif len(self._exchanges) > 1:
                self._forget_exchange()
            elif self._fresh_pictures:
                self._forget("pictures", self._fresh_pictures.pop(0))
            else:
                return  # positions alone run past what the model was trained on: time has gone by

    @property
    def _past(self) -> int:
        """Tokens of all exchanges."""
        return self.length - self._exchanges[0].rows if self._exchanges else 0

    def _forget_exchange(self) -> None:
        """Forget the oldest of several."""
        first, second = self._exchanges[:2]
        stretch = _Stretch(first, second.rows - first.rows, second.position - first.position)
        self._exchanges.pop(0)
        self._pictures = [s for s in self._pictures if s.begin.rows >= second.rows]
        self._forget("exchange", stretch)

    def _forget(self, what: str, stretch: _Stretch) -> None:
        begin, end = stretch.begin.rows, stretch.begin.rows + stretch.rows
        self.memory.thinker_cache.remove(begin, end, _turn_back(self._config, stretch.width, self.device))
        if self._talker is not None and self.memory.talker_cache is not None:
            turn = _turn_back(self._talker.config.decoder, stretch.width, self.device)
            self.memory.talker_cache.remove(begin, end, turn)
        self.position -= stretch.width
        others = [other.begin for other in (*self._pictures, *self._fresh_pictures)]
        for place in (*self._exchanges, *self._marks, *others):
            if place.rows >= end:
                place.rows -= stretch.rows
                place.position -= stretch.width
        self.trimmed.append(ContextTrimmed(what, stretch.rows))


def _turn_back(config: object, width: int, device: torch.device) -> tuple[Tensor, Tensor] | None:
    """Cosines and sines [head_dim] that move keys `width` positions nearer, the same in time, height and width."""
    if not width:
        return None
    size, theta = config.head_dim, config.rope_theta  # type: ignore[attr-defined]
    frequencies = 1.0 / (theta ** (torch.arange(0, size, 2, device=device).float() / size))
    angles = (-width * frequencies).repeat(2)
    return angles.cos(), angles.sin()
