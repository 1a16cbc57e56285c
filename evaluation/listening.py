"""What a stream does not know: the loudest moment of a clip that is still going on.

    python -m evaluation.listening --model nano FOLDER_OF_SOUNDS

Whisper's front end raises what lies 80 dB below the loudest point of the whole clip; heard live, it is the loudest
point so far. Each clip is heard both ways, live in pieces of 100 ms: how many mel values differ, by how much, and
whether the greedy answer is the same.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import av
import numpy as np
import torch

from model import load
from model.conversation import Conversation
from model.engine import Engine
from model.events import Done
from model.prompt.mel import SAMPLE_RATE, MelStream

_PIECE = SAMPLE_RATE // 10


def read_sound(path: Path) -> np.ndarray:
    """Float32 mono 16 kHz of any file that PyAV reads."""
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
    with av.open(str(path)) as file:
        frames = [out for frame in file.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def mel_both_ways(engine: Engine, sound: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Mel [bins, T] of the whole clip, and as its 2 s blocks came."""
    stream, blocks = MelStream(engine.mel_front_end), []
    size = 2 * engine.config.thinker.audio.n_window
    for start in range(0, len(sound), _PIECE):
        stream.push(sound[start : start + _PIECE])
        while (block := stream.take(size)) is not None:
            blocks.append(block)
    return engine.mel_front_end(sound), torch.cat([*blocks, stream.finish()], dim=1)


def answer(talk: Conversation) -> str:
    """The greedy answer in text."""
    done = list(talk.reply(greedy=True, speech=False, max_text_tokens=24))[-1]
    assert isinstance(done, Done)
    return done.text


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--shortest", type=float, default=4.0, metavar="S", help="shorter clips have one block or two")
    parser.add_argument("--most", type=int, default=100, metavar="N", help="clips")
    args = parser.parse_args()
    engine = load(args.model, speech=False)
    clips = changed = values = same = 0
    furthest, distance = 0.0, 0.0
    for path in sorted(p for p in args.folder.rglob("*") if p.is_file()):
        try:
            sound = read_sound(path)
        except (av.error.FFmpegError, IndexError):
            continue  # not a sound
        if len(sound) < args.shortest * SAMPLE_RATE:
            continue
        whole, live = mel_both_ways(engine, sound)
        apart = (whole - live).abs()
        changed, values = changed + int((apart > 1e-6).sum()), values + apart.numel()
        distance, furthest = distance + float(apart.sum()), max(furthest, float(apart.max()))
        with engine.conversation() as first, engine.conversation() as second:
            first.add_audio(sound)
            for start in range(0, len(sound), _PIECE):
                second.hear(sound[start : start + _PIECE])
            same += answer(first) == answer(second)
        clips += 1
        if clips == args.most:
            break
    print(json.dumps({
        "model": engine.name, "precision": engine.precision, "clips": clips,
        "mel_values_that_differ": round(changed / values, 4), "mean_difference": round(distance / values, 5),
        "largest_difference": round(furthest, 3), "mel_range": 2.0, "same_answer": f"{same} of {clips}",
    }))


if __name__ == "__main__":
    main()
