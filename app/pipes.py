"""Reading from the pipe of another process of ours."""

from __future__ import annotations

from typing import IO

import numpy as np


def read_exactly(stream: IO[bytes], size: int) -> memoryview | None:
    """So many bytes, or None where the stream ends before; in memory that is not cleared first, and may be changed."""
    part = np.empty(size, np.uint8).data
    filled = 0
    while filled < size:
        count = stream.readinto(part[filled:])  # type: ignore[attr-defined]
        if not count:
            return None
        filled += count
    return part
