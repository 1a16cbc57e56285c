"""What a prompt is made of, and how it becomes Thinker inputs: ids, embeddings and TMRoPE positions, piece by piece.

A prompt only ever grows at its end, so every piece can be encoded when it arrives and is never touched again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from model.lanes import to_device
from model.rope import AudioSpan, ImageSpan, Span, TextSpan, VideoSpan, span_positions
from model.thinker.audio_encoder import audio_tokens
from model.thinker.thinker import Thinker
from model.thinker.vision_encoder import PatchGrid


@dataclass(frozen=True)
class TextPiece:
    ids: list[int]


@dataclass(frozen=True)
class AudioPiece:
    """Log-mel frames [bins, T], 100 a second."""

    mel: Tensor


@dataclass(frozen=True)
class ImagePiece:
    patches: Tensor
    grid: PatchGrid


@dataclass(frozen=True)
class VideoPiece:
    """Frame pairs, one every `seconds_per_pair`; `pairs(first, last)` makes the patches of some of them, so that a long
    film is never there as a whole. `mel` is the sound track when it is listened to."""

    pairs: Callable[[int, int], Tensor]
    grid: PatchGrid
    seconds_per_pair: float
    mel: Tensor | None = None


@dataclass(frozen=True)
class HeardPiece:
    """Sound that the ear has told already: [S, hidden]."""

    rows: Tensor


Piece = TextPiece | AudioPiece | HeardPiece | ImagePiece | VideoPiece


@dataclass(frozen=True)
class EncodedPiece:
    """Inputs of one piece: `embeds` [S, hidden] for the Thinker; `spoken` [S, hidden] is the part of them that the
    Talker adds to the Thinker's hidden states, zero where the input was heard or seen; `positions` [3, S]. What is
    `forgettable` goes first when the context is full."""

    embeds: Tensor
    spoken: Tensor
    positions: Tensor
    next_position: int
    forgettable: bool = False


def span_of(piece: Piece, merge: int) -> Span:
    """The piece's shape as TMRoPE sees it."""
    if isinstance(piece, TextPiece):
        return TextSpan(len(piece.ids))
    if isinstance(piece, AudioPiece):
        return AudioSpan(audio_tokens(piece.mel.shape[1]))
    if isinstance(piece, HeardPiece):
        return AudioSpan(len(piece.rows))
    rows, columns = piece.grid.rows // merge, piece.grid.columns // merge
    if isinstance(piece, ImagePiece):
        return ImageSpan(rows, columns)
    sound = None if piece.mel is None else audio_tokens(piece.mel.shape[1])
    return VideoSpan(piece.grid.pairs, rows, columns, piece.seconds_per_pair, sound)


def piece_length(piece: Piece, merge: int) -> int:
    """Tokens of a piece, its markers included, known before anything is encoded; of sound whose silence takes no room
    (`hear`), when it has been heard."""
    span = span_of(piece, merge)
    if isinstance(span, TextSpan):
        return span.length
    if isinstance(span, AudioSpan):
        return span.tokens + 2
    if isinstance(span, ImageSpan):
        return span.height * span.width + 2
    pictures = span.grids * span.height * span.width
    return pictures + 2 if span.audio_tokens is None else pictures + span.audio_tokens + 4


def hear(thinker: Thinker, piece: AudioPiece) -> HeardPiece:
    """What the ear says of sound beside which nothing is seen: of nano's the words alone (decision 0016)."""
    tower = thinker.audio_tower
    return HeardPiece(tower(piece.mel.to(thinker.device, tower.conv1.weight.dtype), alone=True))


def encode_piece(thinker: Thinker, piece: TextPiece | AudioPiece | HeardPiece | ImagePiece, start: int) -> EncodedPiece:
    """Embed, hear or see one piece that begins at position `start`; films are read by `model.film`."""
    if isinstance(piece, AudioPiece):
        piece = hear(thinker, piece)
    config = thinker.config
    device = thinker.device
    span = span_of(piece, config.vision.spatial_merge_size)

    def text(*ids: int) -> Tensor:
        return thinker.embed(torch.tensor(ids, dtype=torch.long, device=device))

    tokens = config.tokens
    if isinstance(piece, TextPiece):
        parts, opening, closing = [], list(piece.ids), []
    elif isinstance(piece, HeardPiece):
        parts = [piece.rows]
        opening, closing = [tokens.audio_start], [tokens.audio_end]
    else:
        parts = [thinker.visual(to_device(piece.patches, device), piece.grid)]
        opening, closing = [tokens.vision_start], [tokens.vision_end]
    positions, following = span_positions(span, start, config.position_id_per_seconds, config.seconds_per_chunk)
    first, last = text(*opening), text(*closing)
    sensed = [part.to(first.dtype) for part in parts]
    embeds = torch.cat([first, *sensed, last])
    spoken = torch.cat([first, *(torch.zeros_like(part) for part in sensed), last])
    return EncodedPiece(embeds, spoken, positions.to(device), following, forgettable=isinstance(piece, ImagePiece))
