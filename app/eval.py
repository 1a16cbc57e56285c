"""The command `eval`: how well a model understands and speaks, in suites of questions whose answers are known."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from app.ask import add_model_arguments
from model.errors import BadInputError, CannotRunError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `eval`."""
    parser.add_argument(
        "--suite",
        action="append",
        metavar="NAME",
        help="text, spoken, noise, transcription, image, things, video, sound-and-picture, aloud, turns or speech, any "
        "number of times (default: all)",
    )
    parser.add_argument(
        "--cases", type=_count, metavar="N", help="at most so many of each kind (default: all there are)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures, and every answer, to this file")
    parser.add_argument(
        "--recordings",
        type=Path,
        metavar="NAME",
        help="recorded questions NAME.jsonl and NAME.pcm in the voice's place",
    )
    parser.add_argument(
        "--prompts",
        type=Path,
        metavar="FOLDER",
        help="recordings of people, with a texts.txt (default: Asterisk's prompts)",
    )
    parser.add_argument(
        "--whisper",
        default="base",
        metavar="W",
        help="judge of speech: a name or folder of faster-whisper (default: base)",
    )
    parser.add_argument(
        "--voices",
        type=Path,
        metavar="FOLDER",
        help="recordings FOLDER/VOICE/*.wav that the likeness of each voice is measured by (default: its reference)",
    )
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run the suites one after the other; each prints its table when it is done. Among several, one that cannot run
    here says why and leaves the others their turn; the exit code is 1 then."""
    if args.json is not None and not args.json.parent.is_dir():
        raise BadInputError(f"{args.json}: there is no folder {args.json.parent}.")
    from evaluation.results import table
    from evaluation.suites import Task, chosen
    from model import load

    suites = list(chosen(args.suite or []))
    names = [name for name, _ in suites]
    engine = load(args.model, args.device, args.precision, speech="speech" in names)
    found: dict[str, Any] = {
        "model": engine.name,
        "device": engine.device,
        "precision": engine.precision,
        "cases": args.cases,
        "suites": {},
    }
    code = 0
    for name, suite in suites:
        begun, told = time.perf_counter(), _progress(name)
        try:
            result = suite(Task(engine, args.cases, args.recordings, args.prompts, args.whisper, args.voices, told))
        except CannotRunError as error:
            if len(suites) == 1:
                raise
            print(f"visavis: {name}: {error}", file=sys.stderr)
            code = 1
            continue
        finally:
            told(None)
        print(table(name, result), end="\n\n", flush=True)
        found["suites"][name] = result.as_json() | {"seconds": round(time.perf_counter() - begun, 1)}
        if args.json is not None:
            _write(args.json, found)  # after every suite: what is found stays found if a later one cannot run
    return code


def _progress(suite: str) -> Any:
    """Tells how many answers there are, on one line of a terminal; None wipes it away."""

    def tell(count: int | None) -> None:
        if sys.stderr.isatty():
            print("\r\x1b[K" if count is None else f"\r{suite}: {count} answers", end="", file=sys.stderr, flush=True)

    return tell


def _write(path: Path, found: dict[str, Any]) -> None:
    """The file appears whole, or not at all."""
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}-", delete=False, encoding="utf-8"
    ) as file:
        try:
            json.dump(_no_nan(found), file, indent=1, ensure_ascii=False)
            file.write("\n")
            file.flush()
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _no_nan(value: Any) -> Any:
    """JSON has no NaN: a figure of no cases is null."""
    if isinstance(value, dict):
        return {key: _no_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_no_nan(item) for item in value]
    return None if isinstance(value, float) and value != value else value


def _count(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no number of cases")
    return int(text)
