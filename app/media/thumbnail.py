"""A small picture of a file for the window; made on the thread that reads, so that the window only shows it."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pillow

from app.media.loader import Audio, Image, Media, Video

_LARGEST = 360  # pixels of the longer side: sharp on a screen with two pixels a point


def thumbnail(media: Media) -> np.ndarray | None:
    """Uint8 [H, W, 3], or None for a sound; of a video, the frame a third of the way in."""
    match media:
        case Image(_, pixels):
            return _small(pixels)
        case Video(_, frames):
            return _small(frames[len(frames) // 3])
        case Audio():
            return None


def _small(pixels: np.ndarray) -> np.ndarray:
    picture = Pillow.fromarray(pixels)
    picture.thumbnail((_LARGEST, _LARGEST), Pillow.Resampling.BILINEAR, reducing_gap=2.0)
    return np.array(picture)
