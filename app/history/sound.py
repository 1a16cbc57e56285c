"""Recordings in the database: lossless for what the person said, which the model may hear again; Opus for answers."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from app.history.records import Recording, Speech

_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)


def encode(role: str, speech: Speech) -> Recording:
    """The recording of one message."""
    lossy = role == "assistant" and speech.sample_rate in _OPUS_RATES
    container, codec = ("OGG", "OPUS") if lossy else ("FLAC", "PCM_16")
    file = io.BytesIO()
    soundfile.write(file, np.clip(speech.samples, -1, 1), speech.sample_rate, format=container, subtype=codec)
    return Recording(file.getvalue(), len(speech.samples) / speech.sample_rate)


def decode(sound: bytes) -> Speech:
    """What was encoded; raises soundfile.LibsndfileError where that has been damaged."""
    samples, sample_rate = soundfile.read(io.BytesIO(sound), dtype="float32")
    return Speech(samples, sample_rate)


def suffix(sound: bytes) -> str:
    """Of a file with this recording in it."""
    return ".flac" if sound.startswith(b"fLaC") else ".ogg"
