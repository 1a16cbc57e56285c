"""Rotary positions: multimodal (time, height, width) for Thinker and Talker, two-dimensional for pictures.

`prompt_positions` is TMRoPE (paper §2.2): text and audio advance all three streams together (audio 1 per 40 ms token),
pictures spread over height and width, video over time at 25 positions a second, and a video's sound alternates with its
pictures in chunks of 2 s.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def rotary_tables(
    positions: Tensor, head_dim: int, theta: float, section: tuple[int, ...], dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Cosines and sines [S, head_dim] for positions [3, S] (time, height, width).

    The frequencies are cut into `section` (doubled, for the two halves); each piece follows its own position stream.
    """
    exponents = torch.arange(0, head_dim, 2, dtype=torch.int64, device=positions.device).float() / head_dim
    frequencies = 1.0 / (theta**exponents)
    angles = positions[:, :, None].float() * frequencies
    pieces = angles.split(list(section), dim=-1)
    mixed = torch.cat([piece[stream % 3] for stream, piece in enumerate(pieces)], dim=-1)
    doubled = torch.cat([mixed, mixed], dim=-1)
    return doubled.cos().to(dtype), doubled.sin().to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate [..., S, D] by tables [S, D]; the halves of D are the two coordinates."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


@dataclass(frozen=True)
class TextSpan:
    length: int


@dataclass(frozen=True)
class AudioSpan:
    """Tokens between audio_start and audio_end, 25 a second."""

    tokens: int


@dataclass(frozen=True)
class ImageSpan:
    """Merged grid of one picture."""

    height: int
    width: int


@dataclass(frozen=True)
class VideoSpan:
    """Merged grid of a video, `grids` temporal patches of `seconds_per_grid`; `audio_tokens` when its sound is in."""

    grids: int
    height: int
    width: int
    seconds_per_grid: float
    audio_tokens: int | None = None


Span = TextSpan | AudioSpan | ImageSpan | VideoSpan


def grid_positions(times: list[int], height: int, width: int) -> Tensor:
    """[3, len(times) * height * width]: time, row and column of each merged patch."""
    t = torch.tensor(times, dtype=torch.long).view(-1, 1, 1).expand(-1, height, width)
    h = torch.arange(height).view(1, -1, 1).expand(len(times), -1, width)
    w = torch.arange(width).view(1, 1, -1).expand(len(times), height, -1)
    return torch.stack([t.flatten(), h.flatten(), w.flatten()])


def grid_times(video: VideoSpan, per_second: int) -> list[int]:
    """Temporal position of each temporal patch, truncated as the reference does (float32)."""
    return (torch.arange(video.grids) * torch.tensor(video.seconds_per_grid).float() * per_second).long().tolist()


def chunk_lengths(times: list[int], chunk: int) -> list[int]:
    """How many of the rising `times` fall into each successive chunk.

    As in the reference at most one chunk is opened per token, so a gap longer than a chunk does not skip one.
    """
    lengths: list[int] = []
    start, boundary = 0, chunk
    for index, time in enumerate(times):
        if time >= boundary:
            lengths.append(index - start)
            start, boundary = index, boundary + chunk
    lengths.append(len(times) - start)
    return lengths


def interleave_counts(video: VideoSpan, per_second: int, chunk_seconds: int) -> list[tuple[int, int]]:
    """(video tokens, audio tokens) of each 2 s chunk of a video with its sound."""
    assert video.audio_tokens is not None
    chunk = per_second * chunk_seconds
    patch_times = [t for t in grid_times(video, per_second) for _ in range(video.height * video.width)]
    pictures = chunk_lengths(patch_times, chunk)
    sounds = chunk_lengths(list(range(video.audio_tokens)), chunk)
    count = max(len(pictures), len(sounds))
    pictures += [0] * (count - len(pictures))
    sounds += [0] * (count - len(sounds))
    return list(zip(pictures, sounds))


def span_positions(span: Span, start: int, per_second: int, chunk_seconds: int) -> tuple[Tensor, int]:
    """Positions [3, S] of one span that starts at `start`, and the position that follows it.

    Picture, video and audio spans include their start and end markers; a video with sound has both pairs, each sharing
    one position.
    """

    def line(length: int, at: int) -> Tensor:
        return (torch.arange(length) + at).expand(3, -1)

    if isinstance(span, TextSpan):
        return line(span.length, start), start + span.length
    if isinstance(span, AudioSpan):
        return line(span.tokens + 2, start), start + span.tokens + 2
    if isinstance(span, ImageSpan):
        body = grid_positions([0], span.height, span.width) + start + 1
        after = int(body.max()) + 1
        return torch.cat([line(1, start), body, line(1, after)], dim=1), after + 1
    pictures = grid_positions(grid_times(span, per_second), span.height, span.width) + start + 1
    if span.audio_tokens is None:
        after = int(pictures.max()) + 1
        return torch.cat([line(1, start), pictures, line(1, after)], dim=1), after + 1
    sounds = line(span.audio_tokens, start + 1)
    pieces = [line(1, start), line(1, start)]
    seen_pictures = seen_sounds = 0
    for picture_count, sound_count in interleave_counts(span, per_second, chunk_seconds):
        if picture_count:
            pieces.append(pictures[:, seen_pictures : seen_pictures + picture_count])
        if sound_count:
            pieces.append(sounds[:, seen_sounds : seen_sounds + sound_count])
        seen_pictures += picture_count
        seen_sounds += sound_count
    # the reference continues from the last appended chunk, not from the largest position so far
    after = int(pieces[-1].max()) + 1
    pieces += [line(1, after), line(1, after)]
    return torch.cat(pieces, dim=1), after + 1
