"""What streaming costs in quality: speech decoded chunk by chunk against the same codes decoded in one piece.

Both with the model's own solver and the same noise. Reported: the signal-to-noise ratio of the mel away from the first
block, and the largest sample jump at a chunk's border against the median jump around it.

    python -m evaluation.streaming --model nano
"""

from __future__ import annotations

import argparse
import json

import numpy as np
import torch

from benchmarks.reply_speed import QUESTIONS
from model import load
from model.engine import Engine
from model.events import Done
from model.token2wav.streaming import SpeechStream

NEAR = 480  # samples on either side of a border


def codes_of(engine: Engine, question: str) -> list[int]:
    """The codes of one reply."""
    with engine.conversation() as talk:
        talk.say(question)
        done = list(talk.reply(seed=0))[-1]
    assert isinstance(done, Done)
    return done.speech_codes


@torch.inference_mode()
def compare(engine: Engine, codes: list[int]) -> tuple[float, float]:
    """(SNR of the streamed mel in dB away from the first block, largest border jump over the median jump near it)."""
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
    difference = (stream.mel - target)[:, block:]
    snr = 10 * torch.log10(target[:, block:].square().mean() / difference.square().mean().clamp(min=1e-12))
    wave, border, worst = np.concatenate(chunks), 0, 0.0
    jumps = np.abs(np.diff(wave))
    for chunk in chunks[:-1]:
        border += len(chunk)
        near = jumps[max(0, border - NEAR) : border + NEAR]
        if np.abs(wave[max(0, border - NEAR) : border + NEAR]).max() > 1e-3:  # in silence every jump is large
            worst = max(worst, float(jumps[border - 1] / (np.median(near) + 1e-9)))
    return float(snr), worst


def main() -> None:
    """Five replies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    args = parser.parse_args()
    engine = load(args.model, device="cpu")
    found = [compare(engine, codes_of(engine, question)) for question in QUESTIONS]
    print(json.dumps({
        "mel_snr_db": [round(snr, 1) for snr, _ in found], "border_jump_ratio": [round(jump, 2) for _, jump in found],
    }))


if __name__ == "__main__":
    main()
