"""Speaks what is asked of pictures and films (training.thinker.seen) and what is said over several turns
(training.thinker.turns), in hibari's, flite's and pico's voices; every row of a case holds its kind and its seed.

    python -m training.data.aloud --out runs/data/aloud --number 4500

pico's en-GB voice is kept for tests and never used here.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import numpy as np

from training.data.clips import ClipWriter
from training.data.small_voices import FLITE_VOICES, flite, pico
from training.thinker.seen import NAME_IT, case_of
from training.thinker.turns import texts

KINDS, SHARES = ("still", "film", "bell"), (0.5, 0.38, 0.12)
EACH, NAMING = 1, 12  # voices in which everything of several turns is said, and what asks for the name of a thing


class Voices:
    """One of many at random: audio [samples] in [-1, 1], its rate, the voice's name and its speed."""

    def __init__(self) -> None:
        from hibari import Hibari
        from py_nanotts import NanoTTS

        self._hibari, self._pico = Hibari(threads=1), NanoTTS()

    def say(self, text: str, rnd: random.Random) -> tuple[np.ndarray, int, str, float]:
        voice = rnd.choices(["heart", "en-US", *FLITE_VOICES], [0.6, 0.12, *[0.07] * len(FLITE_VOICES)])[0]
        if voice == "heart":
            speed = rnd.uniform(0.9, 1.5)
            return self._hibari(text, speed=speed, seed=rnd.getrandbits(30)), 24_000, voice, speed
        if voice == "en-US":
            return *pico(self._pico, text, rnd), voice, 1.0
        return *flite(text, voice), voice, 1.0


def main() -> None:
    """Resumable."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--number", type=int, default=5000, help="of cases")
    args = parser.parse_args()
    rnd, voices, writer, start = random.Random(17), Voices(), ClipWriter(args.out), time.time()
    jobs: list[tuple[str, dict[str, object]]] = [(text, {}) for text in texts() for _ in range(EACH)]
    jobs += [(text, {}) for text in NAME_IT for _ in range(NAMING)]
    for _ in range(args.number):
        kind, seed = rnd.choices(KINDS, SHARES)[0], rnd.getrandbits(40)
        jobs.append((case_of(kind, seed).question, {"kind": kind, "seed": seed}))
    rnd.shuffle(jobs)
    for i, (text, case) in enumerate(jobs):
        rnd = random.Random(i)
        if i < writer.done:
            continue
        audio, rate, voice, speed = voices.say(text, rnd)
        if len(audio) == 0 or len(audio) > 9.5 * rate:
            writer.skip()
            continue
        writer.add(text, audio, rate, voice, **case, **({"speed": round(speed, 3)} if voice == "heart" else {}))
        if i % 200 == 0:
            print(f"{i}/{len(jobs)} in {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
