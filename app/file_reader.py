"""The files of questions: read on a thread of their own, shown at once, sent to the engine in front of the words.

Each becomes ready or fails with one sentence. A question may be sent while its files are still being read: it waits.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from app.engine_line import EngineLine
from app.engine_protocol import AddMedia
from app.media import (
    SAMPLE_RATE,
    Audio,
    Image,
    Media,
    MediaKind,
    Reading,
    ReadingCancelled,
    Video,
    kind_of,
    load_media,
    stop_decoding,
    thumbnail,
)
from app.view_models.conversation import ConversationViewModel, Notice
from app.view_models.envelope import Envelope
from app.view_models.message import Attachment, AttachmentState, Message
from model.errors import BadInputError, CannotRunError

MOST_FILES = 32  # of one question: each picture is a few hundred tokens and up to 300 MB


class FileReader:
    """For the GUI thread; `on_failed` is told why a question that has been sent cannot be answered."""

    def __init__(
        self,
        shown: ConversationViewModel,
        line: EngineLine,
        on_failed: Callable[[str], None],
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self._shown, self._line, self._on_failed, self._post = shown, line, on_failed, post
        self._reading = ThreadPoolExecutor(1, "media")
        self._going_on: dict[int, Reading] = {}  # by the attachment's identity

    def attach(self, paths: list[Path]) -> None:
        """Files for the next question."""
        room = max(0, MOST_FILES - len(self._shown.attachments))
        if len(paths) > room:
            self._shown.set_notice(Notice(_too_many(paths, room), "warning"))
        attachments = []
        for path in paths[:room]:
            try:
                attachments.append(Attachment(path, kind_of(path)))
            except BadInputError as error:
                self._shown.set_notice(Notice(str(error), "warning"))
        self._shown.attach(*attachments)
        for attachment in attachments:
            self._begin(attachment, partial(load_media, attachment.path))

    def attach_picture(self, name: str, make: Callable[[], np.ndarray]) -> None:
        """A picture that is no file; `make` gives its pixels, uint8 [H, W, 3], on another thread."""
        if len(self._shown.attachments) >= MOST_FILES:
            self._shown.set_notice(Notice(_too_many([Path(name)], 0), "warning"))
            return
        path = Path(name)
        attachment = Attachment(path, MediaKind.IMAGE)
        self._shown.attach(attachment)
        self._begin(attachment, lambda _reading: Image(path, make()))

    def detach(self, attachment: Attachment) -> None:
        """A file is not wanted after all, be it read or not."""
        self._shown.detach(attachment)
        reading = self._going_on.pop(id(attachment), None)
        if reading is not None:
            reading.cancel()

    def _begin(self, attachment: Attachment, load: Callable[[Reading], Media]) -> None:
        reading = Reading(lambda share: self._post(partial(self._advance, attachment, share)))
        self._going_on[id(attachment)] = reading
        self._reading.submit(self._read, attachment, reading, load)

    def _advance(self, attachment: Attachment, share: float) -> None:
        if attachment.state is AttachmentState.READING:
            attachment.progress = share
            self._tell(attachment)

    def begin_turn(self, question: Message) -> None:
        """Send its files, as soon as all of them are read; the rest of the turn waits behind them."""
        for attachment in question.attachments:
            if attachment.state is AttachmentState.READY and attachment.media is None:  # it comes from the history
                attachment.state = AttachmentState.READING
                self._begin(attachment, partial(load_media, attachment.path))
        if question.attachments:
            self._line.hold_turn()
            self._release_turn(question)

    def close(self) -> None:
        """Read no more; whatever is being decoded is given up."""
        for reading in list(self._going_on.values()):
            reading.cancel()
        self._reading.shutdown(wait=False, cancel_futures=True)
        stop_decoding()

    def _read(self, attachment: Attachment, reading: Reading, load: Callable[[Reading], Media]) -> None:
        if reading.cancelled:
            return
        try:
            media = load(reading)
            attachment.thumbnail = thumbnail(media)
            attachment.levels = _levels(media)
            self._post(partial(self._succeed, attachment, media))
        except ReadingCancelled:
            return
        except (BadInputError, CannotRunError, OSError) as error:
            self._post(partial(self._fail, attachment, str(error)))

    def _succeed(self, attachment: Attachment, media: Media) -> None:
        self._going_on.pop(id(attachment), None)
        attachment.media, attachment.state = media, AttachmentState.READY
        self._tell(attachment)

    def _fail(self, attachment: Attachment, reason: str) -> None:
        self._going_on.pop(id(attachment), None)
        attachment.problem, attachment.state = reason, AttachmentState.FAILED
        if attachment in self._shown.attachments:  # not sent yet: tell, and take it out of the way
            self._shown.detach(attachment)
            self._shown.set_notice(Notice(reason, "warning"))
        self._tell(attachment)

    def _tell(self, attachment: Attachment) -> None:
        self._shown.attachments_changed()
        question = self._shown.question()
        if question is not None and attachment in question.attachments:
            self._shown.changed(question)
            self._release_turn(question)

    def _release_turn(self, question: Message) -> None:
        if not self._line.holding:
            return
        failed = [a for a in question.attachments if a.state is AttachmentState.FAILED]
        if failed:
            self._on_failed(failed[0].problem)
        elif all(a.state is AttachmentState.READY for a in question.attachments):
            self._line.release_turn([as_command(question.generation, a) for a in question.attachments])


def _too_many(paths: list[Path], room: int) -> str:
    if not room:
        return f"One question takes {MOST_FILES} files; send it, or take some out, then add {paths[0].name} again."
    left = len(paths) - room
    return f"One question takes {MOST_FILES} files; {left} were left out, from {paths[room].name} on."


def _levels(media: Media) -> np.ndarray | None:
    samples = media.samples if isinstance(media, Audio | Video) else None
    if samples is None:
        return None
    envelope = Envelope(SAMPLE_RATE)
    envelope.take([samples])
    return envelope.levels()


def as_command(generation: int, attachment: Attachment) -> AddMedia:
    """What the engine is told of a file that has been read."""
    match attachment.media:
        case Image(_, pixels):
            return AddMedia(generation, "image", pixels=pixels)
        case Audio(_, samples):
            return AddMedia(generation, "audio", samples=samples)
        case Video(_, frames, fps, samples):
            return AddMedia(generation, "video", pixels=frames, samples=samples, fps=fps)
        case None:
            raise ValueError(f"{attachment.path} has not been read yet")
