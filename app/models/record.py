"""What a model's folder should hold: its files with their sizes and hashes, as the hub told them when it was fetched.

The record lies in the folder itself, so that what is installed can be checked years later and without the hub.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RECORD = "visavis-download.json"
_BLOCK = 8 << 20  # bytes hashed between two looks at who is waiting


@dataclass(frozen=True)
class RemoteFile:
    """One file of a model. The hub knows large files by `sha256`, small ones by the `git_sha1` of their blob."""

    name: str
    size: int
    sha256: str | None = None
    git_sha1: str | None = None


@dataclass
class Record:
    """A model at one commit of its repository.

    Attributes:
        checked: names of files that lie in the folder, whole and with the right hash.
    """

    repo: str
    commit: str
    files: list[RemoteFile]
    checked: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def missing(self) -> list[RemoteFile]:
        """Files that are not checked yet, in order."""
        return [file for file in self.files if file.name not in self.checked]

    def save(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        part = folder / f"{RECORD}.part"
        with part.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, folder / RECORD)


def read_record(folder: Path) -> Record | None:
    """The record in a folder; None where there is none that can be read."""
    try:
        raw: dict[str, Any] = json.loads((folder / RECORD).read_text("utf-8"))
        files = [RemoteFile(**file) for file in raw["files"]]
        return Record(str(raw["repo"]), str(raw["commit"]), files, [str(name) for name in raw["checked"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def problem_of(path: Path, file: RemoteFile, tell: Callable[[int], None] = lambda _: None) -> str | None:
    """What is wrong with a file, or None; `tell` is given the bytes that have been read, again and again.

    Raises OSError where it cannot be read.
    """
    if not path.is_file():
        return "is missing"
    size = path.stat().st_size
    if size != file.size:
        return f"has {size} bytes instead of {file.size}"
    if file.sha256 is not None:
        right = _hash(path, hashlib.sha256(), tell) == file.sha256
    elif file.git_sha1 is not None:
        right = _hash(path, hashlib.sha1(b"blob %d\0" % size), tell) == file.git_sha1
    else:
        raise ValueError(f"{file.name} has no hash to be checked by")
    return None if right else "is damaged: its content is not what the hub has"


def _hash(path: Path, digest: Any, tell: Callable[[int], None]) -> str:
    done = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            tell(done)
    return str(digest.hexdigest())
