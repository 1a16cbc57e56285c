"""What streaming costs in quality: speech decoded chunk by chunk against the same codes decoded in one piece.

Both with the model's own solver and the same noise. Reported: the signal-to-noise ratio of the mel away from the first
block; that of the joined pieces of sound against the same mel made to sound at once, which is what a click would break;
and the largest jump from one sample to the next at a border, over the median jump near it, for two meanings of near.

    python -m evaluation.streaming --model nano
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.reply_speed import QUESTIONS
from model import load
from model.engine import Engine
from model.events import Done
from model.token2wav.streaming import SpeechStream

NEAR = {"1 ms": 24, "20 ms": 480}  # samples on either side of a border


def codes_of(engine: Engine, question: str) -> list[int]:
    """The codes of one reply."""
    with engine.conversation() as talk:
        talk.say(question)
        done = list(talk.reply(seed=0))[-1]
    assert isinstance(done, Done)
    return done.speech_codes


@dataclass(frozen=True)
class Comparison:
    """Decibels, decibels, and a ratio for each of NEAR; see the module."""

    mel_snr: float
    wave_snr: float
    border_jump: dict[str, float]


@torch.inference_mode()
def compare(engine: Engine, codes: list[int]) -> Comparison:
    """The same codes streamed and whole."""
    assert engine.token2wav is not None
    voice, settings = engine.voice(None), engine.settings.speech
    assert voice is not None
    stream = SpeechStream(engine.token2wav, voice, settings, seed=0)
    chunks: list[np.ndarray] = []
    for code in codes:
        stream.push(code)
        chunks += list(stream.pull())
    stream.finish()
    chunks += list(stream.pull())
    whole = SpeechStream(engine.token2wav, voice, settings, seed=0)
    for code in codes:
        whole.push(code)
    frames = len(codes) * engine.config.token2wav.dit.repeats
    target = whole.solve(0, frames, settings.solver, settings.points, settings.guidance)
    block = engine.config.token2wav.dit.block_size
    wave = np.concatenate(chunks)
    at_once = engine.token2wav.wave(stream.mel).numpy()
    return Comparison(
        _snr(target[:, block:].numpy(), stream.mel[:, block:].numpy()),
        _snr(at_once, wave),
        {name: _worst_border(chunks, wave, samples) for name, samples in NEAR.items()},
    )


def _snr(target: np.ndarray, made: np.ndarray) -> float:
    return float(10 * np.log10(np.square(target).mean() / max(float(np.square(made - target).mean()), 1e-20)))


def _worst_border(chunks: list[np.ndarray], wave: np.ndarray, reach: int) -> float:
    jumps, border, worst = np.abs(np.diff(wave)), 0, 0.0
    for chunk in chunks[:-1]:
        border += len(chunk)
        near = slice(max(0, border - reach), border + reach)
        if np.abs(wave[near]).max() > 1e-3:  # in silence every jump is large
            worst = max(worst, float(jumps[border - 1] / (np.median(jumps[near]) + 1e-9)))
    return worst


def main() -> None:
    """Five replies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    args = parser.parse_args()
    engine = load(args.model, device="cpu")
    found = [compare(engine, codes_of(engine, question)) for question in QUESTIONS]
    print(json.dumps({
        "mel_snr_db": [round(c.mel_snr, 1) for c in found], "wave_snr_db": [round(c.wave_snr, 1) for c in found],
        "border_jump_ratio": {name: [round(c.border_jump[name], 2) for c in found] for name in NEAR},
    }))


if __name__ == "__main__":
    main()
