"""The mels that the DiT makes of recordings' codes, beside those recordings: what the vocoder is given in use.

    python -m training.mouth.remade --seconds 900

The DiT's mel lies frame by frame over the recording whose codes it got, but is smoother. A vocoder that has met only
recordings' mels makes a smooth mel sound as it is; one that learns from these makes what was recorded. One file a voice
as training.data.voices writes them, in RUNS/remade, made anew at every run.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from training.data.voices import SOURCES
from training.mouth import dit
from training.mouth.codec import load_codes
from training.mouth.mel import FRAMES_A_CODE, Corpus

STRETCH = 250  # codes at a time: ten seconds


def recordings_of_heart(corpus: Corpus, codes: list[np.ndarray], seconds: float) -> tuple[np.ndarray, ...]:
    """(codes back to back, samples, ends of the clips in codes) of training clips taken evenly from the corpus."""
    step = max(1, int(sum(corpus.frames(i) for i in corpus.train) / 100 / seconds))
    chosen = corpus.train[::step]
    return (np.concatenate([codes[i] for i in chosen]), np.concatenate([corpus.clips[i].pcm() for i in chosen]),
            np.cumsum([len(codes[i]) for i in chosen]))


def remade(net: dit.DiT, codes: torch.Tensor, condition: dit.Condition, points: int, seed: int) -> np.ndarray:
    """Codes [n] → mel [4 n, 80] float16, a stretch at a time."""
    made = [dit.sample(net, part[None], condition.reference, points, seed=seed + number, speaker=condition.speaker)[0]
            for number, part in enumerate(codes.split(STRETCH))]
    return torch.cat(made).half().numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=900, help="of heart; of the others, all that there is")
    parser.add_argument("--points", type=int, default=4, help="times of the solver")
    parser.add_argument("--runs", type=Path, default=Path("runs/mouth"))
    parser.add_argument("--data", type=Path, default=Path("runs/data"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    net, corpus, out = dit.load_dit(args.runs), Corpus(args.data, args.runs / "mels"), args.runs / "remade"
    out.mkdir(exist_ok=True)
    others = {voice.name: voice for voice in dit.other_voices(args.runs / "voices")}
    for number, name in enumerate(SOURCES):
        began = time.process_time()
        if name == "heart":
            codes, pcm, ends = recordings_of_heart(corpus, load_codes(args.runs), args.seconds)
            pcm = np.round(np.clip(pcm, -1, 1) * 32767).astype(np.int16)
            reference = dit.heart_reference(corpus)
        elif name in others:
            file = np.load(args.runs / "voices" / f"{name}.npz")
            codes, pcm, ends, reference = file["codes"], file["pcm"], file["ends"], others[name].reference()
        else:
            continue
        condition = dit.Condition(dit.speaker_vector(number), reference)
        mel = remade(net, torch.from_numpy(codes).long(), condition, args.points, seed=1000 * number)
        np.savez(out / f"{name}.npz", mel=mel, pcm=pcm, ends=ends)
        seconds = len(codes) * FRAMES_A_CODE / 100
        print(f"{name}: {seconds:.0f} s in {time.process_time() - began:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
