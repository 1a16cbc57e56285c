"""At what size the model sees a picture. Knows no tensor: whoever draws over a picture what the model says of it needs
this too, because the model's coordinates are those of what it saw."""

from __future__ import annotations

import math

from model.errors import BadInputError

_MAX_ASPECT = 200


def fit(height: int, width: int, least: int, most: int, factor: int = 28) -> tuple[int, int]:
    """The size nearest to the picture's own whose sides are multiples of `factor` and whose area is within limits."""
    if min(height, width) < 1:
        raise BadInputError(f"A picture of {width}×{height} pixels shows nothing.")
    if max(height, width) / min(height, width) > _MAX_ASPECT:
        raise BadInputError(f"A picture of {width}×{height} pixels is too long and thin to be seen.")
    rows = max(factor, round(height / factor) * factor)
    columns = max(factor, round(width / factor) * factor)
    if rows * columns > most:
        shrink = math.sqrt(height * width / most)
        rows = max(factor, math.floor(height / shrink / factor) * factor)
        columns = max(factor, math.floor(width / shrink / factor) * factor)
    elif rows * columns < least:
        grow = math.sqrt(least / (height * width))
        rows = math.ceil(height * grow / factor) * factor
        columns = math.ceil(width * grow / factor) * factor
    return rows, columns
