"""Products of a few rows with 8-bit weights on a processor: weights are read once, in order, at the pace of the memory.

torch's `_weight_int8pack_mm` reads weights that are not in a cache at a third of that pace (4.7 of 13.5 GB/s on one
AVX2 core), so two of its threads are slower than one of these; from three on it is the faster one. Compiled when this
module is first imported on a machine, which takes a second; numba keeps the result.
"""

from __future__ import annotations

import numpy as np
import torch
from numba import njit
from torch import Tensor


@njit("(float32[:, ::1], int8[:, ::1], float32[::1], float32[:, ::1])", fastmath=True, nogil=True, cache=True)
def _multiply(rows: np.ndarray, levels: np.ndarray, scales: np.ndarray, out: np.ndarray) -> None:
    outputs, inputs = levels.shape
    for i in range(outputs):
        for r in range(rows.shape[0]):
            total = np.float32(0.0)
            for j in range(inputs):
                total += np.float32(levels[i, j]) * rows[r, j]
            out[r, i] = total * scales[i]


def product(rows: Tensor, levels: Tensor, scales: Tensor) -> Tensor:
    """Float32 [R, in] times int8 [out, in] with a scale [out] for each output → float32 [R, out]."""
    out = torch.empty(len(rows), len(levels))
    _multiply(rows.contiguous().numpy(), levels.numpy(), scales.numpy(), out.numpy())
    return out
