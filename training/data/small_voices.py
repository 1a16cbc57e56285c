"""Cheap speech of other makes for the ear: hibari (one voice, fast), flite (diphones and units) and pico.

hibari clips are spoken at random speeds and get other pitches and sizes of voice later, by resampling
(`training.ear.augment`). pico's en-GB voice is kept for tests and never used here.

    python -m training.data.small_voices hibari --texts runs/data/questions.json --out runs/data/hibari_questions
    python -m training.data.small_voices mixed --texts runs/data/questions.json --out runs/data/mixed --number 3000
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from training.data.clips import ClipWriter

FLITE_VOICES = ("slt", "rms", "awb", "kal16")


def flite(text: str, voice: str) -> tuple[np.ndarray, int]:
    """Audio [samples] in [-1, 1] and its rate."""
    import soundfile

    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", file.name], check=True, capture_output=True)
        audio, rate = soundfile.read(file.name, dtype="float32")
    return audio, rate


def main() -> None:
    """Questions first, then sentences; resumable."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make", choices=("hibari", "mixed"))
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--number", type=int, default=16000)
    args = parser.parse_args()
    lists = json.loads(args.texts.read_text())
    rnd = random.Random(5)
    if args.make == "hibari":
        from hibari import Hibari

        hibari = Hibari(threads=1)
        texts = (lists["questions"] + lists["sentences"])[: args.number]
    else:
        from py_nanotts import NanoTTS

        pico = NanoTTS()
        # Read from the end, so that few texts are spoken by Kokoro and by these as well.
        texts = [lists["sentences" if i % 3 == 2 else "questions"][-1 - i] for i in range(args.number)]
    speeds = [rnd.uniform(0.9, 1.5) for _ in texts]
    voices = [rnd.choice((*FLITE_VOICES, "en-US", "en-US")) for _ in texts]
    writer = ClipWriter(args.out)
    start, seconds = time.time(), 0.0
    for i in range(writer.done, len(texts)):
        text, voice, rate = texts[i], voices[i], 24000
        if args.make == "hibari":
            voice, audio = "heart", hibari(text, speed=speeds[i], seed=i)
        elif voice == "en-US":
            rate = 16000
            speech = pico.speak(text, voice=voice, speed=rnd.uniform(0.8, 1.2), pitch=rnd.uniform(0.75, 1.2))
            audio = np.frombuffer(speech, "<i2").astype(np.float32) / 32768
        else:
            audio, rate = flite(text, voice)
        if len(audio) == 0 or len(audio) > 9.5 * rate:
            writer.skip()
            continue
        speed = {"speed": round(speeds[i], 3)} if args.make == "hibari" else {}
        writer.add(text, audio, rate, voice, **speed)
        seconds += len(audio) / rate
        if i % 500 == 0:
            print(f"{i}/{len(texts)} {seconds:.0f} s of speech in {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
