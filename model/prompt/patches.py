"""Pictures and video frames → the patches that the eye reads, at a resolution near their own (paper §2.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from model.prompt.picture_size import fit
from model.thinker.vision_encoder import PatchGrid


@dataclass(frozen=True)
class PatchFrontEnd:
    """Limits are in pixels a frame; the official checkpoint's values by default (preprocessor_config.json)."""

    patch_size: int = 14
    temporal_patch_size: int = 2
    merge_size: int = 2
    image_min_pixels: int = 56 * 56
    image_max_pixels: int = 28 * 28 * 16384
    video_min_pixels: int = 128 * 28 * 28
    video_max_pixels: int = 768 * 28 * 28
    video_total_pixels: int = int(128000 * 28 * 28 * 0.9)
    mean: tuple[float, ...] = (0.48145466, 0.4578275, 0.40821073)
    std: tuple[float, ...] = (0.26862954, 0.26130258, 0.27577711)

    def image(self, pixels: np.ndarray) -> tuple[Tensor, PatchGrid]:
        """uint8 [H, W, 3] → patches [rows * columns, 3 * 2 * 14 * 14] and their grid; a still picture fills a pair."""
        height, width = self.fit(pixels.shape[0], pixels.shape[1], self.image_min_pixels, self.image_max_pixels)
        return self.patches(_resize(pixels, height, width)[None])

    def video(self, frames: np.ndarray) -> tuple[Callable[[int, int], Tensor], PatchGrid]:
        """uint8 [T, H, W, 3] → what makes the patches of pairs `first` to `last`, and the grid of all; an odd last
        frame is shown twice."""
        share = self.video_total_pixels / len(frames) * self.temporal_patch_size
        most = int(max(min(self.video_max_pixels, share), self.video_min_pixels * 1.05))
        height, width = self.fit(frames.shape[1], frames.shape[2], self.video_min_pixels, most)
        together = self.temporal_patch_size

        def pairs(first: int, last: int) -> Tensor:
            some = frames[first * together : last * together]
            return self.patches(np.stack([_resize(frame, height, width) for frame in some]))[0]

        count = -(-len(frames) // together)
        return pairs, PatchGrid(count, height // self.patch_size, width // self.patch_size)

    def pair(self, first: np.ndarray, second: np.ndarray, like: PatchGrid | None = None) -> tuple[Tensor, PatchGrid]:
        """Two frames of a camera, uint8 [H, W, 3] → patches and grid: that of the pair before, or the frames' own."""
        if like is not None:
            height, width = like.rows * self.patch_size, like.columns * self.patch_size
        else:
            height, width = self.fit(first.shape[0], first.shape[1], self.video_min_pixels, self.video_max_pixels)
        return self.patches(np.stack([_resize(frame, height, width) for frame in (first, second)]))

    def fit(self, height: int, width: int, least: int, most: int) -> tuple[int, int]:
        """The size nearest to the picture's own whose sides are multiples of 28 and whose area is within limits."""
        return fit(height, width, least, most, self.patch_size * self.merge_size)

    def patches(self, frames: np.ndarray) -> tuple[Tensor, PatchGrid]:
        """Frames uint8 [T, H, W, 3] whose sides are multiples of 28, as they are → patches and grid."""
        short = -len(frames) % self.temporal_patch_size
        if short:
            frames = np.concatenate([frames, np.repeat(frames[-1:], short, axis=0)])
        scaled = torch.from_numpy(frames).float() / 255.0
        scaled = (scaled - torch.tensor(self.mean)) / torch.tensor(self.std)
        pairs = len(frames) // self.temporal_patch_size
        rows, columns = frames.shape[1] // self.patch_size, frames.shape[2] // self.patch_size
        merge, patch = self.merge_size, self.patch_size
        blocks = scaled.permute(0, 3, 1, 2).reshape(
            pairs, self.temporal_patch_size, 3, rows // merge, merge, patch, columns // merge, merge, patch
        )
        flat = blocks.permute(0, 3, 6, 4, 7, 2, 1, 5, 8).reshape(pairs * rows * columns, -1)
        return flat, PatchGrid(pairs, rows, columns)


def _resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    if pixels.shape[:2] == (height, width):
        return pixels
    resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(resized)
