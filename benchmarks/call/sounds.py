"""What is said and what bangs: voices of machines, a human's recordings, noises made here. All float32 mono 16 kHz.

The voice of the answers is a human's, Allison Smith's prompts of Asterisk (asterisk-core-sounds-en-g722); those who
speak over them are espeak-ng and flite. Nothing here was trained on the voice of that human.
"""

from __future__ import annotations

import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

RATE = 16_000
PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
VOICES = (
    *(("espeak-ng", voice) for voice in ("en-us", "en-gb+f2", "en-us+m3", "en-gb+f4")),
    *(("flite", voice) for voice in ("slt", "rms", "awb", "kal16")),
)
MURMURS = ("mhm", "uh huh", "yeah", "okay", "right", "yes", "oh", "I see")
REMARKS = (
    "Wait, that is not what I meant at all.",
    "Stop please, I have another question.",
    "No, tell me about the other one instead.",
    "Hold on, what did you just say there?",
    "Could you say that again more slowly?",
)


@lru_cache(maxsize=256)
def said(text: str, engine: str, voice: str) -> np.ndarray:
    """A text in a machine's voice, without the silence around it, peak 0.5."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        if engine == "flite":
            command = ["flite", "-voice", voice, "-t", text, "-o", str(path)]
        else:
            command = ["espeak-ng", "-v", voice, "-w", str(path), text]
        subprocess.run(command, check=True, capture_output=True)
        samples, rate = soundfile.read(path, dtype="float32")
    return trimmed(np.asarray(soxr.resample(samples, rate, RATE), np.float32))


def prompts(shortest: float, longest: float) -> list[np.ndarray]:
    """The human's prompts of that many seconds, in the order of their names."""
    found = []
    for path in sorted(PROMPTS.glob("*.g722")):
        with av.open(str(path), format="g722") as file:
            pieces = [frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)]
        samples = trimmed(np.concatenate(pieces).astype(np.float32) / 32768)
        if shortest <= len(samples) / RATE <= longest:
            found.append(samples)
    if not found:
        raise SystemExit(f"There are no prompts in {PROMPTS}; install asterisk-core-sounds-en-g722.")
    return found


def trimmed(samples: np.ndarray) -> np.ndarray:
    """Without silence before and behind; what is more than 34 dB below the loudest 10 ms is silence. Peak 0.5."""
    levels = np.sqrt(np.mean(np.square(samples[: len(samples) // 160 * 160].reshape(-1, 160)), 1))
    loud = np.flatnonzero(levels > 0.02 * levels.max())
    cut = samples[loud[0] * 160 : (loud[-1] + 1) * 160]
    return np.asarray(cut / np.abs(cut).max() * 0.5, np.float32)


def bang(kind: str, rng: np.random.Generator) -> np.ndarray:
    """A noise as desks and people make them: "door", "cough", "keys", "cup"."""
    length = {"door": 0.5, "cough": 0.35, "keys": 0.6, "cup": 0.25}[kind]
    times = np.arange(int(length * RATE)) / RATE
    noise = rng.standard_normal(len(times))
    if kind == "door":
        thud = np.sin(2 * np.pi * rng.uniform(60, 110) * times) + 0.5 * np.convolve(noise, np.ones(24) / 24, "same")
        made = thud * np.exp(-times * 12)
    elif kind == "cough":
        throat = np.convolve(noise, np.sin(2 * np.pi * rng.uniform(500, 900) * np.arange(64) / RATE), "same")
        made = throat * (np.exp(-np.abs(times - 0.04) * 40) + 0.4 * np.exp(-np.abs(times - 0.2) * 25))
    elif kind == "keys":
        made = np.zeros(len(times))
        for start in rng.integers(0, len(times) - 400, 5):
            made[start : start + 400] += noise[:400] * np.exp(-np.arange(400) / 60)
    else:
        made = sum(np.sin(2 * np.pi * hertz * times) for hertz in rng.uniform(1500, 5000, 4)) * np.exp(-times * 30)
    return np.asarray(0.5 * made / np.abs(made).max(), np.float32)


def room(rng: np.random.Generator) -> np.ndarray:
    """Impulse response from a loudspeaker to a microphone on the same desk, float64, of energy 1: the direct way, and a
    tail that is 60 dB down after 0.2 to 0.4 s. The direct way is from 2 dB weaker to 6 dB stronger than the tail."""
    decay = rng.uniform(0.2, 0.4) / 6.9
    times = np.arange(int(0.25 * RATE)) / RATE
    tail = rng.standard_normal(len(times)) * np.exp(-times / decay)
    tail[: int(0.004 * RATE)] *= 0.2
    tail /= np.linalg.norm(tail)
    tail[int(rng.uniform(0.0, 0.003) * RATE)] += 10 ** (rng.uniform(-2.0, 6.0) / 20)
    return np.asarray(tail / np.linalg.norm(tail))


def loudness(samples: np.ndarray) -> float:
    """Root mean square of what is not silence."""
    loud = np.abs(samples) > 0.02 * np.abs(samples).max()
    return float(np.sqrt(np.mean(np.square(samples[loud]))))
