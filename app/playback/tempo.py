"""Speech faster or slower at the same pitch, in a stream: FFmpeg's `atempo` filter, which PyAV brings."""

from __future__ import annotations

from typing import Any

import numpy as np

SLOWEST, FASTEST = 0.5, 2.0  # of the voice's own tempo; beyond that speech falls apart


class Tempo:
    """One recording: `stretch` its pieces, then `end`. Holds back up to 0.1 s; costs 2 ms for 2 s of speech."""

    def __init__(self, tempo: float, sample_rate: int) -> None:
        import av  # not at the top: most people hear the voice as it is, and FFmpeg takes a while to load

        self._av: Any = av
        self._rate, self._samples = sample_rate, 0
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(format="flt", sample_rate=sample_rate, layout="mono")
        parts = [
            self._graph.add("atempo", str(min(FASTEST, max(SLOWEST, tempo)))),
            self._graph.add("aformat", "sample_fmts=flt:channel_layouts=mono"),
            self._graph.add("abuffersink"),
        ]
        self._graph.link_nodes(source, *parts).configure()

    def stretch(self, samples: np.ndarray) -> np.ndarray:
        """What can be played of it and what was held back: float32 mono, maybe empty."""
        if not len(samples):
            return samples
        frame = self._av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None], np.float32), "flt", "mono")
        frame.sample_rate, frame.pts = self._rate, self._samples
        self._samples += len(samples)
        self._graph.push(frame)
        return self._pull()

    def end(self) -> np.ndarray:
        """The rest."""
        self._graph.push(None)
        return self._pull()

    def _pull(self) -> np.ndarray:
        pieces: list[np.ndarray] = [np.zeros(0, np.float32)]
        while True:
            try:
                frame = self._graph.pull()
            except (self._av.BlockingIOError, self._av.EOFError):
                return np.concatenate(pieces)
            pieces.append(frame.to_ndarray().reshape(-1).copy())
