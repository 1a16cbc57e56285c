"""A WAV file in the loudspeaker's place, and the interface that both share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from model.errors import BadInputError, CannotRunError


class SpeechSink(Protocol):
    """Where speech goes: one reply after the other, in pieces."""

    def begin(self) -> None: ...
    def play(self, samples: np.ndarray, sample_rate: int) -> None: ...
    def finish(self) -> None: ...
    def stop(self) -> float: ...
    def close(self) -> None: ...
    @property
    def playing(self) -> bool: ...
    @property
    def played_seconds(self) -> float: ...


class WavFile:
    """Collects replies, one after the other, into a 16-bit WAV.

    Written beside its place and moved there by `close`: a command that fails leaves no half-written file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        target = self._target = self.path.resolve()  # a link stays one: what it points to is replaced
        self._part = target.with_name(f".{target.name}.{os.getpid()}.part")
        if not target.parent.is_dir():
            raise BadInputError(f"{self.path}: the folder it should be written to does not exist.")
        try:
            if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
                raise BadInputError(f"{self.path}: is no file that may be written.")  # /dev/null must not be replaced
            self._part.touch()  # told now, not after the answer has been made
        except OSError as error:
            raise BadInputError(f"{self.path}: cannot be written here ({error.strerror or error}).") from error
        self._file: soundfile.SoundFile | None = None
        self._samples = 0
        self._rate = 24_000

    def begin(self) -> None:
        """A new reply starts."""
        self._samples = 0

    def play(self, samples: np.ndarray, sample_rate: int) -> None:
        """Append a piece: float32 mono in [-1, 1]."""
        try:
            if self._file is None:
                self._file = soundfile.SoundFile(self._part, "w", sample_rate, 1, "PCM_16", format="WAV")
                self._rate = sample_rate
            self._file.write(np.clip(samples, -1.0, 1.0))
        except (OSError, soundfile.SoundFileError) as error:
            raise CannotRunError(f"{self.path}: cannot be written ({error}); is the disk full?") from error
        self._samples += len(samples)

    def finish(self) -> None:
        """A file has nothing left to play out."""

    def stop(self) -> float:
        """Everything in a file counts as heard."""
        return self.played_seconds

    @property
    def playing(self) -> bool:
        """A file never plays."""
        return False

    @property
    def played_seconds(self) -> float:
        """Seconds of this reply in the file."""
        return self._samples / self._rate

    def close(self) -> None:
        """Put the file into its place; a conversation without a word leaves an empty WAV, not none."""
        if self._file is None:
            self.play(np.zeros(0, np.float32), self._rate)
        assert self._file is not None
        self._file.close()
        os.replace(self._part, self._target)

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._file is not None:
            self._file.close()
        self._part.unlink(missing_ok=True)
