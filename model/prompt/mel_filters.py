"""The triangles of a mel spectrogram. numpy alone: the window's process hears with them too, and loads no torch."""

from __future__ import annotations

import numpy as np


def slaney_filters(bins: int, frequencies: int, rate: int, highest: float) -> np.ndarray:
    """Area-normalised triangles on the Slaney mel scale from 0 Hz, float64 [frequencies, bins]."""

    def to_mel(hertz: np.ndarray) -> np.ndarray:
        linear = hertz * 3 / 200
        return np.where(hertz < 1000, linear, 15 + np.log(np.maximum(hertz, 1e-9) / 1000) * 27 / np.log(6.4))

    def to_hertz(mel: np.ndarray) -> np.ndarray:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))

    corners = to_hertz(np.linspace(0.0, float(to_mel(np.array(highest))), bins + 2))
    points = np.linspace(0, rate / 2, frequencies)[:, None]
    rise = (points - corners[:-2]) / (corners[1:-1] - corners[:-2])
    fall = (corners[2:] - points) / (corners[2:] - corners[1:-1])
    return np.maximum(0, np.minimum(rise, fall)) * (2 / (corners[2:] - corners[:-2]))
