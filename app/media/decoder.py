"""The child that decodes: `python -m app.media.decoder`, started by `child`; it ends when its stdin does.

Each line on stdin is a file: {"kind": …, "path": …, "options": {…}}. The answer on stdout: JSON lines {"progress": 0.4}
while it works, then one JSON line, {"arrays": [[name, dtype, shape], …], …} followed by their bytes, or {"error": "…"}
with the end of a sentence that begins with the file's name. Opens nothing but the one file: container formats are on a
list, so that no playlist can make FFmpeg fetch other files or addresses.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

_MAX_IMAGE_PIXELS = 100_000_000  # 300 MB decoded
_MAX_SOUND_SECONDS = 2 * 3600
_SILENCE = 1e-4  # peak, -80 dBFS: below it there is nothing that anybody hears
_MAX_MEMORY = 8 << 30  # bytes of address space
_IMAGE_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "PPM")
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,flv,ogg,"
    "wav,w64,mp3,flac,aac,aiff,au,caf,amr,amrnb,amrwb"
)
# Of every frame, as the model's own preprocessing has it: between 128 and 768 patches of 28×28, and all frames together
# not more than 90 % of 128,000 such patches (two frames share one).
_PATCH_PIXELS = 28 * 28
_MIN_FRAME_PIXELS = 128 * _PATCH_PIXELS
_MAX_FRAME_PIXELS = 768 * _PATCH_PIXELS
_MAX_VIDEO_PIXELS = int(128_000 * 0.9) * _PATCH_PIXELS


class Progress:
    """Tells the parent how far it is, at every twentieth of the whole; where one takes long, a few times a second."""

    _STEP = 0.05  # of the whole
    _EVERY = 0.1  # seconds
    sink: BinaryIO | None = None
    part = (0.0, 1.0)  # of the whole that is being decoded now
    last = (0.0, 0.0)  # the time and the share that were told last

    @classmethod
    def tell(cls, share: float) -> None:
        """So much of this part is done, from 0 to 1."""
        if cls.sink is None:
            return
        begin, end = cls.part
        whole = begin + min(1.0, share) * (end - begin)
        now, (told_at, told) = time.monotonic(), cls.last
        if now - told_at > cls._EVERY or whole - told >= cls._STEP:
            cls.last = now, whole
            cls.sink.write(json.dumps({"progress": round(whole, 3)}).encode() + b"\n")
            cls.sink.flush()


class Unusable(Exception):
    """The rest of the sentence that begins with the file's name."""

    def __init__(self, reason: str, no_pictures: bool = False) -> None:
        super().__init__(reason)
        self.no_pictures = no_pictures


# Pictures


def decode_image(path: str) -> np.ndarray:
    """An upright picture on white where it is transparent: uint8 [H, W, 3]."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # we have a limit of our own, with a better sentence
    Image.init()  # `open` looks among the formats registered so far only
    try:
        picture = Image.open(path, formats=_IMAGE_FORMATS)
        width, height = picture.size
        if width < 1 or height < 1:
            raise Unusable("has no pixels (0×0).")
        if width * height > _MAX_IMAGE_PIXELS:
            megapixels = _MAX_IMAGE_PIXELS // 1_000_000
            raise Unusable(f"is too large ({width}×{height} pixels; up to {megapixels} megapixels can be used).")
        picture.load()
    except UnidentifiedImageError as error:
        # Pillow also ends here with headers that say 0×0, which some of its readers refuse.
        if 0 in _png_size(path):
            raise Unusable("has no pixels (0×0).") from error
        raise Unusable("is not a picture that can be read.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise Unusable("is damaged or incomplete.") from error
    return _to_rgb(ImageOps.exif_transpose(picture))


def _png_size(path: str) -> tuple[int, int]:
    """Width and height that a PNG's header tells; (-1, -1) for anything else."""
    with open(path, "rb") as file:
        head = file.read(24)
    if len(head) < 24 or not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return -1, -1
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _to_rgb(picture: Any) -> np.ndarray:
    from PIL import Image

    if picture.mode in ("I;16", "I;16B", "I;16L", "I"):
        # Pillow's own conversion clips at 255 and makes nearly everything white.
        values = np.asarray(picture).astype(np.float32) / 257.0
        picture = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        rgba = picture.convert("RGBA")
        picture = Image.new("RGB", rgba.size, (255, 255, 255))
        picture.paste(rgba, mask=rgba.getchannel("A"))
    return np.array(picture.convert("RGB"))


# Sound


def decode_audio(path: str, rate: int) -> np.ndarray:
    """The first sound track: float32 mono at `rate` Hz."""
    with _open(path, "a sound file") as container:
        if not container.streams.audio:
            raise Unusable("is damaged or incomplete." if _is_cut_mp4(path) else "has no sound in it.")
        samples = _samples(container, rate)
    if not len(samples):
        raise Unusable("has no sound in it.")
    if float(np.abs(samples).max()) < _SILENCE:
        raise Unusable("is silent.")
    return samples


def _samples(container: Any, rate: int) -> np.ndarray:
    """Decode the first sound track as a whole; what is damaged in the middle is left out, as players do."""
    import av
    import soxr

    stream = container.streams.audio[0]
    source_rate = stream.rate or rate
    to_float = av.AudioResampler(format="fltp", rate=source_rate)  # keeps the channels; soxr resamples better
    pieces: list[np.ndarray] = []
    length = 0
    promised = _duration(container, stream)
    for frame in itertools.chain(_frames(container, stream), [None]):
        for piece in to_float.resample(frame):
            mono = piece.to_ndarray().mean(axis=0, dtype=np.float32)
            pieces.append(mono)
            length += len(mono)
        if promised:
            Progress.tell(length / source_rate / promised)
        if length > _MAX_SOUND_SECONDS * source_rate:
            raise Unusable(f"is longer than {_MAX_SOUND_SECONDS // 3600} hours.")
    _check_complete(container, stream, length / source_rate)
    if not length:
        return np.zeros(0, np.float32)
    samples = np.nan_to_num(np.concatenate(pieces))
    return np.asarray(soxr.resample(samples, source_rate, rate, quality="HQ"), np.float32)


# Videos


def decode_video(
    path: str, rate: int, fps: float, max_frames: int, sound: bool
) -> tuple[np.ndarray, float, np.ndarray | None]:
    """Frames uint8 [T, H, W, 3], how many a second they are, and the sound, if any."""
    with _open(path, "a video") as container:
        streams = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
        if not streams:
            if _is_cut_mp4(path):  # what lists the tracks is at the end, and half of it may be there
                raise Unusable("is damaged or incomplete.")
            raise Unusable("has no moving pictures in it.", no_pictures=True)
        stream = streams[0]
        stream.thread_type = "AUTO"
        duration = _duration(container, stream)
        if duration * fps > max_frames:
            fps = max_frames / duration
        budget = max(1, min(max_frames, round(duration * fps)))
        frames = _sample_frames(container, stream, fps, max_frames, _frame_pixels(budget))
    samples = None
    if sound:
        Progress.part = (0.9, 1.0)
        with _open(path, "a video") as container:
            if container.streams.audio:
                samples = _samples(container, rate)
    return frames, fps, samples if samples is not None and len(samples) else None


def _duration(container: Any, stream: Any) -> float:
    """Seconds, as the file tells them; 0 where it does not."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration else 0.0


def _frame_pixels(count: int) -> int:
    """How many pixels each of `count` frames may have."""
    return max(min(_MAX_FRAME_PIXELS, _MAX_VIDEO_PIXELS // count * 2), _MIN_FRAME_PIXELS)


def _sample_frames(container: Any, stream: Any, fps: float, max_frames: int, pixels: int) -> np.ndarray:
    """The frame that shows at 0, 1/fps, 2/fps… seconds: each the last one whose time has come."""
    chosen: list[np.ndarray] = []
    origin: float | None = None
    shown: Any = None
    end = 0.0
    promised = _duration(container, stream)
    for frame in _frames(container, stream):
        at = frame.time if frame.time is not None else end
        if promised:
            Progress.tell((at - (origin or 0.0)) / promised)
        origin = at if origin is None else origin
        # The frame before was on the screen until now: it is what every instant up to here has seen.
        while shown is not None and len(chosen) / fps < at - origin - 1e-6 and len(chosen) < max_frames:
            chosen.append(_to_pixels(shown, pixels))
        shown = frame
        end = at + (1.0 / float(stream.average_rate) if stream.average_rate else 0.0)
        if len(chosen) == max_frames:
            break
    if shown is None or origin is None:
        raise Unusable("has no frame that can be read.")
    while not chosen or (len(chosen) / fps < end - origin - 1e-6 and len(chosen) < max_frames):
        chosen.append(_to_pixels(shown, pixels))
    if len(chosen) < max_frames:
        _check_complete(container, stream, end - origin)
    return np.stack([f if f.shape == chosen[0].shape else _fit(f, chosen[0].shape) for f in chosen])


def _to_pixels(frame: Any, pixels: int) -> np.ndarray:
    """RGB, not larger than `pixels`, upright."""
    scale = min(1.0, math.sqrt(pixels / (frame.width * frame.height)))
    width, height = max(2, round(frame.width * scale)), max(2, round(frame.height * scale))
    rgb = frame.reformat(width=width, height=height, format="rgb24", interpolation="BICUBIC").to_ndarray()
    quarter_turns = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(rgb, quarter_turns))


def _fit(frame: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A frame of another size than the first one's (some streams change it), made as large as that."""
    from PIL import Image

    return np.array(Image.fromarray(frame).resize((shape[1], shape[0]), Image.Resampling.BICUBIC))


# Both


def _open(path: str, noun: str) -> Any:
    import av

    av.logging.set_level(av.logging.PANIC)
    options = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
    try:
        return av.open(path, options=options, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        started_well = _looks_like_mp4(path)
        raise Unusable("is damaged or incomplete." if started_well else f"is not {noun} that can be read.") from error


def _looks_like_mp4(path: str) -> bool:
    """An MP4 whose end is missing cannot be opened at all, yet it is no stranger."""
    with open(path, "rb") as file:
        return file.read(12)[4:8] == b"ftyp"


def _is_cut_mp4(path: str) -> bool:
    """Whether the last of an MP4's boxes tells of more bytes than there are."""
    if not _looks_like_mp4(path):
        return False
    size, begin = os.path.getsize(path), 0
    with open(path, "rb") as file:
        while begin + 8 <= size:
            file.seek(begin)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:  # it does not fit into four bytes
                length = int.from_bytes(head[8:16], "big")
            if length == 0:  # up to the end of the file
                return False
            begin += max(length, 8)
    return begin != size


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Every frame that can be decoded; packets with errors are passed over, as players do."""
    import av

    try:
        for packet in container.demux(stream):
            try:
                yield from packet.decode()
            except av.InvalidDataError:
                continue
    except (av.FFmpegError, EOFError):
        return  # the file ends in the middle: whoever reads the frames compares the length with what was promised


def _check_complete(container: Any, stream: Any, seconds: float) -> None:
    """Refuse an MP4 of which a noticeable part is missing; other formats do not promise their length reliably."""
    if "mp4" not in container.format.name:
        return
    promised = _duration(container, stream)
    if promised - seconds > max(0.5, 0.05 * promised):
        raise Unusable(f"is damaged or incomplete ({seconds:.1f} of its {promised:.1f} seconds can be read).")


def _limit_memory() -> None:
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(sink: BinaryIO, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    header["arrays"] = [[name, str(array.dtype), list(array.shape)] for name, array in arrays.items()]
    sink.write(json.dumps(header).encode() + b"\n")
    for array in arrays.values():
        sink.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    sink.flush()


def _serve(sink: BinaryIO, kind: str, path: str, options: dict[str, Any]) -> None:
    """Decode one file and answer; whatever nobody has thought of ends the process, and is told as a crash."""
    try:
        if kind == "image":
            _answer(sink, {}, {"pixels": decode_image(path)})
        elif kind == "audio":
            _answer(sink, {}, {"samples": decode_audio(path, **options)})
        else:
            Progress.part = (0.0, 0.9 if options.get("sound") else 1.0)
            frames, fps, samples = decode_video(path, **options)
            arrays = {"frames": frames} | ({"samples": samples} if samples is not None else {})
            _answer(sink, {"fps": fps}, arrays)
    except Unusable as error:
        _answer(sink, {"error": str(error), "no_pictures": error.no_pictures}, {})
    except MemoryError:
        _answer(sink, {"error": "is too large for the memory of this machine."}, {})


def main() -> int:
    """Decode what the lines name."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up in the answer
    warnings.simplefilter("ignore")
    _limit_memory()
    Progress.sink = sink
    for line in sys.stdin.buffer:
        _serve(sink, **json.loads(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
