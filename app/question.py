"""What is asked on the command line: files and text of this turn and of earlier ones, as given to a conversation.

Files are read and decoded first, before a model is loaded: a misspelled name is told at once, not after a minute.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.media import Audio, Image, Media, load_audio, load_image, load_video
from model.errors import BadInputError

if TYPE_CHECKING:
    from model.conversation import Conversation

Content = str | Media


@dataclass(frozen=True)
class EarlierTurn:
    """A turn of the past, of the "user" or the "assistant"; `where` names it in messages."""

    role: str
    contents: list[Content]
    where: str


def read_question(files: Sequence[tuple[str, str]], text: str | None, sound_in_video: bool) -> list[Content]:
    """The files, each ("image", "audio" or "video", path), in their order, and the text behind them."""
    if text is None and not files:
        raise BadInputError("There is no question: give a text, or a file with --audio, --image or --video.")
    checked = [] if text is None else [_checked_text(text, "the question")]
    contents: list[Content] = [_load(kind, path, sound_in_video) for kind, path in files]
    return contents + checked


def read_history(path: Path, sound_in_video: bool) -> list[EarlierTurn]:
    """[{"role": "user" or "assistant", "content": [{"type": "text", "text": …}, {"type": "audio", "path": …}, …]}, …];
    a content may also be one string. Paths are looked for where the program runs, then beside the file."""
    try:
        turns = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInputError(f"{path}: there is no such file.") from error
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path}: is no JSON text ({error}).") from error
    if not isinstance(turns, list):
        raise BadInputError(f"{path}: is no list of turns.")
    return [_earlier_turn(turn, path, f"{path}, turn {number}", sound_in_video) for number, turn in enumerate(turns, 1)]


def enter(talk: Conversation, contents: Sequence[Content]) -> None:
    """Give the contents to the open turn; BadInputError names the file that cannot be used."""
    for content in contents:
        if isinstance(content, str):
            talk.say(content)
            continue
        try:
            if isinstance(content, Image):
                talk.add_image(content.pixels)
            elif isinstance(content, Audio):
                talk.add_audio(content.samples)
            else:
                talk.add_video(content.frames, content.fps, content.samples)
        except BadInputError as error:
            raise BadInputError(f"{content.path}: {error}") from error


def recall(talk: Conversation, turns: Sequence[EarlierTurn]) -> None:
    """Enter earlier turns."""
    for turn in turns:
        try:
            enter(talk, turn.contents)
            talk.close_turn(turn.role)
        except BadInputError as error:
            raise BadInputError(f"{turn.where}: {error}") from error


def _earlier_turn(turn: Any, path: Path, where: str, sound_in_video: bool) -> EarlierTurn:
    role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else (None, None)
    if role not in ("user", "assistant"):
        raise BadInputError(f'{where}: its "role" must be "user" or "assistant".')
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(parts, list) or not parts:
        raise BadInputError(f'{where}: its "content" must be a list of texts and files.')
    return EarlierTurn(role, [_part(part, role, path, where, sound_in_video) for part in parts], where)


def _part(part: Any, role: str, path: Path, where: str, sound_in_video: bool) -> Content:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(part.get("text"), str):
        return _checked_text(part["text"], where)
    if kind not in ("image", "audio", "video") or not isinstance(part.get("path"), str):
        raise BadInputError(
            f'{where}: a content must be {{"type": "text", "text": …}}, or "image", "audio" or "video" with a "path".'
        )
    if role == "assistant":
        raise BadInputError(f"{where}: a turn of the assistant can hold text only.")
    name = part["path"]
    beside = path.parent / name
    try:
        return _load(kind, str(beside) if beside.is_file() and not Path(name).exists() else name, sound_in_video)
    except BadInputError as error:
        raise BadInputError(f"{where}: {error}") from error


def _load(kind: str, path: str, sound_in_video: bool) -> Media:
    if kind == "image":
        return load_image(path)
    if kind == "audio":
        return load_audio(path)
    return load_video(path, sound=sound_in_video)


def _checked_text(text: str, where: str) -> str:
    if not text.strip():
        raise BadInputError(f"{where}: there is no text in it.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:  # bytes of another encoding, on the command line
        raise BadInputError(f"{where}: its text is not valid Unicode.") from error
    return text
