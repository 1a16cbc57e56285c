"""Small files of every kind, made on the spot: good ones, and each of the bad ones people drop."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import av
import numpy as np
import soundfile

RATE = 16_000


def tone(seconds: float, rate: int = RATE, hertz: float = 440.0) -> np.ndarray:
    """A sine at half of full scale."""
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, samples, rate)
    return path


def write_video(
    path: Path,
    seconds: float = 3.0,
    fps: int = 10,
    size: tuple[int, int] = (64, 48),
    sound: bool = True,
    faststart: bool = False,
) -> Path:
    """A clip whose brightness grows by 20 with every second (and begins anew after 11), with a 440 Hz tone."""
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as container:
        video = container.add_stream("mpeg4" if path.suffix == ".mp4" else "libvpx", rate=fps)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.bit_rate = 400_000
        audio = None
        if sound:
            audio = container.add_stream("aac" if path.suffix == ".mp4" else "libopus", rate=48_000, layout="mono")
        for index in range(int(seconds * fps)):
            level = (20 + 20 * (index // fps)) % 240
            pixels = np.full((size[1], size[0], 3), level, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            samples = tone(seconds, 48_000)
            resampler = av.AudioResampler(format=audio.codec_context.format, layout="mono", rate=48_000, frame_size=960)
            whole = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
            whole.sample_rate = 48_000
            for piece in [*resampler.resample(whole), *resampler.resample(None)]:
                container.mux(audio.encode(piece))
            container.mux(audio.encode(None))
    return path


def write_png(path: Path, width: int, height: int) -> Path:
    """A PNG of any size its header can name, 0×0 too; black, and small on disk."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + b"\0" * ((width + 7) // 8)
    compressor = zlib.compressobj(1)
    data = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b""))
    return path


def cut(path: Path, keep: float) -> Path:
    """Leave only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def bad_files(folder: Path) -> dict[str, Path]:
    """One of each: what it is → where it is."""
    text = folder / "notes.wav"
    text.write_text("This is a shopping list, not a sound.\n" * 20)
    empty = folder / "empty.wav"
    empty.write_bytes(b"")
    damaged = folder / "damaged.png"
    write_png(damaged, 400, 400)
    noise = folder / "noise.jpg"
    noise.write_bytes(np.random.default_rng(0).bytes(4000))
    return {
        "missing": folder / "missing.png",
        "text named .wav": text,
        "empty file": empty,
        "WAV without samples": write_wav(folder / "nothing.wav", np.zeros(0, np.float32)),
        "silent WAV": write_wav(folder / "silent.wav", np.zeros(RATE, np.float32)),
        "truncated MP4": cut(write_video(folder / "cut.mp4"), 0.6),
        "truncated MP4 with its index in front": cut(write_video(folder / "cut-front.mp4", faststart=True), 0.5),
        "0×0 image": write_png(folder / "zero.png", 0, 0),
        "20000×20000 image": write_png(folder / "huge.png", 20_000, 20_000),
        "truncated image": cut(damaged, 0.7),
        "noise named .jpg": noise,
        "unknown kind": write_wav(folder / "good.wav", tone(0.2)).rename(folder / "good.xyz"),
    }
