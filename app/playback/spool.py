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
    return _map(np.concatenate(pieces).astype(np.float32, copy=False), folder) if pieces else pieces


def _map(array: np.ndarray, folder: Path) -> list[np.ndarray]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:  # its name is gone already, the mapping keeps what is in it
            file.write(array.tobytes())
            file.flush()
            return [np.asarray(np.memmap(file, array.dtype, "r", shape=array.shape))]
    except OSError as error:
        log.warning("a recording stays in memory: %s", error)
        return [array]


def frames_to_disk(frames: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    """Frames uint8 [H, W, 3], read only and mapped from files in `folder`."""
    return [frame for one in frames for frame in _map(one, folder)]
