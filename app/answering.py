"""The answer that runs, in text and sound: begins, grows, is stopped, fails. Owns the player.

For the GUI thread, except `hear`. Whatever still comes of a reply that was stopped is dropped here, by its generation.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import psutil

from app import engine_protocol as protocol
from app.engine_line import EngineLine
from app.playback.reply_player import ReplyPlayer
from app.recordings import Recordings
from app.settings import SettingsStore
from app.view_models.caption import rate_of
from app.view_models.conversation import ConversationViewModel, Message, MessageState, Notice
from app.view_models.latency import Latency
from app.view_models.playhead import Playhead

_OfReply = protocol.Text | protocol.Speech | protocol.Trimmed | protocol.Remark | protocol.ReplyDone


class Answering:
    """At most one answer, preview of a voice or recording at a time.

    Attributes:
        running: generation of the reply that is being made, 0 if none.
        previewing: the same of a voice that introduces itself.
        repeatable: generation of the newest reply whose question this engine can answer anew, 0 if none.
        recordings: plays what was said once more.
    """

    def __init__(
        self,
        shown: ConversationViewModel,
        settings: SettingsStore,
        line: EngineLine,
        player: ReplyPlayer,
        deafen: Callable[[], None],
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        self._shown, self._settings, self._line, self._player = shown, settings, line, player
        self._deafen = deafen
        self.recordings = Recordings(shown, player, post)
        self.repeatable = 0
        self._stopped = 0  # replies up to this generation are not wanted any more
        self._told_silent = 0  # the newest generation of which was told that it cannot be heard
        self.running = 0
        self.previewing = 0
        self._ahead: list[_OfReply] | None = None  # what has come of a reply that must not be shown yet
        self._asked = 0.0
        self._told_forgotten: set[str] = set()  # of this conversation: in a long call more is forgotten again and again

    @property
    def going_on(self) -> bool:
        """Whether there is something to stop."""
        return bool(self.running or self.previewing or self._player.playing)

    @property
    def sounding(self) -> bool:
        """Whether the loudspeaker plays."""
        return self._player.playing

    def begin_conversation(self) -> None:
        """The engine has begun a new one, or is told this one anew."""
        self.repeatable = 0
        self._told_forgotten = set()

    def begin(self, asked: float | None = None, again: bool = False) -> None:
        """The newest question is complete: ask for its answer, or for another one. `asked` is when the person had
        finished, on the monotonic clock; by default now."""
        self.running = self.repeatable = self._shown.generation
        speech = self._settings.current.speak_answers
        if speech:
            self._player.begin(self.running)
        now = time.monotonic()
        self._shown.new_answer().latency = Latency(now if asked is None else asked, now)
        self._line.send_in_turn(protocol.Reply(self.running, speech=speech, again=again))

    def begin_ahead(self, asked: float) -> None:
        """The newest question may be complete: have it answered, and let nothing of that be seen or heard."""
        self.running = self.repeatable = self._shown.generation
        self._ahead, self._asked = [], asked
        speech = self._settings.current.speak_answers
        if speech:
            self._player.begin(self.running, held=True)
        self._line.send_in_turn(protocol.Reply(self.running, speech=speech))

    @property
    def is_ahead(self) -> bool:
        """Whether an answer is being made that is not shown yet."""
        return self._ahead is not None

    def release(self) -> None:
        """The question was complete: here is its answer, as far as it has been made."""
        ahead, self._ahead = self._ahead or [], None
        self._shown.new_answer().latency = Latency(self._asked, time.monotonic())
        if self._player.playing:
            self._deafen()
        self._player.carry_on()
        for event in ahead:
            self.take(event)

    def take_back(self) -> bool:
        """The newest question was not complete: its answer has never been. False if that is too late."""
        generation, answer = self._shown.generation, self._shown.answer()
        if self.repeatable != generation or generation <= self._stopped:
            return False
        self._player.stop()
        self._stopped, self._ahead = generation, None
        self._line.send(protocol.Resume(generation))
        if answer is not None and answer.generation == generation:
            self._shown.remove_answer(answer)
        self.running = self.repeatable = 0
        return True

    def preview(self, voice: str) -> None:
        """Let a voice introduce itself; nothing else may be going on."""
        self._shown.generation += 1
        self.previewing = self._shown.generation
        self._player.begin(self.previewing)
        self._line.send(protocol.Preview(self.previewing, voice))

    def replay(self, subject: object, pieces: list[np.ndarray], sample_rate: int, begin: float = 0.0) -> None:
        """Play a recording, float32 mono, from `begin` seconds on, in place of whatever is heard."""
        complete = self._shown.answer()
        if self.running or self.previewing or subject is not complete:
            self.stop(MessageState.INTERRUPTED)  # but who jumps about in the answer that is heard interrupts nobody
        self.recordings.stop()
        if pieces:
            self._deafen()
            self.recordings.play(subject, pieces, sample_rate, begin)

    def playhead(self) -> Playhead | None:
        """What is heard right now, and how far it has come."""
        if self.recordings.playing is not None:
            return self.recordings.playhead()
        answer = self._shown.answer()
        if answer is None or not self._player.playing or not answer.speech:
            return None
        complete = answer.state is not MessageState.GROWING
        return Playhead(answer, self._player.played_seconds, answer.speech_seconds, complete)

    def stop(self, state: MessageState, reason: str = "") -> None:
        """Silence, and no more of the reply that runs, if one does."""
        self.recordings.stop()
        generation = self.running or (self._shown.generation if self._player.playing else self.previewing)
        if not generation:
            return
        heard = self._player.stop()
        self._stopped, self._ahead = max(self._stopped, generation), None
        self._line.send(protocol.Interrupt(generation, heard))
        if self._line.holding:
            self._line.drop_turn()
            self._line.send(protocol.Discard(generation))
        answer = self._shown.answer()
        if answer is not None and (self.running or heard is not None):
            answer.heard_seconds = heard
            self._end(answer, state, reason)
        self.running = self.previewing = 0

    def fail(self, reason: str) -> None:
        """The newest question gets no answer, or no complete one; it can be asked again."""
        self.running = self.previewing = self.repeatable = 0
        self._ahead = None
        question, answer = self._shown.question(), self._shown.answer()
        if answer is not None:
            if answer.state is MessageState.GROWING:
                self._end(answer, MessageState.FAILED, reason)
        elif question is not None and question.state is not MessageState.INTERRUPTED:
            question.state, question.reason = MessageState.FAILED, reason
            self._shown.changed(question)

    def engine_died(self) -> None:
        """What it had said completely is still heard out."""
        if self.running or self.previewing:
            self._player.stop()
        self.fail("The engine stopped before the answer was complete.")

    def hear(self, event: protocol.Event) -> None:
        """On the thread that reads the engine's events: sound goes straight to the player."""
        if isinstance(event, protocol.Speech):
            # The sound of a reply that was stopped must not make deaf to whoever stopped it.
            if self._player.wants(event.generation) and self._ahead is None:
                self._deafen()
            self._player.play(event.generation, event.samples, event.sample_rate)
        elif isinstance(event, protocol.ReplyDone):
            self._player.finish(event.generation)

    def take(self, event: _OfReply) -> None:
        """A piece of a reply."""
        if event.generation <= self._stopped:
            return
        if self._ahead is not None and event.generation == self.running:
            self._ahead.append(event)
            return
        if event.generation == self.previewing:
            if isinstance(event, protocol.ReplyDone):
                self.previewing = 0
            return
        answer = self._shown.answer()
        if answer is None or answer.generation != event.generation:
            return
        match event:
            case protocol.Text(_, delta):
                answer.text += delta
                if answer.latency is not None and answer.latency.first_text is None:
                    answer.latency.first_text = time.monotonic()
            case protocol.Speech(_, samples, sample_rate, _):
                answer.sample_rate = sample_rate
                answer.speech.append(np.asarray(samples, np.float32))
            case protocol.Trimmed(_, what) if what not in self._told_forgotten:
                self._told_forgotten.add(what)
                forgotten = "the oldest pictures" if what == "pictures" else "its beginning"
                text = f"This conversation is long; the model has forgotten {forgotten}."
                self._shown.set_notice(Notice(text, "info"))
            case protocol.Remark(_, sentence):
                self._shown.set_notice(Notice(sentence, "warning"))
            case protocol.ReplyDone(_, text, interrupted, seconds, timings):
                answer.text = text or answer.text
                answer.state = MessageState.INTERRUPTED if interrupted else MessageState.COMPLETE
                answer.timings = timings
                self._measure(answer, seconds, timings)
                self.recordings.rest(answer)
                self.running = 0
        self._shown.changed(answer)

    def mind_loudspeaker(self) -> None:
        """To be called often: notes what has sounded meanwhile, and tells once where nothing can be heard."""
        news = self._player.mind_device()
        if news is not None:
            self._shown.set_notice(Notice(news, "info"))
        answer, sounded_at = self._shown.answer(), self._player.sounded_at
        if answer is not None and self.recordings.playing is None and sounded_at is not None:
            latency = answer.latency
            if latency is not None and latency.first_sound is None and self._player.wants(answer.generation):
                latency.first_sound = sounded_at
                self._shown.changed(answer)
        self._tell_of_silence()

    def _measure(self, answer: Message, speech_seconds: float, timings: dict[str, float]) -> None:
        if answer.latency is not None:
            answer.latency.speech_seconds = speech_seconds
            answer.latency.reply_seconds = timings.get("total", 0.0)
            answer.latency.memory_bytes = _memory(self._line.process.pid)
        rate = rate_of(answer.text, speech_seconds)
        if rate is not None:
            self._shown.speaking_rate = rate

    def take_failure(self, generation: int, reason: str) -> bool:
        """The engine cannot answer; whether that is about the newest question, which then has failed."""
        if generation == self.previewing:
            self.previewing = 0
            self._shown.set_notice(Notice(reason, "warning"))
            return False
        return generation == self._shown.generation and generation > self._stopped

    def _tell_of_silence(self) -> None:
        problem = self._player.problem
        if problem is not None and self._told_silent != self._shown.generation:
            self._told_silent = self._shown.generation
            self._shown.set_notice(Notice(problem, "warning"))

    def use_speaker(self, device: str) -> None:
        """Play on this device from the next answer on."""
        self._player.use_device(device)

    def close(self) -> None:
        """Fall silent and free the device."""
        self._player.stop()
        self.recordings.close()
        self._player.close()

    def _end(self, answer: Message, state: MessageState, reason: str) -> None:
        """An answer that has begun keeps what there is of it; else it is the question that got none."""
        question = self._shown.question()
        if answer.text or question is None:
            answer.state, answer.reason = state, reason
            self.recordings.rest(answer)
            self._shown.changed(answer)
        else:
            self._shown.remove_answer(answer)
            question.state, question.reason = state, reason
            self._shown.changed(question)


def _memory(pid: int | None) -> int:
    """Bytes that a process holds; 0 where it is gone or may not be asked."""
    try:
        return int(psutil.Process(pid).memory_info().rss) if pid is not None else 0
    except psutil.Error:
        return 0
