"""Recordings that nobody is adding to any more rest on disk, in files without a name that end with the program.

A long conversation is hundreds of megabytes of speech; mapped into memory it takes none until somebody plays it. Many
recordings share a file: a mapping keeps its file open, and a process may have a thousand open files, fewer than a day
has turns. A file goes once nothing of it is needed any more.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)

_SIZE = 64 << 20  # bytes of a file; what is not written takes no room, what is longer than half has its own
_ALIGNED = 64  # bytes


class _File:
    """One file, mapped as a whole, written from its beginning to its end."""

    def __init__(self, folder: Path, size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 its name is gone already; open while it is written
        self._file.truncate(size)
        self._mapped = np.memmap(self._file, np.uint8, "r", shape=(size,))
        self._used = 0

    @property
    def room(self) -> int:
        """Bytes that still fit."""
        return len(self._mapped) - self._used

    def add(self, pieces: list[np.ndarray]) -> np.ndarray:
        """One array behind the other, without a copy in between: many such copies would leave memory in splinters."""
        begin = self._used
        self._file.seek(begin)
        for piece in pieces:
            self._file.write(piece.reshape(-1).data)
        self._file.flush()
        end = self._file.tell()
        self._used = -(-end // _ALIGNED) * _ALIGNED
        return np.asarray(self._mapped[begin:end]).view(pieces[0].dtype)


class _Open:
    """The file in each folder that still has room."""

    lock = threading.Lock()
    files: dict[Path, _File] = {}  # noqa: RUF012


def to_disk(pieces: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    """The same samples as one float32 array, read only and mapped from a file in `folder`; as one piece in memory where
    there is no disk to write to."""
    return [_map([np.ascontiguousarray(piece, np.float32) for piece in pieces], folder)] if pieces else pieces


def frames_to_disk(frames: list[np.ndarray], folder: Path) -> list[np.ndarray]:
    """Frames uint8 [H, W, 3], read only and mapped from files in `folder`."""
    return [_map([np.ascontiguousarray(frame)], folder).reshape(frame.shape) for frame in frames]


def _map(pieces: list[np.ndarray], folder: Path) -> np.ndarray:
    size = sum(piece.nbytes for piece in pieces)
    try:
        if size > _SIZE // 2:
            return _File(folder, size).add(pieces)
        with _Open.lock:
            file = _Open.files.get(folder)
            if file is None or file.room < size:
                file = _Open.files[folder] = _File(folder, _SIZE)
            return file.add(pieces)
    except OSError as error:
        log.warning("a recording stays in memory: %s", error)
        return np.concatenate([piece.reshape(-1) for piece in pieces])
