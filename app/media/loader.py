"""The parent's side of decoding: start a child, take its arrays, turn its death into one sentence.

A damaged file may crash FFmpeg in a way that no `except` sees, or make it run for ever: so nothing is decoded in the
program's own process. The child answers with a JSON line and raw arrays, which say nothing but numbers; a pickle from
a process that has just parsed a stranger's file would be an open door.
"""

from __future__ import annotations

import json
import logging
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

from app.media.kinds import MediaKind, kind_of
from model.errors import BadInputError, CannotRunError

log = logging.getLogger(__name__)

SAMPLE_RATE = 16_000  # Hz, what the model hears
DEFAULT_FPS = 2.0  # frames a second that the model sees of a video, as in its paper
MAX_FRAMES = 768  # of one video; longer ones are sampled more thinly
_SECONDS = {MediaKind.IMAGE: 60.0, MediaKind.AUDIO: 120.0, MediaKind.VIDEO: 300.0}  # patience per kind
_MAX_BYTES = 2 << 30  # of one array; what claims to be larger is not believed
_ROOT = Path(__file__).resolve().parent.parent.parent
_children: set[subprocess.Popen[bytes]] = set()  # that decode right now


@dataclass(frozen=True)
class Image:
    """A picture, upright: uint8 [H, W, 3]."""

    path: Path
    pixels: np.ndarray


@dataclass(frozen=True)
class Audio:
    """A sound: float32 mono 16 kHz."""

    path: Path
    samples: np.ndarray

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / SAMPLE_RATE


@dataclass(frozen=True)
class Video:
    """A video, upright: frames uint8 [T, H, W, 3], `fps` of them a second; its sound as in Audio, or None."""

    path: Path
    frames: np.ndarray
    fps: float
    samples: np.ndarray | None

    @property
    def seconds(self) -> float:
        """How long it lasts, to one frame."""
        return len(self.frames) / self.fps


Media = Image | Audio | Video


class NoPicturesError(BadInputError):
    """A video file with nothing but sound in it."""


class ReadingCancelled(Exception):
    """Nobody wants the file any more."""


class Reading:
    """One file while it is decoded: how far it has come, and the way to give it up, from any thread.

    Attributes:
        cancelled: whether it has been given up.
    """

    def __init__(self, on_progress: Callable[[float], None] | None = None) -> None:
        self._on_progress = on_progress
        self._child: subprocess.Popen[bytes] | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """Give it up; whoever waits for it gets ReadingCancelled."""
        self.cancelled = True
        if self._child is not None:
            self._child.kill()

    def begin(self, child: subprocess.Popen[bytes]) -> None:
        """This process decodes it."""
        self._child = child
        if self.cancelled:
            child.kill()

    def progress(self, share: float) -> None:
        """So much of it is decoded, from 0 to 1."""
        if self._on_progress is not None and not self.cancelled:
            self._on_progress(share)


def load_image(path: str | Path, reading: Reading | None = None) -> Image:
    """Decode a picture, turned the way its EXIF data says."""
    arrays, _ = _decode(MediaKind.IMAGE, path, {}, reading)
    return Image(Path(path), arrays["pixels"])


def load_audio(path: str | Path, reading: Reading | None = None) -> Audio:
    """Decode a sound file, or the sound of a video; a silent one is refused."""
    arrays, _ = _decode(MediaKind.AUDIO, path, {"rate": SAMPLE_RATE}, reading)
    return Audio(Path(path), arrays["samples"])


def load_video(
    path: str | Path,
    fps: float = DEFAULT_FPS,
    max_frames: int = MAX_FRAMES,
    sound: bool = True,
    reading: Reading | None = None,
) -> Video:
    """Decode a video: at most `fps` frames a second and `max_frames` in all, evenly spread, and its sound."""
    options = {"rate": SAMPLE_RATE, "fps": fps, "max_frames": max_frames, "sound": sound}
    arrays, header = _decode(MediaKind.VIDEO, path, options, reading)
    return Video(Path(path), arrays["frames"], float(header["fps"]), arrays.get("samples"))


def load_media(path: str | Path, reading: Reading | None = None) -> Media:
    """Decode a file as what its name says it is; a video without pictures (a voice memo in .webm) is a sound."""
    kind = kind_of(path)
    if kind is MediaKind.IMAGE:
        return load_image(path, reading)
    if kind is MediaKind.AUDIO:
        return load_audio(path, reading)
    try:
        return load_video(path, reading=reading)
    except NoPicturesError:
        return load_audio(path, reading)


def stop_decoding() -> None:
    """Give up everything that is being decoded: the program ends, and must not wait for it."""
    for child in list(_children):
        child.kill()


def _check(path: str | Path) -> Path:
    """The same as a Path, if there is a file to decode."""
    if "://" in str(path):
        raise BadInputError(f"{path}: only files on this machine can be opened, not addresses.")
    path = Path(path)
    try:
        if path.is_dir():
            raise BadInputError(f"{path.name}: is a folder, not a file.")
        if not path.exists():
            raise BadInputError(f"{path.name}: there is no such file in {path.resolve().parent}.")
        if not path.is_file():
            raise BadInputError(f"{path.name}: is not a regular file.")
        if not os.access(path, os.R_OK):
            raise BadInputError(f"{path.name}: may not be read by you.")
        if path.stat().st_size == 0:
            raise BadInputError(f"{path.name}: is empty.")
    except (OSError, ValueError) as error:  # a name that is too long, or holds a NUL
        raise BadInputError(f"{path.name}: cannot be read ({error}).") from error
    return path


def _decode(
    kind: MediaKind, path: str | Path, options: dict[str, Any], reading: Reading | None
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Run the child and return its arrays by name, and the header that came before them."""
    path = _check(path)
    command = [sys.executable, "-m", "app.media.decoder", kind.value, str(path.resolve()), json.dumps(options)]
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), environment.get("PYTHONPATH")]))
    with tempfile.TemporaryFile() as stderr:
        try:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, env=environment
            )
        except OSError as error:
            raise CannotRunError(f"The decoder could not be started ({error}).") from error
        assert child.stdout is not None
        _children.add(child)
        reading = reading or Reading()
        reading.begin(child)
        timer = threading.Timer(_SECONDS[kind], child.kill)
        timer.start()
        try:
            header = _read_header(child.stdout, reading)
            arrays = _read_arrays(child.stdout, header) if header else None
            exit_code = child.wait()
        finally:
            late = not timer.is_alive()
            timer.cancel()
            child.kill()
            child.wait()
            child.stdout.close()
            _children.discard(child)
        if reading.cancelled:
            raise ReadingCancelled(path.name)
        if header is not None and "error" in header:
            error_type = NoPicturesError if header.get("no_pictures") else BadInputError
            raise error_type(f"{path.name}: {header['error']}")
        if late:
            raise BadInputError(f"{path.name}: takes longer than {_SECONDS[kind]:.0f} seconds to decode.")
        if header is None or arrays is None or exit_code != 0:
            stderr.seek(0)
            log.warning("decoder ended with %d: %s", exit_code, stderr.read()[-2000:].decode("utf-8", "replace"))
            raise BadInputError(f"{path.name}: is damaged in a way that crashed the decoder.")
        return arrays, header


def _read_header(stream: IO[bytes], reading: Reading) -> dict[str, Any] | None:
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
        reading.progress(min(1.0, max(0.0, float(header["progress"]))))


def _read_arrays(stream: IO[bytes], header: dict[str, Any]) -> dict[str, np.ndarray] | None:
    """What the header announces, or None where less came."""
    arrays = {}
    for name, dtype, shape in header.get("arrays", []):
        if dtype not in ("uint8", "float32") or int(np.prod(shape)) * np.dtype(dtype).itemsize > _MAX_BYTES:
            return None
        array = np.empty(shape, dtype)
        view = array.reshape(-1).view(np.uint8).data
        filled = 0
        while filled < len(view):
            count = stream.readinto(view[filled:])  # type: ignore[attr-defined]
            if not count:
                return None
            filled += count
        arrays[name] = array
    return arrays
