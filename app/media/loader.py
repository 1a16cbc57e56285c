"""The parent's side of decoding: start a child, take its arrays, turn its death into one sentence.

A damaged file may crash FFmpeg in a way that no `except` sees, or make it run for ever: so nothing is decoded in the
program's own process. The child answers with a JSON line and raw arrays, which say nothing but numbers; a pickle from
a process that has just parsed a stranger's file would be an open door.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.media.child import Answer, Child, Waiting
from app.media.kinds import MediaKind, kind_of
from model.errors import BadInputError

log = logging.getLogger(__name__)

SAMPLE_RATE = 16_000  # Hz, what the model hears
DEFAULT_FPS = 2.0  # frames a second that the model sees of a video, as in its paper
MAX_FRAMES = 768  # of one video; longer ones are sampled more thinly
_SECONDS = {MediaKind.IMAGE: 60.0, MediaKind.AUDIO: 120.0, MediaKind.VIDEO: 300.0}  # patience per kind
_children: set[Child] = set()  # that decode right now
_waiting = Waiting()


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
        self._child: Child | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """Give it up; whoever waits for it gets ReadingCancelled."""
        self.cancelled = True
        child = self._child
        if child is not None:
            child.kill()

    def begin(self, child: Child) -> None:
        """This process decodes it."""
        self._child = child
        if self.cancelled:
            child.kill()

    def end(self) -> None:
        """No process decodes it any more."""
        self._child = None

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
    _waiting.end()


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
    """Have a child decode it and return its arrays by name, and the header that came before them."""
    path, reading = _check(path), reading or Reading()
    child = _waiting.take() if kind is MediaKind.IMAGE else None
    answer = None if child is None else _ask(child, kind, path, options, reading)
    if answer is None:  # a child may also die of what the pictures before have left behind: this one gets a fresh one
        answer = _ask(Child(), kind, path, options, reading)
    if answer is None:
        raise BadInputError(f"{path.name}: is damaged in a way that crashed the decoder.")
    if "error" in answer.header:
        error_type = NoPicturesError if answer.header.get("no_pictures") else BadInputError
        raise error_type(f"{path.name}: {answer.header['error']}")
    return answer.arrays, answer.header


def _ask(child: Child, kind: MediaKind, path: Path, options: dict[str, Any], reading: Reading) -> Answer | None:
    """What the child makes of it, or None where it dies; after a good picture it waits for the next one."""
    answer = None
    _children.add(child)
    reading.begin(child)
    timer = threading.Timer(_SECONDS[kind], child.kill)
    timer.start()
    try:
        answer = child.decode(kind.value, path.resolve(), options, reading.progress)
    finally:
        late = not timer.is_alive()
        timer.cancel()
        reading.end()
        _children.discard(child)
        good = answer is not None and "error" not in answer.header and not late and not reading.cancelled
        if good and kind is MediaKind.IMAGE:
            _waiting.keep(child)
        else:
            last_words = child.end()
    if reading.cancelled:
        raise ReadingCancelled(path.name)
    if answer is None and late:
        raise BadInputError(f"{path.name}: takes longer than {_SECONDS[kind]:.0f} seconds to decode.")
    if answer is None:
        log.warning("decoder ended with %s", last_words)
    return answer
