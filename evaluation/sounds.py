"""Sound for the suites: voices, recordings of people, a café, a room, a bell. The same in every run.

No voice and no noise here has a part in any training: pico's en-GB speaks the questions and, at other pitches, murmurs
in the café; rooms are made by mirrored sources (training makes them of decaying noise); people are those of the prompts
of Asterisk.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np
import soxr

from model.errors import BadInputError, CannotRunError

RATE = 16_000
PROMPTS = Path("/usr/share/asterisk/sounds/en")
PROMPT_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
_PROMPTS_MISSING = (
    "Recordings of people are missing: apt install asterisk-core-sounds-en-g722 asterisk-core-sounds-en, or name a "
    "folder of sounds with their texts in texts.txt (NAME: what is said) with --prompts."
)
_MURMUR = (
    "I told her that the train was late again and nobody said a word about it.",
    "We could meet on Thursday, if the weather stays as warm as it has been.",
    "He ordered soup and bread, and then he changed his mind about the soup.",
    "They are building a new bridge behind the station, with a path for walkers.",
    "My neighbor has bought two more chickens, so now there are seven of them.",
    "Have you seen how much they charge for a slice of that cake over there?",
)


@dataclass(frozen=True)
class Recording:
    """What a person says, and its sound [samples] at 16 kHz."""

    text: str
    samples: np.ndarray


@cache
def _pico() -> object:
    try:
        from py_nanotts import NanoTTS
    except ImportError as error:
        raise CannotRunError("The questions need a voice to be spoken: pip install 'visavis[eval]'.") from error
    return NanoTTS()


@cache
def spoken(text: str, speed: float = 1.0, pitch: float = 1.0) -> np.ndarray:
    """A text in pico's voice en-GB: float32 [samples] at 16 kHz."""
    speech = _pico().speak(text, voice="en-GB", speed=speed, pitch=pitch)  # type: ignore[attr-defined]
    return np.frombuffer(speech, "<i2").astype(np.float32) / 32768


def clips(stem: Path) -> dict[str, dict[str, np.ndarray]]:
    """Recorded questions: {voice: {text: samples at 16 kHz}} of a shard NAME.pcm and NAME.jsonl (one line a clip:
    "text", "voice", "rate", "offset" and "samples")."""
    from training.data.clips import read_clips

    if not stem.with_suffix(".jsonl").exists() or not stem.with_suffix(".pcm").exists():
        raise BadInputError(f"{stem}: there is no {stem.name}.jsonl with its {stem.name}.pcm.")
    out: dict[str, dict[str, np.ndarray]] = {}
    for row in read_clips(stem):
        audio = row["pcm"].astype(np.float32) / 32768
        if row["rate"] != RATE:
            audio = soxr.resample(audio, row["rate"], RATE)
        out.setdefault(row["voice"], {})[row["text"]] = audio
    return out


def read_sound(path: Path) -> np.ndarray:
    """Float32 mono 16 kHz of any file that PyAV reads."""
    resampler = av.AudioResampler("flt", "mono", RATE)
    try:
        with av.open(str(path)) as file:
            frames = [out for frame in file.decode(audio=0) for out in resampler.resample(frame)]
            frames += resampler.resample(None)
    except (av.FFmpegError, IndexError) as error:
        raise BadInputError(f"{path}: cannot be read as sound ({error}).") from error
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def prompts(folder: Path | None = None, least_words: int = 5, most_seconds: float = 20.0) -> list[Recording]:
    """Recordings of people with what they say, by default Asterisk's English prompts, in order of their names: those of
    at least so many words, without digits (they are read in several ways) and without remarks in brackets."""
    texts = folder / "texts.txt" if folder else PROMPT_TEXTS
    folder = folder or PROMPTS
    if not texts.exists() or not folder.is_dir():
        raise CannotRunError(_PROMPTS_MISSING)
    raw = gzip.decompress(texts.read_bytes()) if texts.suffix == ".gz" else texts.read_bytes()
    out = []
    for line in sorted(raw.decode("utf-8", "replace").splitlines()):
        name, colon, text = line.partition(": ")
        text = text.strip().removesuffix("...")
        if not colon or name.startswith(";") or re.search(r"[\[\]<>0-9#*]", text) or len(text.split()) < least_words:
            continue
        file = next(iter(sorted(folder.glob(f"{name}.*"))), None)
        if file is not None:
            samples = read_sound(file)
            if len(samples) <= most_seconds * RATE:
                out.append(Recording(text, samples))
    if not out:
        raise CannotRunError(_PROMPTS_MISSING)
    return out


@cache
def cafe(seconds: float = 15.0) -> np.ndarray:
    """Eight people talking, dishes, an air conditioner: float32 [samples], rms 1."""
    rng = np.random.default_rng(11)
    length = int(seconds * RATE)
    out = np.zeros(length, np.float32)
    for person in range(8):
        at = -int(RATE * rng.uniform(0, 3))
        loud, speed, pitch = rng.uniform(0.3, 1.0), rng.uniform(0.85, 1.15), rng.uniform(0.7, 1.3)
        while at < length:
            line = spoken(_MURMUR[(person + rng.integers(6)) % 6], round(speed, 2), round(pitch, 2))
            low, high = max(at, 0), max(0, min(at + len(line), length))
            if high > low:
                out[low:high] += loud * line[low - at : high - at]
            at += len(line) + int(RATE * rng.uniform(0, 1.5))
    out = out / out.std()
    for _ in range(int(seconds * 1.5)):  # a spoon on a cup
        at, time = int(rng.integers(length - RATE // 8)), np.arange(RATE // 8) / RATE
        out[at : at + len(time)] += np.sin(2 * np.pi * rng.uniform(2000, 5000) * time) * np.exp(-60 * time)
    hum = np.cumsum(rng.standard_normal(length))
    hum = np.diff(hum, prepend=0) * 0.3 + np.convolve(rng.standard_normal(length), np.ones(16) / 4, "same") * 0.3
    mixed = _echoed(out + hum, room(1))
    return (mixed / mixed.std()).astype(np.float32)


def with_cafe(samples: np.ndarray, decibels: float, seed: int) -> np.ndarray:
    """A clip with the café so many decibels below it."""
    noise = cafe()
    start = np.random.default_rng(seed).integers(max(1, len(noise) - len(samples)))
    noise = np.resize(noise[start:], len(samples))
    voiced = samples[np.abs(samples) > 0.05 * np.abs(samples).max()]
    return _held(samples + noise * voiced.std() * 10 ** (-decibels / 20))


@cache
def room(seed: int) -> np.ndarray:
    """Impulse response of a furnished room of 3 to 6 m, speaker and microphone 1 to 3 m apart, by mirrored sources."""
    rng = np.random.default_rng(1000 + seed)
    size = np.array([rng.uniform(3, 6), rng.uniform(3, 6), rng.uniform(2.4, 3)])
    mouth, ear = size * rng.uniform(0.2, 0.8, 3), size * rng.uniform(0.2, 0.8, 3)
    kept = rng.uniform(0.82, 0.92)  # of the pressure at each wall
    out = np.zeros(RATE // 2, np.float32)
    reach = range(-12, 13)
    for n in np.array([(x, y, z) for x in reach for y in reach for z in reach]):
        image = np.where(n % 2 == 0, n * size + mouth, (n + 1) * size - mouth)
        away = float(np.linalg.norm(image - ear))
        at = round(away / 343 * RATE)
        if at < len(out):
            out[at] += kept ** np.abs(n).sum() / max(away, 0.3)
    first = int(np.flatnonzero(out)[0])
    return out[first:] / np.abs(out).max()


def in_room(samples: np.ndarray, seed: int) -> np.ndarray:
    """A clip as it sounds across a room."""
    return _held(_echoed(np.pad(samples, (0, RATE // 5)), room(seed % 12)))


def bell(seconds: float = 0.5) -> np.ndarray:
    """One stroke of a bell, float32 [samples]."""
    time = np.arange(int(seconds * RATE)) / RATE
    partials = sum(np.sin(2 * np.pi * f * time) * a for f, a in ((880, 1), (1760, 0.6), (2637, 0.4), (3520, 0.25)))
    return (0.25 * partials * np.exp(-6 * time)).astype(np.float32)


def _echoed(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    size = 1 << (len(samples) + len(response)).bit_length()
    out = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)
    return np.asarray(out[: len(samples)], dtype=np.float32)


def _held(samples: np.ndarray) -> np.ndarray:
    """Within full scale."""
    return (samples / max(1.0, float(np.abs(samples).max()) / 0.95)).astype(np.float32)
