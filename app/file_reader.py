"""The files of questions: read on a thread of their own, shown at once, sent to the engine in front of the words.

Each becomes ready or fails with one sentence. A question may be sent while its files are still being read: it waits.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from app.engine_line import EngineLine
from app.engine_protocol import AddMedia
from app.media import Audio, Image, Media, Video, kind_of, load_media, stop_decoding, thumbnail
from app.view_models.conversation import Attachment, AttachmentState, ConversationViewModel, Message, Notice
from model.errors import BadInputError, CannotRunError


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

    def attach(self, paths: list[Path]) -> None:
        """Files for the next question."""
        for path in paths:
            try:
                attachment = Attachment(path, kind_of(path))
            except BadInputError as error:
                self._shown.set_notice(Notice(str(error), "warning"))
                continue
            self._shown.attach(attachment)
            self._reading.submit(self._read, attachment)

    def begin_turn(self, question: Message) -> None:
        """Send its files, as soon as all of them are read; the rest of the turn waits behind them."""
        for attachment in question.attachments:
            if attachment.state is AttachmentState.READY and attachment.media is None:  # it comes from the history
                attachment.state = AttachmentState.READING
                self._reading.submit(self._read, attachment)
        if question.attachments:
            self._line.hold_turn()
            self._release_turn(question)

    def close(self) -> None:
        """Read no more; whatever is being decoded is given up."""
        self._reading.shutdown(wait=False, cancel_futures=True)
        stop_decoding()

    def _read(self, attachment: Attachment) -> None:
        try:
            media = load_media(attachment.path)
            attachment.thumbnail = thumbnail(media)
            self._post(partial(self._succeed, attachment, media))
        except (BadInputError, CannotRunError, OSError) as error:
            self._post(partial(self._fail, attachment, str(error)))

    def _succeed(self, attachment: Attachment, media: Media) -> None:
        attachment.media, attachment.state = media, AttachmentState.READY
        self._tell(attachment)

    def _fail(self, attachment: Attachment, reason: str) -> None:
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
