"""How well the model speaks: its own replies to the held-out questions, heard by judges that it has never met.

The questions are typed, text and speech come from one run of the product's engine, and what each judge hears is
compared with the text. Two rates are given: of replies that the mouth has not been trained on, and of all; a reply is
known when each of its sentences is. Judges: Whisper base (CTranslate2 folder) and, with --pocketsphinx, PocketSphinx,
which shares nothing with Whisper.

    python -m evaluation.speaking --model nano --whisper FOLDER [--seen runs/data] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
import soxr

from evaluation.hearing import QUESTIONS
from model import load
from model.events import Done, SpeechChunk
from training.mouth.measure import distance, words

RATE = 24_000


def replies(model: str, questions: list[str], precision: str) -> Iterable[tuple[str, np.ndarray, Done]]:
    """(text, samples at 24 kHz, the Done) of the reply to each question, in a conversation of its own."""
    engine = load(model, device="cpu", precision=precision)
    for number, question in enumerate(questions):
        with engine.conversation() as talk:
            talk.say(question)
            sound: list[np.ndarray] = []
            for event in talk.reply(seed=number, max_text_tokens=40, max_speech_seconds=20):
                if isinstance(event, SpeechChunk):
                    sound.append(event.samples)
                elif isinstance(event, Done):
                    yield event.text.strip(), np.concatenate(sound) if sound else np.zeros(0, np.float32), event


def seen_texts(folder: Path | None) -> set[str]:
    """Normal forms of every sentence the mouth was trained on."""
    if folder is None:
        return set()
    rows = (json.loads(line) for index in folder.glob("hibari-*.jsonl") for line in index.read_text().splitlines())
    return {" ".join(words(row["text"])) for row in rows if not row["test"]}


def is_known(text: str, seen: set[str]) -> bool:
    """Whether every sentence of the text is among those."""
    sentences = [" ".join(words(part)) for part in re.split(r"(?<=[.!?])\s+", text)]
    return " ".join(words(text)) in seen or all(part in seen for part in sentences if part)


@dataclass
class Score:
    """Words said and misheard, by judge."""

    replies: int = 0
    words: int = 0
    wrong: dict[str, int] = field(default_factory=dict)

    def add(self, said: list[str], errors: dict[str, int]) -> None:
        self.replies, self.words = self.replies + 1, self.words + len(said)
        for name, count in errors.items():
            self.wrong[name] = self.wrong.get(name, 0) + count

    def rates(self) -> dict[str, float]:
        return {f"wer_{name}": round(count / max(1, self.words), 4) for name, count in self.wrong.items()}


class PocketSphinx:
    def __init__(self) -> None:
        from pocketsphinx import Decoder

        self._decoder = Decoder(samprate=16000, loglevel="FATAL")

    def __call__(self, samples: np.ndarray) -> str:
        sound = (np.clip(soxr.resample(samples, RATE, 16000), -1, 1) * 32767).astype("<i2")
        self._decoder.start_utt()
        self._decoder.process_raw(sound.tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return found.hypstr if found else ""


class Whisper:
    def __init__(self, folder: Path) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def __call__(self, samples: np.ndarray) -> str:
        sound = soxr.resample(samples, RATE, 16000).astype(np.float32)
        return " ".join(part.text for part in self._model.transcribe(sound, language="en", beam_size=1)[0])


def main() -> None:
    """Speak, judge, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--whisper", type=Path, required=True)
    parser.add_argument("--pocketsphinx", action="store_true")
    parser.add_argument("--seen", type=Path, help="folder of the mouth's training shards")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--out", type=Path, help="keep the WAV files here")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    questions = [q["question"] for q in json.loads(QUESTIONS.read_text())][:: args.every]
    seen = seen_texts(args.seen)
    judges: dict[str, Whisper | PocketSphinx] = {"whisper-base": Whisper(args.whisper)}
    if args.pocketsphinx:
        judges["pocketsphinx"] = PocketSphinx()
    unknown, every = Score(), Score()
    seconds = spent = 0.0
    for number, (text, samples, done) in enumerate(replies(args.model, questions, args.precision)):
        said = words(text)
        if not said:
            continue
        known = is_known(text, seen)
        seconds, spent = seconds + len(samples) / RATE, spent + done.timings["total"]
        line, errors = f"{number:3} {'known ' if known else ''}{text!r}", {}
        for name, judge in judges.items():
            heard = words(judge(samples)) if len(samples) > RATE // 10 else []
            errors[name] = min(distance(said, heard), 2 * len(said))
            line += f" | {' '.join(heard)}"
        every.add(said, errors)
        if not known:
            unknown.add(said, errors)
        print(line, flush=True)
        if args.out:
            args.out.mkdir(parents=True, exist_ok=True)
            soundfile.write(args.out / f"{number:03}.wav", samples, RATE)
    out: dict[str, object] = {
        name: {"replies": score.replies, "words": score.words, **score.rates()}
        for name, score in (("unknown_replies", unknown), ("all_replies", every))
    }
    out["speech_seconds"] = round(seconds, 1)
    out["real_time_factor_one_thread"] = round(spent / max(seconds, 1e-9), 3)
    out["finished"] = time.strftime("%Y-%m-%d")
    print(json.dumps(out))
    if args.json:
        args.json.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
