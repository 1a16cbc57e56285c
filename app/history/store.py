"""The database of conversations: what can be written to it and asked of it, one thread at a time.

Every method is one transaction: it happens wholly or not at all, and sqlite3.Error tells that it did not.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.history import schema, search
from app.history.records import Entry, Recording, StoredFile, StoredMessage, title_of

_PATIENCE = 2.0  # seconds that another program may hold the file
_MOST_FOUND = 200  # conversations; nobody reads more, and each costs an excerpt
_ENTRY = "c.key, c.title, c.pinned, c.updated, c.messages"
_MESSAGE = "m.id, m.key, m.role, m.turn, m.text, m.state, m.reason, m.created, m.timings"


class HistoryStore:
    """One file, and what SQLite puts beside it (-wal, -shm). Raises sqlite3.Error and schema.NewerVersionError."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            schema.prepare(self._database)
        except BaseException:
            self._database.close()
            raise

    def close(self) -> None:
        """Put the write-ahead log into the file and free it."""
        self._database.close()

    # writing

    def save(self, conversation: str, message: StoredMessage) -> None:
        """Keep a message, new or changed; a conversation begins with its first one."""
        with self._transaction() as database:
            owner = self._conversation(conversation, message)
            row = database.execute(
                "INSERT INTO message (conversation, key, turn, role, state, text, reason, created, timings)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET turn = excluded.turn,"
                " state = excluded.state, text = excluded.text, reason = excluded.reason, timings = excluded.timings"
                " RETURNING id",
                (
                    owner,
                    message.key,
                    message.turn,
                    message.role,
                    message.state,
                    message.text,
                    message.reason,
                    message.created,
                    json.dumps(message.timings),
                ),
            ).fetchone()[0]
            database.execute("DELETE FROM file WHERE message = ?", (row,))
            database.executemany(
                "INSERT INTO file VALUES (?, ?, ?, ?, ?)",
                [(row, i, file.path, file.kind, file.thumbnail) for i, file in enumerate(message.files)],
            )
            self._name(owner)

    def add_recording(self, message: str, recording: Recording) -> None:
        """What a message sounds like; nothing happens if it has been taken back."""
        with self._transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO recording SELECT id, ?, ? FROM message WHERE key = ?",
                (recording.seconds, recording.sound, message),
            )

    def forget_recording(self, message: str) -> None:
        """For good."""
        with self._transaction() as database:
            database.execute("DELETE FROM recording WHERE message = (SELECT id FROM message WHERE key = ?)", (message,))
        self._clean_up()

    def add_frames(self, message: str, frames: list[tuple[float, bytes]]) -> None:
        """What was seen while it was asked: seconds and JPEG files; nothing happens if it has been taken back."""
        with self._transaction() as database:
            database.executemany(
                "INSERT INTO frame (message, at, picture) SELECT id, ?, ? FROM message WHERE key = ?",
                [(at, picture, message) for at, picture in frames],
            )

    def forget_frames(self, message: str) -> None:
        """For good."""
        with self._transaction() as database:
            database.execute("DELETE FROM frame WHERE message = (SELECT id FROM message WHERE key = ?)", (message,))
        self._clean_up()

    def forget_messages(self, keys: Iterable[str]) -> None:
        """Take messages back; a conversation with none left goes too."""
        with self._transaction() as database:
            for key in keys:
                found = database.execute("SELECT conversation FROM message WHERE key = ?", (key,)).fetchone()
                if found is not None:
                    database.execute("DELETE FROM message WHERE key = ?", (key,))
                    database.execute("DELETE FROM conversation WHERE id = ? AND messages = 0", found)
                    self._name(found[0])

    def rename(self, conversation: str, title: str) -> None:
        """Give it a title; an empty one stands for the first words again."""
        title = " ".join(title.split())
        with self._transaction() as database:
            values = (title, bool(title), conversation)
            database.execute("UPDATE conversation SET title = ?, named = ? WHERE key = ?", values)
            found = database.execute("SELECT id FROM conversation WHERE key = ?", (conversation,)).fetchone()
            if found is not None:
                self._name(found[0])

    def pin(self, conversation: str, pinned: bool) -> None:
        """Keep it at the top of the list, and from being deleted for its age."""
        with self._transaction() as database:
            database.execute("UPDATE conversation SET pinned = ? WHERE key = ?", (pinned, conversation))

    def delete(self, conversations: Iterable[str]) -> None:
        """For good: what was there is overwritten, in the tables, in the index and in the log."""
        with self._transaction() as database:
            database.executemany("DELETE FROM conversation WHERE key = ?", [(key,) for key in conversations])
        self._clean_up()

    def delete_all(self) -> None:
        """The same with everything, pinned or not."""
        with self._transaction() as database:
            database.execute("DELETE FROM conversation")
        self._clean_up()

    def delete_older(self, before: float) -> int:
        """Delete for good what has not changed since then (seconds since 1970) and is not pinned; how many."""
        with self._transaction() as database:
            count = database.execute("DELETE FROM conversation WHERE pinned = 0 AND updated < ?", (before,)).rowcount
        if count:
            self._clean_up()
        return count

    # reading

    def entries(self, limit: int = -1) -> list[Entry]:
        """The conversations, pinned ones first, then the newest; `limit` of them, -1 for all."""
        order = f"SELECT {_ENTRY} FROM conversation c ORDER BY c.pinned DESC, c.updated DESC LIMIT ?"
        return [_entry(row) for row in self._database.execute(order, (limit,))]

    def entry(self, conversation: str) -> Entry | None:
        """One of them."""
        row = self._database.execute(f"SELECT {_ENTRY} FROM conversation c WHERE c.key = ?", (conversation,)).fetchone()
        return _entry(row) if row is not None else None

    def search(self, typed: str) -> list[Entry]:
        """Conversations in which one message, or the title, holds every word; with the words around the newest hit."""
        query = search.parse(typed)
        if query is None:
            return self.entries()
        source, conditions, values = "message m", [], []
        if query.match:
            source = "message_text f JOIN message m ON m.id = f.rowid"
            conditions.append("message_text MATCH ?")
            values.append(query.match)
        conditions += ["m.text LIKE ? ESCAPE '\\'"] * len(query.patterns)
        values += query.patterns
        titles = [search.like(word) for word in query.words]
        in_title = " AND ".join(["title LIKE ? ESCAPE '\\'"] * len(titles))
        rows = self._database.execute(
            f"WITH hit AS (SELECT m.conversation AS owner, max(m.id) AS message FROM {source}"
            f" WHERE {' AND '.join(conditions)} GROUP BY m.conversation"
            f" UNION ALL SELECT id, 0 FROM conversation WHERE {in_title})"
            f" SELECT {_ENTRY}, m.text FROM (SELECT owner, max(message) AS message FROM hit GROUP BY owner)"
            " JOIN conversation c ON c.id = owner LEFT JOIN message m ON m.id = message"
            " ORDER BY c.pinned DESC, c.updated DESC LIMIT ?",
            (*values, *titles, _MOST_FOUND),
        )
        return [_entry(row, query.excerpt(row[5] or "")) for row in rows]

    def last_turn(self, conversation: str) -> int:
        """The number of its newest turn, 0 if there is none."""
        newest = "SELECT max(m.turn) FROM message m JOIN conversation c ON c.id = m.conversation WHERE c.key = ?"
        return self._database.execute(newest, (conversation,)).fetchone()[0] or 0

    def first_turn_of(self, conversation: str, turns: int, before: int = 1 << 62) -> int:
        """Where so many turns begin that end before that one; fewer where there are no more, 0 where there are none."""
        owner = "(SELECT id FROM conversation WHERE key = ?)"
        numbers = f"SELECT DISTINCT turn FROM message WHERE conversation = {owner} AND turn < ?"
        first = f"SELECT min(turn) FROM ({numbers} ORDER BY turn DESC LIMIT ?)"
        return self._database.execute(first, (conversation, before, turns)).fetchone()[0] or 0

    def messages(self, conversation: str, first: int = 0, last: int = 1 << 62) -> list[StoredMessage]:
        """A conversation from one turn to another, oldest message first, without its recordings."""
        owner = "(SELECT id FROM conversation WHERE key = ?)"
        which = f"m.conversation = {owner} AND m.turn BETWEEN ? AND ?"
        values = (conversation, first, last)
        files: dict[int, list[StoredFile]] = {}
        for message, *file in self._database.execute(
            "SELECT f.message, f.path, f.kind, f.thumbnail FROM message m JOIN file f ON f.message = m.id"
            f" WHERE {which} ORDER BY f.message, f.position",
            values,
        ):
            files.setdefault(message, []).append(StoredFile(*file))
        times: dict[int, list[float]] = {}
        for message, at in self._database.execute(
            f"SELECT f.message, f.at FROM message m JOIN frame f ON f.message = m.id WHERE {which}"
            " ORDER BY f.message, f.at",
            values,
        ):
            times.setdefault(message, []).append(at)
        rows = self._database.execute(
            f"SELECT {_MESSAGE}, (SELECT seconds FROM recording WHERE message = m.id) FROM message m WHERE {which}"
            " ORDER BY m.turn, m.role = 'assistant', m.id",
            values,
        )
        return [_message(row, tuple(files.get(row[0], ())), tuple(times.get(row[0], ()))) for row in rows]

    def recording(self, message: str) -> bytes | None:
        """What a message sounds like, as a FLAC or Ogg file."""
        row = self._database.execute(
            "SELECT r.sound FROM recording r JOIN message m ON m.id = r.message WHERE m.key = ?", (message,)
        ).fetchone()
        return row[0] if row is not None else None

    def frames(self, message: str) -> list[tuple[float, bytes]]:
        """What was seen while it was asked: seconds and JPEG files, in the order of time."""
        wanted = "SELECT f.at, f.picture FROM frame f JOIN message m ON m.id = f.message WHERE m.key = ? ORDER BY f.at"
        return self._database.execute(wanted, (message,)).fetchall()

    # inside

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:  # a full disk ends the transaction by itself
                self._database.execute("ROLLBACK")
            raise

    def _conversation(self, key: str, message: StoredMessage) -> int:
        """Its row, made where there is none; now is when it changed."""
        row: int = self._database.execute(
            "INSERT INTO conversation (key, title, updated) VALUES (?, '', ?)"
            " ON CONFLICT (key) DO UPDATE SET updated = max(updated, excluded.updated) RETURNING id",
            (key, message.created),
        ).fetchone()[0]
        return row

    def _name(self, conversation: int) -> None:
        """Title it by its first messages, unless the person has."""
        first = self._database.execute(
            f"SELECT {_MESSAGE}, 0 FROM message m JOIN conversation c ON c.id = m.conversation"
            " WHERE c.id = ? AND c.named = 0 ORDER BY m.turn, m.role = 'assistant', m.id LIMIT 2",
            (conversation,),
        ).fetchall()
        if first:
            names = "SELECT path, kind, x'' FROM file WHERE message = ? ORDER BY position"
            told = [
                _message(row, tuple(StoredFile(*f) for f in self._database.execute(names, (row[0],)))) for row in first
            ]
            values = (title_of(told), conversation)
            self._database.execute("UPDATE conversation SET title = ? WHERE id = ? AND named = 0", values)

    def _clean_up(self) -> None:
        """The index keeps deleted words until it is merged, the log until it is cut, the file its empty pages."""
        self._database.execute("INSERT INTO message_text (message_text) VALUES ('optimize')")
        self._database.execute("PRAGMA incremental_vacuum").fetchall()
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _entry(row: tuple, excerpt: str = "") -> Entry:
    key, title, pinned, updated, messages = row[:5]
    return Entry(key, title, bool(pinned), updated, messages, excerpt)


def _message(row: tuple, files: tuple[StoredFile, ...], times: tuple[float, ...] = ()) -> StoredMessage:
    _, key, role, turn, text, state, reason, created, timings, seconds = row
    return StoredMessage(
        key, role, turn, text, state, reason, created, json.loads(timings), files, seconds or 0.0, times
    )
