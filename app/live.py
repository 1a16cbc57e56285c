"""Camera, screen and windows in a conversation: opens them, shows them, gives the model a few frames of each turn.

Frames go to the engine only while a turn is being said, or one at the moment a typed question is sent; between turns
nothing leaves the preview. What a turn was given stays with its question, to be looked at and deleted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from app.call.turn import TurnRules
from app.capture import camera
from app.capture.camera import CameraInfo, FrameSource
from app.capture.change import ChangeDetector
from app.capture.eye import Eye
from app.capture.windows import WindowInfo, list_windows
from app.engine_line import EngineLine
from app.engine_protocol import Command, Hear, See
from app.playback.spool import frames_to_disk
from app.settings import home
from app.view_models.conversation import ConversationViewModel, Message, Notice
from app.view_models.live import Looking, Seen

MakeSource = Callable[[str, str], FrameSource]

# Between two frames that the model is given, in seconds, and pixels of each. A camera as in the films of the model's
# training, two frames a second of 128 patches; a screen changes less and has more in it to be read.
_PERIOD = {"camera": 0.5, "screen": 1.0, "window": 1.0}
_PIXELS = {"camera": 128 * 28 * 28, "screen": 384 * 28 * 28, "window": 384 * 28 * 28}
_HEAR_AGAIN = 8000  # samples at a time, when a turn is told again


class Live:
    """For the GUI thread; `turn` tells the generation of the turn that is being said, 0 if none."""

    def __init__(
        self,
        shown: ConversationViewModel,
        line: EngineLine,
        make_source: MakeSource,
        turn: Callable[[], int],
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self._shown, self._line, self._make_source = shown, line, make_source
        self._turn, self._post = turn, post
        self._eye: Eye | None = None
        self._run = 0  # frames of an eye that has been closed are dropped
        self._followed: Message | None = None
        self._zero = 0.0
        self._change = ChangeDetector()
        self._work = ThreadPoolExecutor(1, "live")

    def look(self, kind: str, device: str = "") -> None:
        """Look through this camera, or at this screen or window, in place of whatever is looked at; "" for nothing."""
        self._close_eye()
        self._shown.set_looking(Looking(kind, device, opening=True) if kind else Looking())
        if not kind:
            return
        run = self._run
        self._eye = Eye(
            self._make_source(kind, device),
            _PIXELS[kind],
            lambda frame: self._post(partial(self._see, run, frame)),
            lambda problem: self._post(partial(self._fail, run, problem)),
        )

    def find_sources(self, then: Callable[[list[CameraInfo], list[WindowInfo]], None]) -> None:
        """Tell which cameras and windows there are; on a thread, because to try cameras takes a second."""
        self._work.submit(lambda: self._post(partial(then, camera.list_cameras(), list_windows())))

    def glance(self, question: Message) -> None:
        """A question was typed: it sees what there is to be seen now."""
        if self._shown.view is not None:
            self._give(question, self._shown.view, 0.0)
            self._rest(question)

    def follow(self, question: Message, hands_free: bool) -> None:
        """A turn is being said: from now on it sees a few frames a second."""
        # A hands-free turn has begun before it was noticed; its time is counted from its first sample.
        rules = TurnRules()
        before = rules.pre_roll + rules.start_frames * 0.032 if hands_free else 0.0
        self._followed, self._zero = question, time.monotonic() - before
        self._change = ChangeDetector()
        if self._shown.view is not None and self._change.changed(self._shown.view):
            self._give(question, self._shown.view, 0.0)

    def go_on_following(self, question: Message) -> None:
        """The turn that was over goes on, at the time at which it is."""
        self._followed = question

    def end_turn(self) -> None:
        """The turn is over, and sees no more."""
        followed, self._followed = self._followed, None
        if followed is not None:
            self._rest(followed)

    def close(self) -> None:
        """Free the device before the program ends."""
        if self._eye is not None:
            self._eye.close(patience=1.0)
        self._work.shutdown(wait=True, cancel_futures=True)

    def _see(self, run: int, frame: np.ndarray) -> None:
        if run != self._run:
            return
        looking = self._shown.looking
        if looking.opening:
            self._shown.set_looking(Looking(looking.kind, looking.device))
        self._shown.show_view(frame)
        question = self._followed
        if question is None or self._turn() != question.generation:
            return
        at = time.monotonic() - self._zero
        last = question.seen.times[-1] if question.seen else -1.0
        if at - last >= _PERIOD[looking.kind] - 0.05 and self._change.changed(frame):
            self._give(question, frame, at)

    def _give(self, question: Message, frame: np.ndarray, at: float) -> None:
        question.seen.add(frame, at)
        self._line.send_in_turn(See(question.generation, frame, at))
        self._shown.changed(question)

    def _fail(self, run: int, problem: str) -> None:
        if run == self._run:
            self._close_eye()
            self._shown.set_looking(Looking())
            self._shown.set_notice(Notice(problem, "warning"))

    def _close_eye(self) -> None:
        self._run += 1
        if self._eye is not None:
            self._eye.close()
            self._eye = None
        self._shown.show_view(None)

    def _rest(self, question: Message) -> None:
        """What has been seen goes to disk, as speech does."""
        if question.seen:
            self._work.submit(self._store, question, question.seen)

    def _store(self, question: Message, seen: Seen) -> None:
        frames = frames_to_disk(list(seen.frames), home() / "speech")

        def settle() -> None:
            if question.seen is seen and len(seen.times) == len(frames):  # nothing was deleted or seen meanwhile
                question.seen = Seen(frames, seen.times)

        self._post(settle)


def told_again(question: Message, generation: int) -> list[Command]:
    """What a turn heard and saw, in the order of time, for an engine that is to hear and see it once more."""
    commands: list[Command] = []
    pending = list(zip(question.seen.times, question.seen.frames))
    heard = 0
    for piece in question.speech:
        for begin in range(0, len(piece), _HEAR_AGAIN):
            while pending and pending[0][0] <= heard / question.sample_rate:
                at, frame = pending.pop(0)
                commands.append(See(generation, np.asarray(frame), at))
            samples = np.array(piece[begin : begin + _HEAR_AGAIN])
            commands.append(Hear(generation, samples))
            heard += len(samples)
    return commands + [See(generation, np.asarray(frame), at) for at, frame in pending]
