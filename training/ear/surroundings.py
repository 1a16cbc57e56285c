"""What lies between a mouth and a microphone: other people, hum, a room, the microphone itself.

All of it is made here from a seed, rooms as decaying noise behind a few early echoes; the evaluation makes its noise
from other voices and its rooms by mirrored sources, so that neither is met in training.
"""

from __future__ import annotations

import random

import numpy as np
import torch
from torch import Tensor

RATE = 16000


def coloured(length: int, slope: float, rng: np.random.Generator) -> np.ndarray:
    """Noise [length] whose power falls with frequency^slope (0 white, 1 pink, 2 brown), rms 1."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum *= np.maximum(np.arange(len(spectrum)), length * 40 / RATE) ** (-slope / 2)
    noise = np.fft.irfft(spectrum, length)
    return (noise / noise.std()).astype(np.float32)


def room(rng: np.random.Generator) -> np.ndarray:
    """An impulse response: the direct sound, some early echoes, a tail that decays in 0.15 to 0.7 s. float32."""
    decay = rng.uniform(0.15, 0.7)
    time = np.arange(int(RATE * decay)) / RATE
    tail = rng.standard_normal(len(time)) * np.exp(-6.9 * time / decay)
    start = int(RATE * rng.uniform(0.004, 0.02))
    tail[:start] = 0
    for _ in range(rng.integers(3, 9)):
        tail[rng.integers(20, int(0.03 * RATE))] += rng.choice((-1, 1)) * rng.uniform(1, 4)
    tail *= 10 ** (-rng.uniform(-3, 12) / 20) / np.sqrt((tail**2).sum())  # direct sound over the rest: -3 to 12 dB
    tail[0] = 1.0
    return tail.astype(np.float32)


class Surroundings:
    """Banks of noise and rooms, made once."""

    def __init__(self, speech: list[np.ndarray], seed: int = 0, noises: int = 60, rooms: int = 150):
        """speech: clips at 16 kHz from which the murmur of other people is mixed."""
        rng = np.random.default_rng(seed)
        self._rooms = [room(rng) for _ in range(rooms)]
        self._noises = [self._noise(speech, i, rng) for i in range(noises)]

    def _noise(self, speech: list[np.ndarray], number: int, rng: np.random.Generator) -> np.ndarray:
        length = 12 * RATE
        if number % 3 == 0 or not speech:
            return coloured(length, rng.uniform(0, 2), rng)
        murmur = np.zeros(length, np.float32)
        for _ in range(rng.integers(3, 12)):
            at = int(-RATE * rng.uniform(0, 2))
            while at < length:
                clip = speech[rng.integers(len(speech))] * rng.uniform(0.3, 1)
                low, high = max(at, 0), max(min(at + len(clip), length), 0)
                if low < high:
                    murmur[low:high] += clip[low - at : high - at]
                at += len(clip) + int(RATE * rng.uniform(0, 1))
        if rng.random() < 0.6:
            murmur = self._inside(murmur, self._rooms[rng.integers(len(self._rooms))])
        murmur /= murmur.std() + 1e-6
        return murmur + coloured(length, 1.0, rng) * rng.uniform(0.05, 0.5)

    @staticmethod
    def _inside(audio: np.ndarray, response: np.ndarray) -> np.ndarray:
        size = len(audio) + len(response)
        size = 1 << (size - 1).bit_length()
        return np.fft.irfft(np.fft.rfft(audio, size) * np.fft.rfft(response, size), size)[: len(audio)].astype(
            np.float32
        )

    def in_a_room(self, audio: np.ndarray, rnd: random.Random) -> np.ndarray:
        """A clip [samples] as it is heard there, as loud as it was."""
        heard = self._inside(audio, rnd.choice(self._rooms))
        return heard * ((audio.std() + 1e-6) / (heard.std() + 1e-6))

    def in_noise(self, audio: np.ndarray, below: float, rnd: random.Random) -> np.ndarray:
        """A clip [samples] with noise so many dB below it."""
        noise = rnd.choice(self._noises)
        start = rnd.randrange(max(1, len(noise) - len(audio)))
        noise = noise[start : start + len(audio)]
        out = audio.copy()
        out[: len(noise)] += noise * (audio.std() + 1e-6) * 10 ** (-below / 20)
        return out

    def around(self, audio: np.ndarray, rnd: random.Random) -> np.ndarray:
        """A clip [samples], sometimes in a room, sometimes with noise 3 to 22 dB below it, at about its own level."""
        if rnd.random() < 0.35:
            audio = self.in_a_room(audio, rnd)
        if rnd.random() < 0.45:
            audio = self.in_noise(audio, rnd.uniform(3, 22), rnd)
        return audio


def microphone(mel: Tensor, rnd: random.Random) -> Tensor:
    """Another frequency response: a smooth random curve of up to some dB added to log mels [80, T], in place."""
    if rnd.random() < 0.5:
        places = torch.linspace(0, 1, 80)
        curve = torch.zeros(80)
        for wave in range(1, 4):
            curve += rnd.gauss(0, 0.06) * torch.cos(torch.pi * wave * places + rnd.uniform(0, 6))
        mel += curve[:, None]
    return mel
