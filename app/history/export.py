"""A conversation as files for other programs: Markdown to read; JSON with its sound and files, as a folder or a zip.

The JSON has the form that `ask --history` reads, with some more keys: an exported conversation can be gone on with.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.history.records import StoredFile, StoredMessage, name_of
from app.history.sound import suffix

_SPEAKERS = {"user": "You", "assistant": "Vis-à-vis"}


@dataclass(frozen=True)
class Exported:
    """What is to be written: a conversation and how to get at the recording of each message (its key → a file), and at
    what was seen while it was asked (its key → seconds and JPEG files)."""

    title: str
    messages: list[StoredMessage]
    recording: Callable[[str], bytes | None]
    frames: Callable[[str], list[tuple[float, bytes]]]


def write_markdown(conversation: Exported, path: Path) -> None:
    """One file, wholly or not at all; raises OSError."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(markdown(conversation), "utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def markdown(conversation: Exported) -> str:
    """The words, with who said them and when; speech and files by name and length."""
    lines = [f"# {conversation.title}", ""]
    for message in conversation.messages:
        lines += [f"**{_SPEAKERS[message.role]}** · {_when(message):%Y-%m-%d %H:%M}", ""]
        lines += [f"*{name_of(file)}*  " for file in message.files]
        if message.recording_seconds and message.role == "user":
            lines.append(f"*spoken, {message.recording_seconds:.1f} s*")
        if message.text:
            lines.append(message.text.strip())
        if message.reason:
            lines += ["", f"*{message.reason}*"]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def write_media(conversation: Exported, path: Path) -> None:
    """conversation.json with a folder media; as a zip where the path ends so. Wholly or not at all; raises OSError."""
    with tempfile.TemporaryDirectory(prefix=".visavis-", dir=path.parent) as scratch:
        folder = Path(scratch) / "conversation"
        (folder / "media").mkdir(parents=True)
        turns = [turn for turn in _turns(conversation, folder) if turn["content"]]
        (folder / "conversation.json").write_text(json.dumps(turns, ensure_ascii=False, indent=2) + "\n", "utf-8")
        if path.suffix.lower() == ".zip":
            packed = Path(scratch) / "packed"
            _pack(folder, packed)
            packed.replace(path)
        else:
            folder.replace(path)  # refuses to replace a folder that has something in it


def _turns(conversation: Exported, folder: Path) -> Iterator[dict[str, Any]]:
    for number, message in enumerate(conversation.messages, 1):
        content: list[dict[str, str]] = []
        for index, file in enumerate(message.files):
            content.append(_file(file, folder, f"{number:04}-{index + 1}-{name_of(file)}"))
        for at, picture in conversation.frames(message.key) if message.frame_times else ():
            name = f"media/{number:04}-seen-{at:05.1f}s.jpg"
            (folder / name).write_bytes(picture)
            content.append({"type": "image", "path": name})
        turn: dict[str, Any] = {"role": message.role, "content": content}
        sound = conversation.recording(message.key) if message.recording_seconds else None
        if sound is not None:
            name = f"media/{number:04}-{'question' if message.role == 'user' else 'answer'}{suffix(sound)}"
            (folder / name).write_bytes(sound)
            if message.role == "user":
                content.append({"type": "audio", "path": name})
            else:
                turn["speech"] = name
        if message.text.strip():
            content.append({"type": "text", "text": message.text})
        turn |= {"state": message.state, "created": _when(message).isoformat(timespec="seconds")}
        if message.timings:
            turn["timings"] = message.timings
        yield turn


def _file(file: StoredFile, folder: Path, name: str) -> dict[str, str]:
    """A copy of it, or only its name where it has gone; its small picture is kept in both cases."""
    if file.thumbnail:
        (folder / "media" / f"{name}.small.jpg").write_bytes(file.thumbnail)
    original = Path(file.path)
    if not original.is_file():
        return {"type": "text", "text": f"({name_of(file)})"}
    shutil.copyfile(original, folder / "media" / name)
    return {"type": file.kind, "path": f"media/{name}"}


def _pack(folder: Path, packed: Path) -> None:
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # sound and pictures are compressed already
        for file in sorted(folder.rglob("*")):
            archive.write(file, str(file.relative_to(folder)))


def _when(message: StoredMessage) -> datetime:
    return datetime.fromtimestamp(message.created)
