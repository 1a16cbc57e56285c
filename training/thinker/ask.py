"""Has the Thinker answer training questions, for the mouth to learn what it will have to say.

    python -m training.thinker.ask --thinker runs/thinker-sharp --questions runs/data/questions.json --number 1440

Writes answers.json ({question: answer}) into the Thinker's folder: those it was taught, and its own to so many other
questions, greedy, as the product chooses.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch

from training.thinker.answers import HeldOut, pairs
from training.thinker.network import Network

AT_ONCE = 480  # questions between two savings


def main() -> None:
    """Answer, resuming where a run before left off."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--thinker", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--number", type=int, default=1440, help="questions without a taught answer")
    parser.add_argument("--most", type=int, default=40, help="tokens of an answer")
    args = parser.parse_args()
    torch.set_num_threads(1)
    network, held, file = Network(args.thinker), HeldOut(), args.thinker / "answers.json"
    answers = json.loads(file.read_text()) if file.exists() else {}
    questions = json.loads(args.questions.read_text())["questions"]
    known = pairs(questions)
    left = [q for q in questions if q not in known and q not in held][: args.number]
    left = [q for q in left if q not in answers]
    answers |= known
    print(f"{len(known)} taught answers, {len(left)} questions to ask", flush=True)
    for start in range(0, len(left), AT_ONCE):
        began, some = time.time(), left[start : start + AT_ONCE]
        answers |= zip(some, network.answers([network.typed(q) for q in some], args.most, 96))
        part = file.with_suffix(".part")
        part.write_text(json.dumps(answers))
        part.replace(file)
        print(f"{len(answers)} answers, {time.time() - began:.0f} s, {some[-1]} {answers[some[-1]]}", flush=True)


if __name__ == "__main__":
    main()
