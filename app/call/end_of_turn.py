"""Does what was said sound complete? Smart Turn v3.2 by Daily, through onnxruntime alone (assets/turn, assets/NOTICE).

It hears the melody of the last eight seconds and was taught on clips that end 0.2 s after the voice: that is when it is
to be asked. With more silence behind it, everything sounds complete.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from model.prompt.mel_filters import slaney_filters

MODEL_FILE = Path(__file__).resolve().parents[2] / "assets" / "turn" / "smart-turn-v3.2-cpu.onnx"
RATE = 16_000
_SAMPLES = 8 * RATE
_WINDOW, _HOP, _BINS = 400, 160, 80  # Whisper's front end


@lru_cache(maxsize=1)
def _session() -> Any:
    import onnxruntime  # takes 0.1 s: paid by the first call, not by every start of the program

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(MODEL_FILE), options, providers=["CPUExecutionProvider"])


class EndOfTurn:
    """The network; takes about 0.1 s of one core each time it is asked."""

    def __init__(self) -> None:
        self._session = _session()

    def probability(self, samples: np.ndarray) -> float:
        """How likely the person is done, in [0, 1], from float32 mono 16 kHz that ends 0.2 s after their voice."""
        said = np.zeros(_SAMPLES, np.float32)
        last = samples[-_SAMPLES:]
        said[_SAMPLES - len(last) :] = last
        outputs = self._session.run(None, {"input_features": log_mel(said)[None]})
        return float(np.asarray(outputs[0]).reshape(-1)[0])


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Float32 [80, N / 160] of float32 [N], of zero mean and unit variance as the network wants it."""
    even = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    padded = np.pad(even.astype(np.float64), _WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][: len(samples) // _HOP]
    power = np.abs(np.fft.rfft(frames * _hann(), axis=-1)) ** 2
    decades = np.log10(np.maximum(power @ _filters(), 1e-10)).T
    return ((np.maximum(decades, decades.max() - 8.0) + 4.0) / 4.0).astype(np.float32)


@lru_cache(maxsize=1)
def _hann() -> np.ndarray:
    return np.hanning(_WINDOW + 1)[:-1]


@lru_cache(maxsize=1)
def _filters() -> np.ndarray:
    return slaney_filters(_BINS, _WINDOW // 2 + 1, RATE, RATE / 2)
