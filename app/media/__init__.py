"""Files → pixels and samples, decoded in a child process that may die. Everything unusable raises BadInputError."""

from app.media.kinds import FILE_SUFFIXES, MediaKind, kind_of
from app.media.loader import (
    SAMPLE_RATE,
    Audio,
    Image,
    Media,
    Reading,
    ReadingCancelled,
    Video,
    load_audio,
    load_image,
    load_media,
    load_video,
    stop_decoding,
)
from app.media.thumbnail import thumbnail

__all__ = [
    "FILE_SUFFIXES",
    "SAMPLE_RATE",
    "Audio",
    "Image",
    "Media",
    "MediaKind",
    "Reading",
    "ReadingCancelled",
    "Video",
    "kind_of",
    "load_audio",
    "load_image",
    "load_media",
    "load_video",
    "stop_decoding",
    "thumbnail",
]
