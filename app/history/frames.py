"""What a camera or a screen showed, in the database: JPEG of so high a quality that nobody sees a difference."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

_QUALITY = 95


def encode(frame: np.ndarray) -> bytes:
    """A frame, uint8 RGB [H, W, 3], as a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(np.asarray(frame)).save(file, "JPEG", quality=_QUALITY, subsampling=0)
    return file.getvalue()


def decode(picture: bytes) -> np.ndarray:
    """Uint8 RGB [H, W, 3]; raises OSError where the file has been damaged."""
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
