"""A film while it is read: pairs of frames and their sound, a few seconds at a time, however long it is.

Frames are scaled, looked at and read in groups, so memory does not grow with the film. What does not fit into the
context as a whole is watched in a window: all of its sound is kept, and of its pictures the newest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from model.bounds import PATCHES, PREFILL
from model.context import Context
from model.lanes import Lane, Pending, to_device
from model.prompt.pieces import EncodedPiece, VideoPiece, piece_length, span_of
from model.rope import VideoSpan, interleave_counts, span_positions
from model.thinker.vision_encoder import PatchGrid

if TYPE_CHECKING:
    from model.engine import Engine


def watch(engine: Engine, context: Context, piece: VideoPiece) -> None:
    """Read a film behind what the context holds; BadInputError, and nothing read, where not even its sound fits."""
    film = _Film(engine, context, piece)
    whole = film.tokens + 1 <= context.most_room()
    context.make_room(film.tokens + 1 if whole else film.kept_tokens)
    begin = context.mark()
    film.read(begin.position, lambda: begin.position, bounded=not whole)
    context.release(begin)
    if whole and piece.mel is None:
        context.may_forget(begin)  # as one: what follows comes nearer by all of it


class _Film:
    def __init__(self, engine: Engine, context: Context, piece: VideoPiece) -> None:
        self._thinker, self._context, self._piece = engine.thinker, context, piece
        self._config = engine.config.thinker
        merge = self._config.vision.spatial_merge_size
        span = span_of(piece, merge)
        assert isinstance(span, VideoSpan)
        self._span, self.tokens = span, piece_length(piece, merge)
        self._chunks = self._cut()
        self._lane = engine.encoders
        self._dtype = self._thinker.model.norm.weight.dtype

    @property
    def kept_tokens(self) -> int:
        """What must fit at least: the sound, the markers, and the pictures of one chunk."""
        return (self._span.audio_tokens or 0) + max(pictures for pictures, _ in self._chunks) + 8

    def read(self, start: int, moved: Callable[[], int], bounded: bool) -> None:
        """Markers, chunks, markers. `moved` tells where `start` is now, when older things were forgotten meanwhile."""
        config, tokens = self._config, self._config.tokens
        positions, following = span_positions(
            self._span, start, config.position_id_per_seconds, config.seconds_per_chunk
        )
        sound = self._piece.mel is not None
        opening = [tokens.vision_start, tokens.audio_start] if sound else [tokens.vision_start]
        closing = [tokens.audio_end, tokens.vision_end] if sound else [tokens.vision_end]
        eye, ear = _Rows(self._seen(), self._lane), _Rows(self._heard(), self._lane)
        done = 0

        def take(count: int) -> Tensor:
            nonlocal done
            done += count
            return (positions[:, done - count : done] + (moved() - start)).to(self._context.device)

        self._read_text(opening, take(len(opening)))
        for pictures, sounds in self._chunks:
            if bounded:
                self._context.make_room(pictures + sounds + len(closing) + 1)
            if pictures:
                self._read(eye.take(pictures), take(pictures), forgettable=bounded or sound)
            if sounds:
                self._read(ear.take(sounds), take(sounds))
        self._read_text(closing, take(len(closing)))
        self._context.position = following + moved() - start

    def _cut(self) -> list[tuple[int, int]]:
        """Tokens of (pictures, sound) that are read together."""
        span, config = self._span, self._config
        if span.audio_tokens is not None:
            return interleave_counts(span, config.position_id_per_seconds, config.seconds_per_chunk)
        pair = span.height * span.width
        together = max(1, PREFILL // pair)
        return [(min(together, span.grids - at) * pair, 0) for at in range(0, span.grids, together)]

    def _seen(self) -> Iterator[Callable[[], Tensor]]:
        """What makes the pictures' embeddings, some pairs at a time."""
        grid = self._piece.grid
        together = max(1, PATCHES // (grid.rows * grid.columns))
        for first in range(0, grid.pairs, together):
            last = min(grid.pairs, first + together)
            yield partial(self._look, first, last)

    def _look(self, first: int, last: int) -> Tensor:
        grid = self._piece.grid
        patches = to_device(self._piece.pairs(first, last), self._context.device)
        seen: Tensor = self._thinker.visual(patches, PatchGrid(last - first, grid.rows, grid.columns))
        return seen.to(self._dtype)

    def _heard(self) -> Iterator[Callable[[], Tensor]]:
        """What makes the sound's embeddings, some blocks at a time."""
        if self._piece.mel is None:
            return
        tower = self._thinker.audio_tower
        mel = self._piece.mel.to(tower.conv1.weight.dtype)
        for part in mel.split(tower.together * tower.block_frames, dim=1):
            yield partial(self._listen, part)

    def _listen(self, mel: Tensor) -> Tensor:
        heard: Tensor = self._thinker.audio_tower(to_device(mel, self._context.device))
        return heard.to(self._dtype)

    def _read(self, rows: Tensor, positions: Tensor, forgettable: bool = False) -> None:
        piece = EncodedPiece(rows, torch.zeros_like(rows), positions, int(positions.max()) + 1)
        if forgettable:
            self._context.read_pictures(piece, 0)
        else:
            self._context.read([piece])

    def _read_text(self, ids: list[int], positions: Tensor) -> None:
        embeds = self._thinker.embed(torch.tensor(ids, device=self._context.device))
        self._context.read([EncodedPiece(embeds, embeds, positions, int(positions.max()) + 1)])


class _Rows:
    """Rows from tensors that come one after the other, by number. The next tensor is begun on the lane as soon as the
    one before is taken, so that it is made while that one is read."""

    def __init__(self, source: Iterator[Callable[[], Tensor]], lane: Lane) -> None:
        self._source, self._lane = source, lane
        self._coming: Pending[Tensor] | None = None
        self._rest: Tensor | None = None
        self._begin()

    def _begin(self) -> None:
        work = next(self._source, None)
        self._coming = None if work is None else self._lane.submit(work)

    def take(self, count: int) -> Tensor:
        """The next `count` rows."""
        parts = []
        while count:
            if self._rest is None or not len(self._rest):
                assert self._coming is not None
                self._rest = self._coming.result()
                self._begin()
            parts.append(self._rest[:count])
            self._rest = self._rest[count:]
            count -= len(parts[-1])
        return torch.cat(parts)
