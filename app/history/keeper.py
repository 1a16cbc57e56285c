"""The thread that reads and writes the database: nobody waits for it, and what cannot be written now is written later.

Writes are done in the order in which they were asked for. Where the disk is full, they wait in memory and are tried
again. A damaged file is kept aside under another name and a fresh one begun.
"""

from __future__ import annotations

import collections
import contextlib
import logging
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from app.history.frames import encode as encode_frame
from app.history.records import Speech
from app.history.schema import NewerVersionError
from app.history.sound import encode
from app.history.store import HistoryStore

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
Write = Callable[[HistoryStore], object]

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BESIDE = ("-wal", "-shm")  # what SQLite keeps beside its file


class KeeperListener(Protocol):
    """Who is told, on the thread of `post`."""

    def history_damaged(self, aside: Path) -> None:
        """The file could not be read and is kept there; a fresh one has begun, without what is shown right now."""

    def history_unusable(self, reason: str) -> None:
        """It cannot be read, or not written; writes wait. Told once, until something could be written again."""

    def history_usable(self) -> None:
        """What waited has been written."""


class HistoryKeeper:
    """One database. Methods return at once; `post` runs what is handed to it on the caller's thread."""

    def __init__(self, path: Path, listener: KeeperListener, post: Callable[[Callable[[], None]], None]) -> None:
        self.path = path
        self._listener, self._post = listener, post
        self._store: HistoryStore | None = None
        self._thread = ThreadPoolExecutor(1, "history")
        self._encoding = ThreadPoolExecutor(1, "history-sound")  # a long answer must not keep a search waiting
        self._waiting: collections.deque[Write] = collections.deque()
        self._told = False
        self._closed = False

    def save_speech(self, message: str, role: str, pieces: list[np.ndarray], sample_rate: int) -> None:
        """Keep what a message sounds like (float32 mono); to be called after its words have been given to `write`."""
        _submit(self._encoding, self._save_speech, message, role, pieces, sample_rate)

    def save_frames(self, message: str, frames: list[tuple[float, np.ndarray]]) -> None:
        """Keep what was seen while a question was asked: seconds, and uint8 [H, W, 3]; after its words, too."""
        _submit(self._encoding, self._save_frames, message, frames)

    def write(self, act: Write) -> None:
        """Change the database."""
        _submit(self._thread, self._write, act)

    def read(self, ask: Callable[[HistoryStore], Answer], then: Callable[[Answer], None]) -> None:
        """Ask the database; `then` gets the answer, or is never called where there is none to be had."""
        _submit(self._thread, self._read, ask, then)

    def retry(self) -> None:
        """Try again to write what waits, if something does."""
        if self._waiting:
            _submit(self._thread, self._write_waiting)

    def settle(self, seconds: float = 60.0) -> None:
        """Wait until all is done that was asked for before; TimeoutError where it takes longer than this."""
        self._encoding.submit(lambda: None).result(seconds)
        self._thread.submit(lambda: None).result(seconds)

    def close(self) -> None:
        """Write what is still to be written, and free the file; nothing may be asked for afterwards."""
        if self._closed:
            return
        self._closed = True
        self._encoding.shutdown(wait=True)
        _submit(self._thread, self._close)
        self._thread.shutdown(wait=True)

    # on the thread

    def _save_speech(self, message: str, role: str, pieces: list[np.ndarray], sample_rate: int) -> None:
        recording = encode(role, Speech(np.concatenate(pieces), sample_rate))
        self.write(lambda store: store.add_recording(message, recording))

    def _save_frames(self, message: str, frames: list[tuple[float, np.ndarray]]) -> None:
        pictures = [(at, encode_frame(frame)) for at, frame in frames]
        self.write(lambda store: store.add_frames(message, pictures))

    def _write(self, act: Write) -> None:
        self._waiting.append(act)
        self._write_waiting()

    def _write_waiting(self) -> None:
        while self._waiting:
            if not self._try(self._waiting[0]):
                return
            self._waiting.popleft()
        if self._told:
            self._told = False
            self._post(self._listener.history_usable)

    def _read(self, ask: Callable[[HistoryStore], Answer], then: Callable[[Answer], None]) -> None:
        answers: list[Answer] = []
        if self._try(lambda store: answers.append(ask(store))):
            self._post(lambda: then(answers[0]))

    def _try(self, act: Write) -> bool:
        """Whether it could be done, be it with a fresh file in place of a damaged one."""
        try:
            try:
                act(self._opened())
            except sqlite3.Error as error:
                if not _is_damage(error):
                    raise
                self._begin_anew()
                act(self._opened())
        except (sqlite3.Error, OSError, NewerVersionError) as error:
            log.warning("history: %s", error)
            if not self._told:
                self._told = True
                reason = _reason(error)
                self._post(lambda: self._listener.history_unusable(reason))
            return False
        return True

    def _opened(self) -> HistoryStore:
        if self._store is None:
            self._store = HistoryStore(self.path)
        return self._store

    def _begin_anew(self) -> None:
        """Keep the damaged file aside, under a name that nothing has yet."""
        self._close()
        number = 1
        while (aside := self.path.with_suffix(f".damaged-{number}{self.path.suffix}")).exists():
            number += 1
        for beside in ("", *_BESIDE):
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self.path}{beside}", f"{aside}{beside}")
        log.warning("history: damaged, kept in %s", aside)
        self._post(lambda: self._listener.history_damaged(aside))

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            with contextlib.suppress(sqlite3.Error):  # the log of a damaged file cannot be put into it
                store.close()


def _submit(thread: ThreadPoolExecutor, function: Callable[..., None], *arguments: object) -> None:
    """A defect of ours must not pass in silence only because nobody asks the future."""
    thread.submit(function, *arguments).add_done_callback(_log_defect)


def _log_defect(future: Future[None]) -> None:
    error = future.exception()
    if error is not None:
        log.error("history", exc_info=error)


def _is_damage(error: sqlite3.Error) -> bool:
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _DAMAGE  # the rest says what exactly is damaged


def _reason(error: Exception) -> str:
    if isinstance(error, NewerVersionError):
        return "it was made by a newer version of this program"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
