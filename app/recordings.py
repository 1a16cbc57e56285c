"""Recordings of the conversation: played once more from anywhere, and saved as WAV; on a thread of their own.

Shares the loudspeaker with the answers: whoever plays makes sure that nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from app.playback.reply_player import ReplyPlayer
from app.playback.spool import to_disk
from app.playback.wav_file import WavFile
from app.settings import home
from app.view_models.conversation import ConversationViewModel, Notice
from app.view_models.message import Message
from app.view_models.playhead import Playhead
from model.errors import BadInputError, CannotRunError

_GENERATION = -2  # the player's generation of a recording; replies count from 1


class Recordings:
    """For the GUI thread.

    Attributes:
        playing: the Message or Attachment that is played, or None.
    """

    def __init__(
        self, shown: ConversationViewModel, player: ReplyPlayer, post: Callable[[Callable[[], None]], None]
    ) -> None:
        self._shown, self._player, self._post = shown, player, post
        self._work = ThreadPoolExecutor(1, "recordings")
        self._begin = self._total = 0.0
        self._started = False
        self.playing: object | None = None

    def play(self, subject: object, pieces: list[np.ndarray], sample_rate: int, begin: float = 0.0) -> None:
        """Play float32 mono from `begin` seconds on."""
        self._total = sum(map(len, pieces)) / sample_rate
        self._begin = min(max(0.0, begin), max(0.0, self._total - 0.05))
        self.playing, self._started = subject, False
        self._player.begin(_GENERATION)
        self._work.submit(self._play, subject, list(pieces), sample_rate, self._begin)

    def stop(self) -> None:
        """Fall silent, if a recording is played."""
        if self.playing is not None:
            self.playing = None
            self._player.stop()

    def playhead(self) -> Playhead | None:
        """How far the recording has come; None once it is over."""
        if self.playing is None or (self._started and not self._player.playing):
            self.playing = None
            return None
        heard = self._begin + (self._player.played_seconds if self._started else 0.0)
        return Playhead(self.playing, min(heard, self._total), self._total, complete=True)

    def save(self, message: Message, path: Path) -> None:
        """Write the speech of a message to a WAV file; a notice tells how that went."""
        self._work.submit(self._save, list(message.speech), message.sample_rate, path)

    def rest(self, message: Message) -> None:
        """Nothing is added to this message any more: its speech goes to disk."""
        if message.speech:
            self._work.submit(self._rest, message, list(message.speech))

    def close(self) -> None:
        """Finish what is being written."""
        self._work.shutdown(wait=True, cancel_futures=True)

    def _play(self, subject: object, pieces: list[np.ndarray], sample_rate: int, begin: float) -> None:
        if self.playing is not subject:
            return
        samples = np.concatenate(pieces)[int(begin * sample_rate) :]
        if self._player.play(_GENERATION, samples, sample_rate):
            self._player.finish(_GENERATION)
            self._post(partial(self._has_started, subject))
        else:
            self._post(partial(self._cannot_play, subject))

    def _has_started(self, subject: object) -> None:
        if self.playing is subject:
            self._started = True

    def _cannot_play(self, subject: object) -> None:
        if self.playing is subject:
            self.playing = None
            if self._player.problem is not None:
                self._shown.set_notice(Notice(self._player.problem, "warning"))

    def _save(self, pieces: list[np.ndarray], sample_rate: int, path: Path) -> None:
        try:
            file = WavFile(path)
            try:
                file.play(np.concatenate(pieces), sample_rate)
                file.close()
            except (CannotRunError, OSError):
                file.abandon()
                raise
        except (BadInputError, CannotRunError) as error:
            notice = Notice(str(error), "warning")
        except OSError as error:
            notice = Notice(f"{path}: cannot be written ({error.strerror or error}).", "warning")
        else:
            notice = Notice(f"Saved as {path}.", "info")
        self._post(partial(self._shown.set_notice, notice))

    def _rest(self, message: Message, pieces: list[np.ndarray]) -> None:
        resting = to_disk(pieces, home() / "speech")
        self._post(partial(self._settle, message, pieces, resting))

    @staticmethod
    def _settle(message: Message, pieces: list[np.ndarray], resting: list[np.ndarray]) -> None:
        if len(message.speech) == len(pieces) and message.speech[0] is pieces[0]:  # nothing was deleted meanwhile
            message.envelope.take(message.speech)
            message.speech = resting
