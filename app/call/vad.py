"""Is this speech? Silero's voice activity detector through onnxruntime alone: the window's process loads no torch."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

FRAME = 512  # samples at 16 kHz, 32 ms
FRAME_SECONDS = FRAME / 16_000
_CONTEXT = 64  # samples of the frame before, which the network wants to see again
_STATE = (2, 1, 128)


def model_file() -> Path:
    """The network inside the silero_vad package, found without importing the package (that would import torch)."""
    spec = importlib.util.find_spec("silero_vad")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("the silero-vad package is not installed")
    return Path(spec.submodule_search_locations[0]) / "data" / "silero_vad.onnx"


@lru_cache(maxsize=1)
def _session() -> Any:
    import onnxruntime  # takes 0.1 s: paid by the first call, not by every start of the program

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model_file()), options, providers=["CPUExecutionProvider"])


class VoiceDetector:
    """Speech probability of one stream, frame by frame."""

    def __init__(self) -> None:
        self._session = _session()
        self.reset()

    def reset(self) -> None:
        """Forget the stream so far."""
        self._state = np.zeros(_STATE, np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)

    def probability(self, frame: np.ndarray) -> float:
        """How likely the 512 samples (float32, 16 kHz) hold speech, in [0, 1]."""
        if len(frame) != FRAME:
            raise ValueError(f"a frame has {FRAME} samples, not {len(frame)}")
        window = np.concatenate([self._context, frame.astype(np.float32, copy=False)])
        self._context = window[-_CONTEXT:]
        inputs = {"input": window[None], "state": self._state, "sr": np.array(16_000, np.int64)}
        probability, self._state = self._session.run(None, inputs)
        return float(probability[0, 0])
