"""Questions a person might put to an assistant, as training text for the ear and the Thinker.

Three sources: templates filled from word lists, example sentences of WordNet (for the breadth of words) and the
question halves of the chatterbot corpus. Whatever equals a question of `evaluation/questions.json` is left out,
compared without case and punctuation, so that the held-out questions are new to every stage.

    python -m training.data.questions --out runs/data/questions.json [--wordnet DIR] [--chatterbot DIR]
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

from evaluation.words import normal
from training.data import question_words as words

HELD_OUT = Path(__file__).parents[2] / "evaluation" / "questions.json"
EVERYDAY = HELD_OUT.with_name("everyday.json")
_PLAIN = re.compile(r"^[A-Za-z][A-Za-z ,.?'!-]*$")


def held_out() -> set[str]:
    """Normal forms of the test questions, which no training text may equal."""
    return {normal(q["question"]) for file in (HELD_OUT, EVERYDAY) for q in json.loads(file.read_text())}


def fill(template: str, rnd: random.Random) -> str:
    """One random instance of a template such as "What is the capital of {country}?"."""
    text = re.sub(r"\{(\w+)\}", lambda m: rnd.choice(words.LISTS[m[1]]), template)
    text = re.sub(r"\b([Aa]) (?=[aeioAEIO])", r"\1n ", text)
    for wrong, right in words.PLURALS.items():
        text = re.sub(rf"\b{wrong}\b", right, text)
    return text[0].upper() + text[1:]


def from_templates(number: int, rnd: random.Random) -> list[str]:
    """`number` different questions and requests; small templates run dry, so each draws at most 40 times its share."""
    out: dict[str, None] = {}
    for _ in range(number * 40):
        out.setdefault(fill(rnd.choice(words.TEMPLATES), rnd))
        if len(out) >= number:
            break
    return list(out)


def from_wordnet(folder: Path) -> Iterator[str]:
    """Example sentences ("...") of the WordNet glosses, as written sentences of 4 to 14 plain words."""
    for name in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{name}").read_text(errors="ignore").splitlines():
            for example in re.findall(r'"([^"]+)"', line.partition("|")[2]):
                text = example.strip(" ;,.")
                if _PLAIN.match(text) and 4 <= len(text.split()) <= 14:
                    text = text[0].upper() + text[1:]
                    yield text if text[-1] in "?!" else text + "."


def from_chatterbot(folder: Path) -> Iterator[str]:
    """Lines of the English chatterbot conversations, 2 to 14 plain words."""
    for file in sorted((folder / "english").glob("*.yml")):
        for line in re.findall(r"^\s*-\s+(?:-\s+)?(.+)$", file.read_text(errors="ignore"), re.M):
            text = line.strip().strip("'\"").replace("''", "'")
            if _PLAIN.match(text) and 2 <= len(text.split()) <= 14:
                text = text[0].upper() + text[1:]
                asks = text.split()[0] in words.ASKING
                yield text if text[-1] in ".?!" else text + ("?" if asks else ".")


def main() -> None:
    """Write {"questions": [...], "sentences": [...]}, each a list of different texts in random order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--chatterbot", type=Path)
    parser.add_argument("--number", type=int, default=14000, help="questions from templates")
    args = parser.parse_args()
    rnd = random.Random(7)
    never = held_out()
    questions = from_templates(args.number, rnd)
    sentences = list(from_wordnet(args.wordnet)) if args.wordnet.exists() else []
    if args.chatterbot:
        talk = list(from_chatterbot(args.chatterbot))
        questions += [t for t in talk if t.endswith("?")]
        sentences += [t for t in talk if not t.endswith("?")]
    result = {}
    for name, texts in (("questions", questions), ("sentences", sentences)):
        unique = list(dict.fromkeys(t for t in texts if normal(t) not in never))
        rnd.shuffle(unique)
        result[name] = unique
        print(name, len(unique), unique[:5])
    # What steers the training is asked of texts of the same make that it never sees.
    result["dev"] = result["questions"][-60:] + result["sentences"][-20:]
    result["questions"], result["sentences"] = result["questions"][:-60], result["sentences"][:-20]
    rnd.shuffle(result["dev"])
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result))


if __name__ == "__main__":
    main()
