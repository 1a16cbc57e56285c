"""Speaks texts with Kokoro-82M (onnx, int8): the natural voices of the ear's training and the two of its test.

The voices of TEST_VOICES are never heard in any training, those of DEV_VOICES only steer it; af_nicole whispers and is
left out too. Training draws half of its clips with a mixture of two voices' styles, which is a voice of its own, and a
third of its voices from those of other languages, which speak English with an accent.

    python -m training.data.kokoro train --texts runs/data/questions.json --number 1500 --out runs/data/kokoro \
        --model kokoro.onnx --vocab vocab.json --voices VOICES
    python -m training.data.kokoro dev --texts runs/data/questions.json --out runs/data/dev-kokoro ...
    python -m training.data.kokoro test --out runs/data/test-kokoro --model ... --vocab ... --voices ...
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import numpy as np
import onnxruntime

from training.data.clips import ClipWriter
from training.data.questions import HELD_OUT

TEST_VOICES = ("bm_lewis", "am_puck")
DEV_VOICES = ("em_alex", "zf_xiaoyi")
LEFT_OUT = ("af_nicole",)
RATE = 24000


class Kokoro:
    """Text -> float32 audio at 24 kHz; phonemes come from hibari's dictionary (the same alphabet)."""

    def __init__(self, model: Path, vocab: Path, voices: Path):
        from hibari import Hibari

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._vocab = json.loads(vocab.read_text())["vocab"]
        self._voices = voices
        self._styles: dict[str, np.ndarray] = {}
        self._phonemes = Hibari(threads=1).phonemize

    def names(self, english: bool = True) -> list[str]:
        """The English voices, or those of the other languages."""
        return sorted(f.stem for f in self._voices.glob("*.bin") if (f.stem[0] in "ab") == english)

    def _style(self, voice: str, length: int) -> np.ndarray:
        """[1, 256] for so many phonemes; "a+b" is the mean of two voices."""
        names = voice.split("+")
        for name in names:
            if name not in self._styles:
                self._styles[name] = np.fromfile(self._voices / f"{name}.bin", np.float32).reshape(-1, 1, 256)
        return np.mean([self._styles[name][length] for name in names], axis=0, dtype=np.float32).reshape(1, 256)

    def speak(self, text: str, voice: str, speed: float) -> np.ndarray | None:
        """One sentence as audio [samples], or None if it falls into several. voice: a name, or two joined by "+"."""
        parts = self._phonemes(text)
        if len(parts) != 1:
            return None
        ids = [self._vocab[c] for c in parts[0] if c in self._vocab]
        feed = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": self._style(voice, len(ids)),
            "speed": np.array([speed], np.float32),
        }
        return np.asarray(self._session.run(None, feed)[0], dtype=np.float32).ravel()


def main() -> None:
    """Resumable: texts already in the shard are not spoken again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("train", "dev", "test"))
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--number", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--out", type=Path, required=True)
    for name in ("model", "vocab", "voices"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    kokoro = Kokoro(args.model, args.vocab, args.voices)
    jobs: list[tuple[str, str, float]] = []
    if args.what == "test":
        jobs = [(q["question"], v, 1.0) for q in json.loads(HELD_OUT.read_text()) for v in TEST_VOICES]
    elif args.what == "dev":
        texts = json.loads(args.texts.read_text())["dev"]
        jobs = [(text, DEV_VOICES[i % len(DEV_VOICES)], 1.0) for i, text in enumerate(texts[: args.number])]
    else:
        texts = json.loads(args.texts.read_text())
        texts["questions"] = texts["questions"] or list(texts["sentences"])  # prose holds none
        rnd = random.Random(args.seed)
        never = TEST_VOICES + DEV_VOICES + LEFT_OUT
        english, others = ([v for v in kokoro.names(e) if v not in never] for e in (True, False))
        rnd.shuffle(texts["questions"])
        rnd.shuffle(texts["sentences"])
        # Three questions to one sentence: questions are what the assistant hears, sentences bring rare words.
        for i in range(args.number):
            text = texts["sentences"][i // 4] if i % 4 == 3 else texts["questions"][i - i // 4]
            voice = rnd.choice(others if rnd.random() < 0.33 else english)
            if rnd.random() < 0.5:
                voice += "+" + rnd.choice([v for v in english if v != voice])
            jobs.append((text, voice, rnd.uniform(0.85, 1.25)))
    writer = ClipWriter(args.out)
    start, seconds = time.time(), 0.0
    for i, (text, voice, speed) in enumerate(jobs[writer.done:]):
        audio = kokoro.speak(text, voice, speed)
        if audio is None:
            writer.skip()
            continue
        writer.add(text, audio, RATE, voice)
        seconds += len(audio) / RATE
        if i % 50 == 0:
            print(f"{writer.done + i}/{len(jobs)} {seconds:.0f} s of speech in {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
