"""Speaks the sentence list with one synthetic voice and writes shards.

    python -m training.data.synthesize runs/data --count 40000
    python -m training.data.synthesize runs/data --answers runs/thinker-sharp/answers.json

The second form speaks answers of the Thinker to training questions: what the product says most.

Margins are fixed (40 ms before, 120 ms after, then zeros up to a whole number of 40 ms codes) and loudness is
normalised, so where speech starts and ends can be learned and one code always covers the same 960 samples.
Whole shards that are already there are skipped: run it again to go on.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np

from training.data.shards import RATE, write_shard
from training.data.text import is_test, sentences

CODE_SAMPLES = 960
LEAD, TAIL = 0.040, 0.120
RMS = 0.08


def trim(wave: np.ndarray) -> np.ndarray:
    """Fixed margins around what is louder than 2 % of the loudest 10 ms; length a multiple of 960 samples."""
    step = RATE // 100
    frames = wave[: len(wave) // step * step].reshape(-1, step)
    energy = np.sqrt((frames**2).mean(1) + 1e-12)
    loud = np.nonzero(energy > max(energy.max() * 0.02, 1e-4))[0]
    if len(loud) == 0:
        return wave[:0]
    begin, end = loud[0] * step - int(LEAD * RATE), (loud[-1] + 1) * step + int(TAIL * RATE)
    wave = np.pad(wave, (max(0, -begin), max(0, end - len(wave))))
    begin, end = (0, end - begin) if begin < 0 else (begin, end)
    wave = wave[begin:end]
    return np.pad(wave, (0, -len(wave) % CODE_SAMPLES))


def normalise(wave: np.ndarray) -> np.ndarray:
    """RMS 0.08 with peaks held below full scale."""
    wave = wave * (RMS / (np.sqrt((wave**2).mean()) + 1e-9))
    peak = float(np.abs(wave).max(initial=0.0))
    return wave * min(1.0, 0.98 / (peak + 1e-9))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=40000)
    parser.add_argument("--answers", type=Path, help="speak the answers in this file in place of the sentences")
    parser.add_argument("--shard", type=int, default=2000, help="clips in a shard")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    from hibari import Hibari

    voice = Hibari(voice="heart", threads=1)
    texts, kind = sentences(args.count, args.seed), ""
    if args.answers:
        texts, kind = sorted({a for a in json.loads(args.answers.read_text()).values() if a.strip()}), "answers-"
        random.Random(args.seed).shuffle(texts)
    for number, begin in enumerate(range(0, len(texts), args.shard)):
        name = f"hibari-{kind}{number:03d}"
        if (args.folder / f"{name}.jsonl").exists():
            continue
        started, clips, seconds = time.time(), [], 0.0
        for text in texts[begin : begin + args.shard]:
            phonemes = voice.phonemize(text)
            if len(phonemes) != 1 or len(phonemes[0]) < 3:
                continue
            rng = np.random.default_rng(begin + len(clips))
            wave = trim(voice.from_ids(voice.ids(phonemes[0]), 1.0, rng))
            if not 8 <= len(wave) // CODE_SAMPLES <= 180:
                continue
            clips.append((text, phonemes[0], is_test(text), normalise(wave)))
            seconds += len(wave) / RATE
        write_shard(args.folder, name, clips)
        print(f"{name}: {len(clips)} clips, {seconds / 60:.1f} min in {time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
