"""The command `models`: which there are; fetch one, check one, take one away."""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.models import store
from app.models.pace import Pace, in_words
from model.errors import BadInputError, CannotRunError

_ACTS = ("list", "download", "verify", "remove")
_LOOK = 0.5  # seconds between two lines of progress
_BAR = 24  # letters


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `models`."""
    parser.add_argument("act", nargs="?", choices=_ACTS, default="list", help="(default: list)")
    parser.add_argument("name", nargs="?", metavar="NAME", help="3b, 7b, or the OWNER/NAME of a hub")
    parser.add_argument(
        "--revision", metavar="R", help="a branch, tag or commit to download (default: what main is now, then kept)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line in place of plain text")


def run(args: argparse.Namespace) -> int:
    """Do it; raises BadInputError and CannotRunError."""
    if args.act == "list":
        return _list(args.json)
    if not args.name:
        raise BadInputError(f"models {args.act}: name the model; visavis models lists what there is.")
    if args.act == "download":
        return _download(args)
    if args.act == "verify":
        return _verify(args)
    return _remove(args)


def _list(as_json: bool) -> int:
    from app.models.fit import fit_of, in_words

    models = store.stored()
    width = max(len(model.name) for model in models)
    for model in models:
        fit = fit_of(model)
        if as_json:
            told = {**asdict(model), "folder": str(model.folder), "fit": None if fit is None else asdict(fit)}
            print(json.dumps(told, ensure_ascii=False), flush=True)
            continue
        print(f"{model.name:{width}}  {_state(model)}")
        if fit is not None:
            print(f"{'':{width}}  {in_words(fit)}")
    return 0


def _state(model: store.Stored) -> str:
    if model.installed:
        at = f", commit {model.commit[:8]}" if model.commit else ""
        return f"installed, {size(model.size)}{at}, {model.folder}"
    if model.fetched is not None:
        return (
            f"{model.fetched / max(1, model.size):.0%} of {size(model.size)} downloaded; "
            f"go on with: visavis models download {model.name}"
        )
    return f"not installed, about {size(model.size)}; fetch it with: visavis models download {model.name}"


def _download(args: argparse.Namespace) -> int:
    from app.models.download import Progress, download

    repo = store.checked_repo(args.name)
    if store.folder_of(repo).is_dir():
        return _tell_done(args, repo, store.folder_of(repo), "is installed already")
    progress = Progress()
    outcome: list[Path | BaseException] = []

    def work() -> None:
        try:
            outcome.append(download(repo, args.revision, progress))
        except BaseException as error:  # handed to the main thread, which tells
            outcome.append(error)

    # On a thread, so that Ctrl+C is heard while the line is silent. It may be cut off at any point, as by kill -9.
    worker = threading.Thread(target=work, name="download", daemon=True)
    worker.start()
    display = _Display(args.json, sys.stderr.isatty())
    try:
        while worker.is_alive():
            worker.join(_LOOK)
            display.show(progress)
    except KeyboardInterrupt:
        progress.cancelled.set()
        display.end()
        raise CannotRunError(
            f"Stopped. What has been fetched is kept; go on with: visavis models download {args.name}"
        ) from None
    display.end()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return _tell_done(args, repo, outcome[0], "is installed")


def _tell_done(args: argparse.Namespace, repo: str, folder: Path, what: str) -> int:
    if args.json:
        print(json.dumps({"event": "done", "repo": repo, "folder": str(folder)}), flush=True)
    else:
        print(f"{store.short_name(repo)} {what}, in {folder}. Use it with --model {store.short_name(repo)}")
    return 0


class _Display:
    """One line that is written over, or a JSON line each time, or plain lines now and then where nobody watches."""

    _SELDOM = 10.0  # seconds

    def __init__(self, as_json: bool, terminal: bool) -> None:
        self._json, self._terminal = as_json, terminal
        self._pace, self._width, self._told = Pace(), 0, time.monotonic()

    def show(self, progress: Any) -> None:
        """What is going on."""
        now = time.monotonic()
        if progress.phase == "fetch":
            self._pace.note(now, progress.done)
        rate, left = self._pace.rate, self._pace.seconds_left(progress.total)
        if self._json:
            told = {"phase": progress.phase, "file": progress.file, "done": progress.done, "total": progress.total}
            told |= {"checked": progress.checked, "checking": progress.checking, "rate": round(rate)}
            told |= {"seconds_left": None if left is None else round(left, 1), "trouble": progress.trouble}
            print(json.dumps({"event": "progress", **told}, ensure_ascii=False), flush=True)
        elif self._terminal or now - self._told >= self._SELDOM:
            self._told = now
            self._write(_line(progress, rate, left))

    def end(self) -> None:
        """Nothing more comes."""
        if self._terminal and self._width:
            print(file=sys.stderr)

    def _write(self, line: str) -> None:
        if self._terminal:
            print(f"\r{line:{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(line)
        else:
            print(line, file=sys.stderr, flush=True)


def _line(progress: Any, rate: float, left: float | None) -> str:
    if progress.phase == "look":
        return "Asking the hub…"
    share = progress.done / max(1, progress.total)
    bar = "█" * round(share * _BAR)
    line = f"{bar:░<{_BAR}} {share:4.0%} of {size(progress.total)}"
    if progress.trouble:
        return f"{line}, trying again: {progress.trouble}"
    if progress.phase == "check":
        return f"{line}, checking {progress.file}: {progress.checked / max(1, progress.checking):.0%}"
    return f"{line}, {size(rate)}/s, {in_words(left)} left"


def _verify(args: argparse.Namespace) -> int:
    from app.models.record import problem_of, read_record

    repo = store.checked_repo(args.name)
    folder, name = store.folder_of(repo), store.short_name(repo)
    if not folder.is_dir():
        raise CannotRunError(f"{name} is not installed; fetch it with: visavis models download {name}")
    record = read_record(folder)
    if record is None:
        raise CannotRunError(f"{folder} has no record of its download, so there is nothing to compare it with.")
    problems = []
    for file in record.files:
        try:
            problem = problem_of(folder / file.name, file)
        except OSError as error:
            problem = f"cannot be read ({error.strerror or error})"
        if problem:
            problems.append(f"{file.name} {problem}")
        if args.json:
            print(json.dumps({"event": "file", "file": file.name, "size": file.size, "problem": problem}), flush=True)
        else:
            print(f"{'✗' if problem else '✓'} {file.name}{f': {problem}' if problem else ''}", flush=True)
    if problems:
        raise CannotRunError(
            f"{name} is damaged ({problems[0]}); fetch it again: visavis models remove {name}, then download it."
        )
    if not args.json:
        print(f"{name} is whole: {size(record.size)} as the hub has them at commit {record.commit}.")
    return 0


def _remove(args: argparse.Namespace) -> int:
    if args.name == store.EMBEDDED_NAME:
        raise BadInputError(f"{args.name} is built in and cannot be removed.")
    repo = store.checked_repo(args.name)
    freed = store.remove(repo)
    if args.json:
        print(json.dumps({"event": "removed", "repo": repo, "bytes": freed}))
    else:
        print(f"{store.short_name(repo)} is removed; that freed {size(freed)}.")
    return 0


def size(count: float) -> str:
    """Bytes as a person says them."""
    for unit, amount in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= amount:
            return f"{count / amount:.1f} {unit}"
    return f"{count:.0f} bytes"
