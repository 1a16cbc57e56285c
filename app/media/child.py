"""A process that decodes, and the one that waits for the next picture.

To start one takes longer than most pictures do, so it reads picture after picture. It is trusted with another one only
after a good one: whatever a broken file may have done to it ends with it.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from app.pipes import read_exactly
from model.errors import CannotRunError

_MAX_BYTES = 2 << 30  # of one array; what claims to be larger is not believed
_PATIENCE = 10.0  # seconds that one waits for a picture
_ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Answer:
    """What came of a file: `header` says more about the arrays, or has the "error"."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]


class Child:
    """One process; CannotRunError if it cannot be started."""

    def __init__(self) -> None:
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), environment.get("PYTHONPATH")]))
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app.media.decoder"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=environment,
            )
        except OSError as error:
            self._stderr.close()
            raise CannotRunError(f"The decoder could not be started ({error}).") from error

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def decode(
        self, kind: str, path: Path, options: dict[str, Any], on_progress: Callable[[float], None]
    ) -> Answer | None:
        """Have it decode a file, and wait; None if it dies of it or talks nonsense."""
        assert self._process.stdin is not None and self._process.stdout is not None
        request = {"kind": kind, "path": str(path), "options": options}
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return None  # it has died before it was asked
        header = _read_header(self._process.stdout, on_progress)
        arrays = None if header is None else _read_arrays(self._process.stdout, header)
        return None if header is None or arrays is None else Answer(header, arrays)

    def kill(self) -> None:
        """From any thread: whoever waits for it gets None."""
        self._process.kill()

    def end(self) -> str:
        """Its end, and what it had to say about that."""
        self.kill()
        code = self._process.wait()
        self._stderr.seek(0)
        words = self._stderr.read()[-2000:].decode("utf-8", "replace")
        self._stderr.close()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except OSError:
                continue  # what it was asked has never reached it
        return f"{code}: {words}"


class Waiting:
    """The process that waits for the next picture, if there is one; for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._timer: threading.Timer | None = None
        atexit.register(self.end)

    def take(self) -> Child | None:
        """It, and nobody else gets it."""
        with self._lock:
            child, self._child = self._child, None
            if self._timer is not None:
                self._timer.cancel()
        if child is not None and not child.alive:
            child.end()
            return None
        return child

    def keep(self, child: Child) -> None:
        """Let it wait, for a while."""
        with self._lock:
            before, self._child = self._child, child
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(_PATIENCE, self.end)
            self._timer.daemon = True
            self._timer.start()
        if before is not None:
            before.end()

    def end(self) -> None:
        """Nobody waits any more."""
        child = self.take()
        if child is not None:
            child.end()


def _read_header(stream: IO[bytes], on_progress: Callable[[float], None]) -> dict[str, Any] | None:
    """The line before the arrays; lines before it tell how far the decoder has come."""
    while True:
        line = stream.readline(1 << 16)
        try:
            header = json.loads(line)
        except ValueError:
            return None
        if not isinstance(header, dict):
            return None
        if "progress" not in header:
            return header
        on_progress(min(1.0, max(0.0, float(header["progress"]))))


def _read_arrays(stream: IO[bytes], header: dict[str, Any]) -> dict[str, np.ndarray] | None:
    """What the header announces, or None where less came."""
    arrays = {}
    for name, dtype, shape in header.get("arrays", []):
        if dtype not in ("uint8", "float32") or int(np.prod(shape)) * np.dtype(dtype).itemsize > _MAX_BYTES:
            return None
        data = read_exactly(stream, int(np.prod(shape)) * np.dtype(dtype).itemsize)
        if data is None:
            return None
        arrays[name] = np.asarray(data).view(dtype).reshape(shape)
    return arrays
