"""What a file is taken for, by its name alone; whether it really is that, the decoder finds out."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from model.errors import BadInputError


class MediaKind(Enum):
    """How the model takes a file in."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"


FILE_SUFFIXES: dict[MediaKind, tuple[str, ...]] = {
    MediaKind.IMAGE: (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".ppm"),
    MediaKind.AUDIO: (".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aiff", ".wma"),
    MediaKind.VIDEO: (".mp4", ".mkv", ".webm", ".mov", ".avi", ".m4v", ".mpg", ".mpeg", ".ts", ".ogv", ".wmv"),
}
_KIND_OF_SUFFIX = {suffix: kind for kind, suffixes in FILE_SUFFIXES.items() for suffix in suffixes}


def kind_of(path: str | Path) -> MediaKind:
    """The kind that the name's ending tells; BadInputError for endings that are none of ours."""
    path = Path(path)
    kind = _KIND_OF_SUFFIX.get(path.suffix.lower())
    if kind is None:
        raise BadInputError(f"{path.name}: is neither a picture nor a sound nor a video that this program reads.")
    return kind
