"""A model comes from the hub: resumed where it was left, checked file by file, there whole or not at all.

Files grow in a hidden folder beside the model's place; the record in it pins the commit and says which files are
checked. The last step gives the folder its name. So a process that dies at any moment leaves what it has, and the next
one goes on with it; only what is checked is believed.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any, cast

from app.models import hub
from app.models.hub import HubError
from app.models.record import RECORD, Record, RemoteFile, problem_of, read_record
from app.models.store import PART, alone, fetched_bytes, folder_of, partial_of, short_name
from model.config import read_config
from model.errors import BadInputError, CannotRunError

_WEIGHTS = ".safetensors"
_VOICES = "spk_dict.pt"  # a pickle, which is read as plain tensors only
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_WANTED = (_WEIGHTS, ".json", ".jinja", "merges.txt", "vocab.txt", _VOICES)
_LICENCE = ("LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE")
_SPARE = 256 << 20  # bytes of the disk that we leave to others
_PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0)  # seconds between tries that bring nothing; behind the last one we give up
_BUSY = 2  # tries with a hub that says it is busy; huggingface_hub has asked it for half a minute each time
_LONGEST_WAIT = 60.0  # seconds that we wait because the hub asks for it
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Cancelled(Exception):
    """The person has stopped it; what is fetched stays."""


class Progress:
    """What a download does at this moment, for whoever shows it. Written by one thread, read by others.

    Attributes:
        phase: "look" (the hub is asked), "fetch", "check" (hashes are computed) or "done".
        total, done: bytes of all files, and how many of them are here.
        checked: bytes of the file that is being checked that have been read; its size is `checking`.
        trouble: why a try failed that is being repeated; empty while all is well.
    """

    def __init__(self) -> None:
        self.phase, self.file, self.trouble = "look", "", ""
        self.total = self.done = self.checked = self.checking = 0
        self.cancelled = threading.Event()


def download(repo: str, revision: str | None = None, progress: Progress | None = None) -> Path:
    """Fetch a model, or go on with it; returns its folder. Raises BadInputError, CannotRunError and Cancelled."""
    progress = progress or Progress()
    with alone(repo), _told_of_disk(folder_of(repo)):
        folder, partial = folder_of(repo), partial_of(repo)
        if folder.is_dir():
            return folder
        try:
            record = _begin(repo, revision, partial)
            progress.total = record.size
            progress.done = fetched_bytes(partial, record)
            _check_room(partial, record)
            for file in record.missing:
                _bring(record, file, partial, progress)
                record.checked.append(file.name)
                record.save(partial)
                if file.name == "config.json":
                    _check_architecture(partial, repo)
        except HubError as error:
            raise CannotRunError(str(error)) from error
        os.rename(partial, folder)
        progress.phase = "done"
        return folder


def _begin(repo: str, revision: str | None, partial: Path) -> Record:
    """The record of what was begun, or a new one for the commit that the hub has now."""
    record = read_record(partial)
    if record is not None and revision in (None, record.commit):
        return record
    listing = _patiently(lambda: hub.look_up(repo, revision or "main"))
    if record is not None and record.commit == listing.commit:
        return record
    files = [hub.complete(repo, listing.commit, file) for file in choose_files(repo, listing.files)]
    if partial.is_dir():
        shutil.rmtree(partial)  # of another commit, or without a record: nothing says what it is
    partial.mkdir(parents=True)
    record = Record(repo, listing.commit, files)
    record.save(partial)
    return record


def choose_files(repo: str, files: list[RemoteFile]) -> list[RemoteFile]:
    """Those of a repository's files that make a model, configuration first, weights last; BadInputError where there are
    no safetensors, or where a name leads out of the folder."""
    for file in files:
        if _leads_out(file.name):
            raise BadInputError(
                f"{repo} names a file that lies outside of its folder ({file.name}); it is not fetched."
            )
    flat = [file for file in files if "/" not in file.name and not file.name.startswith(".")]
    chosen = [file for file in flat if file.name.endswith(_WANTED) or file.name in _LICENCE]
    chosen = [file for file in chosen if file.name != RECORD]
    names = {file.name for file in chosen}
    if not any(name.endswith(_WEIGHTS) for name in names):
        pickles = [file.name for file in files if file.name.endswith(_PICKLES) and file.name != _VOICES]
        if pickles:
            raise BadInputError(
                f"{repo} holds its weights as pickles only ({pickles[0]}), which can run any code when they are read; "
                "look for a repository with safetensors."
            )
        raise BadInputError(f"{repo} holds no weights: it has no .safetensors file.")
    if "config.json" not in names:
        raise BadInputError(f"{repo} is no model that we know: it has no config.json.")
    return sorted(chosen, key=lambda file: (file.name != "config.json", file.name.endswith(_WEIGHTS), file.name))


def _leads_out(name: str) -> bool:
    paths = PurePosixPath(name), PureWindowsPath(name)
    return any(path.is_absolute() or ".." in path.parts for path in paths) or bool(paths[1].drive) or "\0" in name


def _check_room(partial: Path, record: Record) -> None:
    needed = record.size - fetched_bytes(partial, record) + _SPARE
    free = shutil.disk_usage(partial).free
    if needed > free:
        raise CannotRunError(
            f"{short_name(record.repo)} needs {needed / 1e9:.1f} GB on the disk, but only {free / 1e9:.1f} GB are free "
            f"at {partial.parent}; make room, or set VISAVIS_MODELS to a folder with more."
        )


def _check_architecture(partial: Path, repo: str) -> None:
    """Before gigabytes are fetched; what is of another kind is not kept."""
    try:
        read_config(partial)
    except BadInputError as error:
        kind = _model_type(partial / "config.json")
        shutil.rmtree(partial)
        raise BadInputError(
            f"{repo} is a model of another architecture ({kind}), which this program cannot run; nothing was installed."
        ) from error


def _model_type(config: Path) -> str:
    try:
        raw = json.loads(config.read_text("utf-8"))
    except ValueError:
        return "its config.json is no JSON"
    return str(raw.get("model_type", "unnamed")) if isinstance(raw, dict) else "unnamed"


def _bring(record: Record, file: RemoteFile, partial: Path, progress: Progress) -> None:
    """Fetch and check one file; one that is damaged is fetched once more, from its beginning."""
    path = partial / file.name
    for last in (False, True):
        if not path.is_file():
            _fetch(record, file, path, progress)
        progress.phase, progress.file, progress.checking = "check", file.name, file.size
        problem = problem_of(path, file, partial_teller(progress))
        if problem is None:
            return
        path.unlink()
        progress.done = fetched_bytes(partial, record)
        if last:
            raise CannotRunError(
                f"{file.name} {problem}, twice. Something between here and {hub.endpoint()} changes it, or the hub is "
                "at fault; try later, or a mirror by HF_ENDPOINT. Nothing was installed."
            )


def partial_teller(progress: Progress) -> Callable[[int], None]:
    """Tells a progress how much of a file has been checked, and stops where it is cancelled."""

    def tell(done: int) -> None:
        progress.checked = done
        if progress.cancelled.is_set():
            raise Cancelled

    return tell


def _fetch(record: Record, file: RemoteFile, path: Path, progress: Progress) -> None:
    """Bytes into FILE.part until all are here, through any number of cuts; then the file gets its name."""
    part = path.with_name(path.name + PART)
    copy = hub.cached(record.repo, record.commit, file)
    if copy is not None and not part.is_file():
        shutil.copyfile(copy, part)  # checked like everything else
    tries = 0
    while True:
        begin = part.stat().st_size if part.is_file() else 0
        if begin > file.size:
            part.unlink()  # more than there can be: begun when the file was another one, or by a server that lied
            begin = 0
        try:
            with part.open("ab") as raw:
                progress.phase, progress.file = "fetch", file.name
                sink = _Sink(raw, progress, progress.done - begin)
                if begin < file.size:
                    hub.fetch(record.repo, record.commit, file, cast(Any, sink), begin)
                raw.flush()
                os.fsync(raw.fileno())
            os.replace(part, path)
            progress.trouble = ""
            return
        except HubError as error:
            if error.status == 416 and begin:
                part.unlink()
                continue
            moved = part.stat().st_size > begin
            tries = 0 if moved else tries + 1
            most = len(_PAUSES) if error.status is None else _BUSY
            if not error.passing or tries > most or error.wait > _LONGEST_WAIT:
                raise
            progress.trouble = str(error)
            _wait(max(error.wait, 0.0 if moved else _PAUSES[tries - 1]), progress)


class _Sink:
    """The file that the hub's bytes go into: counts them, and refuses to go on once it is cancelled."""

    def __init__(self, file: IO[bytes], progress: Progress, before: int) -> None:
        self._file, self._progress, self._before = file, progress, before

    def write(self, data: bytes) -> int:
        if self._progress.cancelled.is_set():
            raise Cancelled
        written = self._file.write(data)
        self._progress.done = self._before + self._file.tell()
        self._progress.trouble = ""
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _patiently(ask: Callable[[], Any]) -> Any:
    for pause in (*_PAUSES[:2], None):
        try:
            return ask()
        except HubError as error:
            if pause is None or not error.passing or error.wait > _LONGEST_WAIT:
                raise
            time.sleep(max(pause, error.wait))
    return None


def _wait(seconds: float, progress: Progress) -> None:
    if progress.cancelled.wait(seconds):
        raise Cancelled


@contextmanager
def _told_of_disk(folder: Path) -> Iterator[None]:
    """A disk that is full, or a file system that cannot hold such files, gets a sentence of its own."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise CannotRunError(
                f"The disk of {folder.parent} is full. What was fetched is kept; make room, and the same command "
                "goes on from there."
            ) from error
        if error.errno == errno.EFBIG:
            raise CannotRunError(
                f"{folder.parent} lies on a file system that takes no file as large as this; set VISAVIS_MODELS to a "
                "folder on another one."
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.EIO):
            raise CannotRunError(f"{error.filename or folder} cannot be written to ({error.strerror}).") from error
        raise
