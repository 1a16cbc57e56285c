"""The folder of models: which are installed, which are on their way, and how one is taken away.

Beside a model's folder OWNER/NAME lie, hidden: `.NAME.partial`, a download on its way; `.NAME.lock`, held by whoever
downloads or removes; `.NAME.removed`, what is being deleted. None of them can be taken for a model.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from app.models.record import Record, read_record
from model.checkpoint.installed import EMBEDDED, EMBEDDED_NAME, KNOWN, folder_of, models_folder, repo_of
from model.errors import BadInputError, CannotRunError

PART = ".part"


@dataclass(frozen=True)
class Stored:
    """A model that can be chosen, is on its way, or could be fetched.

    Attributes:
        name: as it is called on the command line.
        folder: where it is or would be.
        size: bytes on disk of one that is installed; of all its files for one on its way; about what is fetched, else.
        fetched: bytes that are here of one on its way; None for others.
    """

    name: str
    repo: str
    folder: Path
    installed: bool
    size: int
    fetched: int | None = None
    commit: str = ""


def partial_of(repo: str) -> Path:
    """Where this model grows while it is fetched."""
    folder = folder_of(repo)
    return folder.with_name(f".{folder.name}.partial")


def checked_repo(name: str) -> str:
    """The hub id of a name; BadInputError for what cannot be fetched."""
    repo = repo_of(name)
    if repo is None:
        known = ", ".join(KNOWN)
        raise BadInputError(f'"{name}" is no model of a hub; give {known}, or an id as OWNER/NAME.')
    return repo


def short_name(repo: str) -> str:
    """What a model is called: a known one by its short name, others by their hub id."""
    return next((known.name for known in KNOWN.values() if known.repo == repo), repo)


@contextmanager
def alone(repo: str) -> Iterator[None]:
    """Nobody else downloads or removes this model meanwhile; CannotRunError where somebody does. A process that dies
    lets go."""
    folder = folder_of(repo)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder.with_name(f".{folder.name}.lock"), timeout=0)
        lock.acquire()
    except Timeout as error:
        raise CannotRunError(f"{short_name(repo)} is being downloaded or removed already, elsewhere.") from error
    except OSError as error:
        raise CannotRunError(f"{folder.parent} cannot be written to ({error.strerror or error}).") from error
    try:
        yield
    finally:
        lock.release()


def stored() -> list[Stored]:
    """The embedded model, what is installed or on its way, then what has a short name and could be fetched."""
    found = [Stored(EMBEDDED_NAME, "", EMBEDDED, True, _size_of(EMBEDDED))] if EMBEDDED.is_dir() else []
    repos = {known.repo for known in KNOWN.values()} | set(_repos_on_disk())
    return found + sorted((_stored(repo) for repo in repos), key=lambda one: (not one.installed, one.name))


def _stored(repo: str) -> Stored:
    folder, name = folder_of(repo), short_name(repo)
    if folder.is_dir():
        record = read_record(folder)
        return Stored(name, repo, folder, True, _size_of(folder), commit=record.commit if record else "")
    record = read_record(partial_of(repo))
    if record is not None:
        return Stored(name, repo, folder, False, record.size, fetched_bytes(partial_of(repo), record), record.commit)
    known = KNOWN.get(name)
    return Stored(name, repo, folder, False, known.download_bytes if known else 0)


def fetched_bytes(partial: Path, record: Record) -> int:
    """How much of a model on its way is here."""
    sizes = [_file_size(partial / file.name) or _file_size(partial / (file.name + PART)) for file in record.files]
    return sum(sizes)


def remove(repo: str) -> int:
    """Take a model away, whole or half; returns the bytes that this freed."""
    with alone(repo):
        folder = folder_of(repo)
        gone = folder.with_name(f".{folder.name}.removed")
        there = [path for path in (folder, partial_of(repo), gone) if path.is_dir()]
        if not there:
            raise CannotRunError(f"{short_name(repo)} is not installed.")
        freed = sum(_size_of(path) for path in there)
        shutil.rmtree(gone, ignore_errors=True)
        if folder.is_dir():
            os.rename(folder, gone)  # from here on it is not installed, whatever happens to the deleting
        for path in (gone, partial_of(repo)):
            if path.is_dir():
                shutil.rmtree(path)
    return freed


def _repos_on_disk() -> Iterator[str]:
    root = models_folder()
    if not root.is_dir():
        return
    for owner in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for path in sorted(path for path in owner.iterdir() if path.is_dir()):
            name = path.name
            if name.startswith("."):
                if not name.endswith(".partial"):
                    continue
                name = name.removeprefix(".").removesuffix(".partial")
            if repo_of(f"{owner.name}/{name}"):
                yield f"{owner.name}/{name}"


def _size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
