"""What fewer bits cost: the same questions to the same model in several precisions, typed accuracy and how well its
speech is understood (Whisper base), against the first precision.

    python -m evaluation.precisions --whisper FOLDER [--precision bf16 int8 nf4] [--rows FILE.jsonl]

Typed answers are greedy, spoken ones sampled with a seed for each question, so that nothing differs but the weights.
With --rows every answer is kept as it comes, and a run that was cut short goes on where it stopped. On a processor
without bfloat16, "bf16" is slow, and the others compute in float32 between their rounded weights: compare with fp32.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soxr
import torch
from torch import nn

from evaluation.speech import RATE, Judge, whisper
from evaluation.suites import Question, Task, questions
from evaluation.words import right, word_errors
from model import load
from model.engine import Engine
from model.events import Done, SpeechChunk
from model.four_bits import Nf4Linear
from model.placement import FP32

ALLOWED = 0.015  # that an accuracy or an error rate may be worse by


@dataclass(frozen=True)
class Answer:
    """One answer. Of a typed one (`aloud` false) `right` counts, of a spoken one `edits` of `words` that it has."""

    precision: str
    number: int
    aloud: bool
    text: str
    right: bool
    words: int = 0
    edits: int = 0
    heard: str = ""


@dataclass(frozen=True)
class Compared:
    """A precision beside the first one: shares, and how much worse, with the 95 % interval of 2000 samples drawn with
    replacement from the questions that both have answered."""

    cases: int
    value: float
    worse: float
    low: float
    high: float

    @property
    def allowed(self) -> bool:
        return self.worse <= ALLOWED


def compare(reference: Sequence[tuple[float, float]], other: Sequence[tuple[float, float]], sign: int) -> Compared:
    """(above, below) of each question, in the same order; `sign` is 1 where a larger quotient is worse."""
    a, b = np.asarray(reference, float), np.asarray(other, float)

    def difference(rows: np.ndarray) -> np.ndarray:
        one, two = a[rows].sum(-2), b[rows].sum(-2)
        return sign * (two[..., 0] / np.maximum(two[..., 1], 1) - one[..., 0] / np.maximum(one[..., 1], 1))

    drawn = np.random.default_rng(0).integers(0, len(a), (2000, len(a)))
    low, high = np.percentile(difference(drawn), (2.5, 97.5))
    return Compared(len(b), float(b[:, 0].sum() / b[:, 1].sum()), float(difference(np.arange(len(a)))), low, high)


def typed(engine: Engine, precision: str, number: int, question: Question) -> Answer:
    """The greedy answer."""
    text = Task(engine).ask(question.question)
    return Answer(precision, number, False, text, right(text, question.answers))


def spoken(engine: Engine, precision: str, number: int, question: Question, judge: Judge) -> Answer:
    """The answer as it is given to people, and what the judge heard."""
    sound, text = [np.zeros(0, np.float32)], ""
    with engine.conversation() as talk:
        talk.say(question.question)
        for event in talk.reply(seed=number, max_text_tokens=40, max_speech_seconds=20):
            if isinstance(event, SpeechChunk):
                sound.append(event.samples)
            elif isinstance(event, Done):
                text = event.text.strip()
    samples = soxr.resample(np.concatenate(sound), engine.sample_rate, RATE).astype(np.float32)
    heard = judge(samples) if len(samples) > RATE // 10 else ""
    edits, words = word_errors(text, heard)
    # a judge that hears ghosts counts as one that hears nothing right, twice over at most
    return Answer(precision, number, True, text, right(text, question.answers), words, min(edits, 2 * words), heard)


def widen(module: nn.Module, dtype: torch.dtype) -> None:
    """Make layers in NF4 wide for good, with the numbers that they would be made wide to at every step: on a processor
    that is most of a step's time."""
    for name, child in module.named_children():
        if isinstance(child, Nf4Linear):
            linear = nn.Linear(child.in_features, child.out_features, bias=False, device="meta")
            linear.weight, linear.bias = nn.Parameter(child.weight(dtype), requires_grad=False), child.bias
            setattr(module, name, linear)
        else:
            widen(child, dtype)


def measure(
    model: str, precision: str, asked: Sequence[tuple[int, Question]], aloud: Sequence[tuple[int, Question]],
    judge: Judge | None, known: list[Answer], rows: Path | None,
) -> list[Answer]:
    """All answers of a precision: those that are `known`, and the rest, kept in `rows` as they come."""
    found = [answer for answer in known if answer.precision == precision]
    done = {(answer.number, answer.aloud) for answer in found}
    left = [(number, question, False) for number, question in asked if (number, False) not in done]
    left += [(number, question, True) for number, question in aloud if judge and (number, True) not in done]
    if not left:
        return found
    engine = load(model, device="cpu", precision=precision, speech=judge is not None)
    assert engine.plan is not None
    for part in (engine.thinker, engine.talker):
        if part is not None:
            widen(part, torch.float32 if engine.plan.placement.floats == FP32 else torch.bfloat16)
    for number, question, loud in left:
        if loud and judge is not None:
            answer = spoken(engine, precision, number, question, judge)
        else:
            answer = typed(engine, precision, number, question)
        found.append(answer)
        print(f"{precision} {number} {'aloud' if loud else 'typed'} {answer.right:d} {answer.edits}/{answer.words} "
              f"{answer.text[:60]!r}", flush=True)
        if rows is not None:
            with rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(answer)) + "\n")
    return found


def compared(reference: list[Answer], other: list[Answer]) -> dict[str, Compared]:
    """By what is counted: "typed" and, where both spoke, "word errors"."""
    found = {}
    for name, aloud, sign in (("typed", False, -1), ("word errors", True, 1)):
        both = [{a.number: a for a in answers if a.aloud is aloud} for answers in (reference, other)]
        numbers = sorted(both[0].keys() & both[1].keys())
        if numbers:
            counts = [[_counts(side[n]) for n in numbers] for side in both]
            found[name] = compare(counts[0], counts[1], sign)
    return found


def _counts(answer: Answer) -> tuple[float, float]:
    return (float(answer.edits), float(answer.words)) if answer.aloud else (float(answer.right), 1.0)


def main() -> None:
    """Print the table; with --json also write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nano")
    parser.add_argument("--precision", nargs="+", default=["bf16", "int8", "nf4"])
    parser.add_argument("--whisper", help="Whisper base, by name or folder; without it, no speech")
    parser.add_argument("--questions", type=int, help="so many are typed, evenly over all (default: all)")
    parser.add_argument("--aloud", type=int, help="so many are answered aloud, evenly over all (default: all)")
    parser.add_argument("--rows", type=Path, help="keep every answer here, and go on from what is there")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    every = list(enumerate(questions()))
    judge = whisper(args.whisper) if args.whisper else None
    asked, aloud = (Task(None, cases).some(every) for cases in (args.questions, args.aloud))  # type: ignore[arg-type]
    known: list[Answer] = []
    if args.rows and args.rows.is_file():
        known = [Answer(**json.loads(line)) for line in args.rows.read_text(encoding="utf-8").splitlines()]
    found = {name: measure(args.model, name, asked, aloud, judge, known, args.rows) for name in args.precision}
    first, table = args.precision[0], {}
    for name, answers in found.items():
        table[name] = compared(found[first], answers)
        for what, row in table[name].items():
            verdict = "" if row.allowed else "  more than allowed"
            print(f"{name:5} {what:12} {row.cases:4} cases {row.value * 100:5.1f} %, worse than {first} by "
                  f"{row.worse * 100:+5.1f} points ({row.low * 100:+.1f} to {row.high * 100:+.1f}){verdict}")
    if args.json:
        plain = {name: {what: asdict(row) for what, row in rows.items()} for name, rows in table.items()}
        args.json.write_text(json.dumps(plain, indent=1) + "\n")


if __name__ == "__main__":
    main()
