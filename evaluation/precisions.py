"""What fewer bits cost: the same questions to the same model in several precisions, typed accuracy and how well its
speech is understood (Whisper base), against bfloat16.

    python -m evaluation.precisions --model nano --whisper FOLDER [--precision bf16 int8 nf4] [--every 3]

Sampling is seeded, so that nothing differs but the weights. On a processor without bfloat16, "bf16" still
rounds between layers too, and the others compute in float32 between their rounded weights.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from evaluation.hearing import QUESTIONS, right
from evaluation.speaking import RATE, Whisper
from model import load
from model.engine import Engine
from model.events import Done, SpeechChunk
from training.mouth.measure import distance, words

ALLOWED = 0.015  # that an accuracy or an error rate may be worse by


@dataclass
class Figures:
    """Of one precision."""

    questions: int = 0
    right: int = 0
    replies_spoken: int = 0
    words: int = 0
    misheard: int = 0
    seconds: float = 0.0

    @property
    def accuracy(self) -> float:
        return self.right / max(1, self.questions)

    @property
    def wer(self) -> float:
        return self.misheard / max(1, self.words)


def ask(engine: Engine, question: str, number: int, aloud: bool) -> tuple[str, np.ndarray]:
    """The answer and its samples at 24 kHz."""
    sound = [np.zeros(0, np.float32)]
    text = ""
    with engine.conversation() as talk:
        talk.say(question)
        for event in talk.reply(seed=number, speech=aloud, max_text_tokens=40, max_speech_seconds=20):
            if isinstance(event, SpeechChunk):
                sound.append(event.samples)
            elif isinstance(event, Done):
                text = event.text.strip()
    return text, np.concatenate(sound)


def measure(model: str, precision: str, questions: list[dict], judge: Whisper | None, every: int) -> Figures:
    """All questions typed; every `every`-th answered aloud and judged."""
    engine = load(model, device="cpu", precision=precision, speech=judge is not None)
    figures, begun = Figures(), time.time()
    for number, question in enumerate(questions):
        aloud = judge is not None and number % every == 0
        text, samples = ask(engine, question["question"], number, aloud)
        figures.questions += 1
        figures.right += right(text, question["answers"])
        said = words(text)
        if aloud and judge is not None and said:
            heard = words(judge(samples)) if len(samples) > RATE // 10 else []
            figures.replies_spoken += 1
            figures.words += len(said)
            figures.misheard += min(distance(said, heard), 2 * len(said))
        print(f"{precision} {number} {figures.right} {figures.misheard}/{figures.words} {text[:60]!r}", flush=True)
    figures.seconds = time.time() - begun
    return figures


def main() -> None:
    """Print the table; with --json also write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--precision", nargs="+", default=["bf16", "int8", "nf4"])
    parser.add_argument("--whisper", type=Path, help="folder of Whisper base; without it, no speech")
    parser.add_argument("--every", type=int, default=1, help="how many questions are answered aloud: every n-th")
    parser.add_argument("--questions", type=int, help="only the first so many")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    questions = json.loads(QUESTIONS.read_text())[: args.questions]
    judge = Whisper(args.whisper) if args.whisper else None
    found = {name: measure(args.model, name, questions, judge, args.every) for name in args.precision}
    first = found[args.precision[0]]
    print(f"{'':6}{'typed right':>16}{'against ' + args.precision[0]:>16}{'word errors':>14}{'against':>10}")
    for name, figures in found.items():
        lost, worse = first.accuracy - figures.accuracy, figures.wer - first.wer
        verdict = "" if max(lost, worse) <= ALLOWED else "  more than allowed"
        print(f"{name:6}{figures.right:>8} of {figures.questions:<5}{-lost * 100:>+14.1f}{figures.wer * 100:>13.1f}%"
              f"{worse * 100:>+10.1f}{verdict}")
    if args.json:
        args.json.write_text(json.dumps({name: asdict(figures) for name, figures in found.items()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
