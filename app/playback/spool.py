"""Recordings that nobody is adding to any more rest on disk, in files without a name that end with the program.

A long conversation is hundreds of megabytes of speech; mapped into memory it takes none until somebody plays it.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)


def to_disk(pieces: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    """The same samples as one float32 array, read only and mapped from a file in `folder`; as one piece in memory where
    there is no disk to write to."""
    return _map([np.ascontiguousarray(piece, np.float32) for piece in pieces], folder, (-1,)) if pieces else pieces


def _map(pieces: list[np.ndarray], folder: Path, shape: tuple[int, ...]) -> list[np.ndarray]:
    """One array behind the other, without a copy in between: many such copies would leave memory in splinters."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:  # its name is gone already, the mapping keeps what is in it
            for piece in pieces:
                file.write(piece.reshape(-1).data)
            file.flush()
            return [np.asarray(np.memmap(file, pieces[0].dtype, "r")).reshape(shape)]
    except OSError as error:
        log.warning("a recording stays in memory: %s", error)
        return [np.concatenate([piece.reshape(-1) for piece in pieces]).reshape(shape)]


def frames_to_disk(frames: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    """Frames uint8 [H, W, 3], read only and mapped from files in `folder`."""
    return [_map([np.ascontiguousarray(frame)], folder, frame.shape)[0] for frame in frames]
