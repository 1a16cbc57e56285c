"""The thread of the history: order, a full disk, a damaged file, a disk that comes back."""

from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.history.keeper import HistoryKeeper
from app.history.records import StoredMessage
from app.history.store import HistoryStore


class Listener:
    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    def history_damaged(self, aside: Path) -> None:
        self.told.append(("damaged", aside))

    def history_unusable(self, reason: str) -> None:
        self.told.append(("unusable", reason))

    def history_usable(self) -> None:
        self.told.append(("usable", None))


class Rig:
    """A keeper, and the thread that it tells."""

    def __init__(self, path: Path) -> None:
        self.listener = Listener()
        self.posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.keeper = HistoryKeeper(path, self.listener, self.posted.put)

    def say(self, key: str, text: str = "words") -> None:
        message = StoredMessage(key, "user", 1, text)
        self.keeper.write(lambda store: store.save("c", message))

    def ask(self, question: Callable[[HistoryStore], object]) -> object:
        """The answer, on this thread, after whatever was told before."""
        answers: list[object] = []
        self.keeper.read(question, answers.append)
        while not answers:
            self.posted.get(timeout=60)()
        return answers[0]

    def settle(self) -> None:
        """Until everything that was asked for has been tried."""
        self.keeper.settle(5)
        while not self.posted.empty():
            self.posted.get()()

    def kept(self) -> list[str]:
        return self.ask(lambda store: [m.key for m in store.messages("c")])  # type: ignore[return-value]


@pytest.fixture
def rig(tmp_path: Path):
    made = Rig(tmp_path / "profile" / "history.sqlite")
    yield made
    made.keeper.close()


def test_in_order_and_at_close(rig: Rig, tmp_path: Path) -> None:
    for number in range(50):
        rig.say(f"m{number:02}")
    rig.keeper.save_speech("m00", "user", [np.zeros(8000, np.float32)] * 2, 16_000)
    rig.keeper.close()
    store = HistoryStore(rig.keeper.path)
    messages = store.messages("c")
    assert [m.key for m in messages] == [f"m{number:02}" for number in range(50)]
    assert messages[0].recording_seconds == 1.0
    store.close()


def test_full_disk_is_told_once_and_nothing_is_lost(rig: Rig) -> None:
    rig.say("before")
    assert rig.kept() == ["before"]
    pages = rig.keeper._opened()._database.execute("PRAGMA page_count").fetchone()[0]
    rig.keeper._opened()._database.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own "disk is full"
    for number in range(5):
        rig.say(f"m{number}", "a long text " * 1000)
    rig.settle()
    assert rig.listener.told == [("unusable", "database or disk is full")]
    assert rig.kept() == ["before"]  # what there is can still be read

    rig.keeper._opened()._database.execute("PRAGMA max_page_count = 100000")
    rig.keeper.retry()
    rig.settle()
    assert rig.listener.told[1:] == [("usable", None)]
    assert rig.kept() == ["before", "m0", "m1", "m2", "m3", "m4"]


def test_damaged_file_is_kept_aside_and_a_fresh_one_begun(rig: Rig) -> None:
    path = rig.keeper.path
    path.parent.mkdir()
    (path.parent / "history.damaged-1.sqlite").write_text("an earlier accident")
    path.write_bytes(b"this is no database" * 1000)
    rig.say("new")
    rig.settle()
    aside = path.parent / "history.damaged-2.sqlite"
    assert rig.listener.told == [("damaged", aside)]
    assert aside.read_bytes() == b"this is no database" * 1000
    assert rig.kept() == ["new"]
    assert (path.parent / "history.damaged-1.sqlite").read_text() == "an earlier accident"


def test_file_damaged_in_its_middle(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    store = HistoryStore(path)
    for number in range(200):
        store.save("c", StoredMessage(f"m{number}", "user", number, "words " * 200))
    store.close()
    body = bytearray(path.read_bytes())
    body[4096 * 3 :] = bytes([0x5A]) * (len(body) - 4096 * 3)
    path.write_bytes(body)
    rig = Rig(path)
    rig.say("new")
    assert rig.kept() == ["new"]
    assert [what for what, _ in rig.listener.told] == ["damaged"]
    rig.keeper.close()
    assert (tmp_path / "history.damaged-1.sqlite").stat().st_size == len(body)


def test_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "profile").write_text("a file where the folder should be")
    rig = Rig(tmp_path / "profile" / "history.sqlite")
    rig.say("one")
    rig.say("two")
    rig.settle()
    assert [what for what, _ in rig.listener.told] == ["unusable"]
    (tmp_path / "profile").unlink()
    rig.keeper.retry()
    assert rig.kept() == ["one", "two"]
    rig.keeper.close()
