"""The tables. Texts are indexed by their trigrams, so that any part of a word is found, in Chinese too."""

from __future__ import annotations

import sqlite3

VERSION = 2

# What a camera or a screen showed while a question was asked; new in version 2.
_FRAMES = """
CREATE TABLE frame (
    id INTEGER PRIMARY KEY,
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    at REAL NOT NULL,                      -- seconds since the turn began
    picture BLOB NOT NULL                  -- JPEG
);
CREATE INDEX frame_of_message ON frame (message, at);
"""
_TABLES = """
CREATE TABLE conversation (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    named INTEGER NOT NULL DEFAULT 0,      -- 1 once the person has given it its title
    pinned INTEGER NOT NULL DEFAULT 0,
    updated REAL NOT NULL,                 -- seconds since 1970
    messages INTEGER NOT NULL DEFAULT 0    -- how many; counted by triggers, so that the list reads one table only
);
CREATE INDEX conversation_by_time ON conversation (pinned DESC, updated DESC);
CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
    key TEXT NOT NULL UNIQUE,
    turn INTEGER NOT NULL,
    role TEXT NOT NULL,
    state TEXT NOT NULL,
    text TEXT NOT NULL,
    reason TEXT NOT NULL,
    created REAL NOT NULL,
    timings TEXT NOT NULL                  -- JSON, seconds by stage
);
CREATE INDEX message_of_conversation ON message (conversation, turn, id);
CREATE TABLE file (
    message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path TEXT NOT NULL,
    kind TEXT NOT NULL,
    thumbnail BLOB NOT NULL,               -- JPEG, may be empty
    PRIMARY KEY (message, position)
) WITHOUT ROWID;
CREATE TABLE recording (
    message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
    seconds REAL NOT NULL,
    sound BLOB NOT NULL                    -- a FLAC or Ogg Opus file
);

CREATE VIRTUAL TABLE message_text USING fts5(text, content='message', content_rowid='id', tokenize='trigram');
CREATE TRIGGER message_added AFTER INSERT ON message BEGIN
    INSERT INTO message_text (rowid, text) VALUES (new.id, new.text);
    UPDATE conversation SET messages = messages + 1 WHERE id = new.conversation;
END;
CREATE TRIGGER message_deleted AFTER DELETE ON message BEGIN
    INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.id, old.text);
    UPDATE conversation SET messages = messages - 1 WHERE id = old.conversation;
END;
CREATE TRIGGER message_changed AFTER UPDATE OF text ON message WHEN new.text <> old.text BEGIN
    INSERT INTO message_text (message_text, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO message_text (rowid, text) VALUES (new.id, new.text);
END;
"""


class NewerVersionError(Exception):
    """The file was made by a program newer than this one."""


def prepare(database: sqlite3.Connection) -> None:
    """Make a new file's tables; raises NewerVersionError, and sqlite3.DatabaseError where the file is damaged."""
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise NewerVersionError
    if version == 0:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table; what is deleted gives room back
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(f"BEGIN; {_TABLES} {_FRAMES} PRAGMA user_version = {VERSION}; COMMIT;")
    elif version == 1:
        database.executescript(f"BEGIN IMMEDIATE; {_FRAMES} PRAGMA user_version = {VERSION}; COMMIT;")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")  # with WAL: a power cut may lose the last turn, never the file
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten with zeros
