"""One person, one engine, one conversation: what a click, a key, a voice or an event of the engine leads to.

Owns the engine's process, the listener and the player, and is the only one that changes the view model. Knows no Qt:
whatever happens on another thread comes back through `post`, which runs a function on the GUI thread, later.
Nothing here waits: processes start, files are read and devices open on threads of their own.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

from app import engine_protocol as protocol
from app.call.listener import Heard, Listener, ListenMode
from app.call.turn import TurnChange
from app.capture.microphone import Microphone, SoundSource
from app.engine_process import EngineProcess
from app.media import Audio, Image, Media, Video, kind_of, load_media, thumbnail
from app.playback.reply_player import ReplyPlayer
from app.recall import turns_to_recall
from app.settings import SettingsStore
from app.view_models.conversation import (
    Attachment,
    AttachmentState,
    ConversationViewModel,
    Message,
    MessageState,
    ModelInfo,
    Notice,
    Phase,
)
from model.errors import BadInputError, CannotRunError

log = logging.getLogger(__name__)

Post = Callable[[Callable[[], None]], None]

_REPLAY = -2  # the player's generation of a recording; replies count from 1
_SHORTEST_TURN = 0.3  # seconds; a shorter press of the microphone button was a slip
_DEAF_AFTER = 0.3  # seconds that the room still answers after the loudspeaker has fallen silent


class Session:
    """Acts of the person are its methods, called on the GUI thread; results appear in the view model.

    Attributes:
        shown: the view model.
        settings: the store that choices are kept in.
    """

    def __init__(
        self,
        shown: ConversationViewModel,
        settings: SettingsStore,
        post: Post,
        engine_factory: str | None = None,
        source: Callable[[str], SoundSource] = Microphone,
        player: ReplyPlayer | None = None,
    ) -> None:
        self.shown, self.settings, self._post = shown, settings, post
        self.engine = EngineProcess(self._on_event, engine_factory)
        self._player = player or ReplyPlayer(device=settings.current.speaker)
        self._listener = Listener(self._on_heard, lambda: source(settings.current.microphone))
        self._starting = ThreadPoolExecutor(1, "engine-start")
        self._replaying = False  # what plays is an old recording, no reply
        self._replays = ThreadPoolExecutor(1, "replay")
        self._reading = ThreadPoolExecutor(1, "media")
        self._backlog: list[protocol.Command] | None = []  # commands for an engine that is still being started
        self._held: list[protocol.Command] | None = None  # commands of a turn whose files are still being read
        self._loading = True
        self._broken = False
        self._answering = 0  # generation of the reply that runs, 0 if none
        self._stopped = 0  # replies up to this generation are not wanted any more
        self._previewing = 0
        self._hearing = 0  # generation of the turn that is being heard, 0 if none
        self._run = 0  # of the listener
        self._last_played = 0.0

    # the engine's life

    def start(self) -> None:
        """Start the engine and load the model that the settings name."""
        self._begin_engine(self.engine.start)

    def restart(self) -> None:
        """A new engine in place of one that has died or hangs; the conversation goes on where it was."""
        self._end_reply(MessageState.FAILED, "The engine was restarted.")
        self._begin_engine(self.engine.restart)

    def reload(self) -> None:
        """Load the model anew, as the settings now have it; the conversation goes on."""
        self.stop()
        if self._broken and not self.engine.alive:
            self.restart()
            return
        self._loading, self._broken = True, False
        self.shown.set_notice(None)
        self._load()
        self._show_phase()

    def close(self) -> None:
        """End everything; may take half a second."""
        self._listener.stop()
        self._player.close()
        self._reading.shutdown(wait=False, cancel_futures=True)
        self._replays.shutdown(wait=False, cancel_futures=True)
        self._starting.shutdown(wait=True)
        self.engine.close()

    def _begin_engine(self, begin: Callable[[], None]) -> None:
        self._backlog, self._held = [], None
        self._loading, self._broken = True, False
        self._answering = self._previewing = 0
        self.shown.set_notice(None)
        self.shown.set_model(None)
        self._load()
        self._show_phase()

        def work() -> None:
            try:
                begin()
            except OSError as error:
                self._post(partial(self._on_start_failed, str(error)))
                return
            self._post(self._on_started)

        self._starting.submit(work)

    def _on_started(self) -> None:
        backlog, self._backlog = self._backlog, None
        for command in backlog or []:
            self.engine.send(command)

    def _on_start_failed(self, reason: str) -> None:
        self._loading, self._broken = False, True
        self.shown.set_notice(Notice(f"The engine could not be started ({reason}).", "error", "restart"))
        self._show_phase()

    def _load(self) -> None:
        chosen = self.settings.current
        self._send(protocol.LoadModel(chosen.model, chosen.device, chosen.precision, voice=chosen.voice or None))
        for turn in turns_to_recall(self.shown.messages):
            self._send(turn)

    def _send(self, command: protocol.Command) -> None:
        if self._backlog is not None:
            self._backlog.append(command)
        else:
            self.engine.send(command)

    def _send_in_turn(self, command: protocol.Command) -> None:
        """Like `_send`, but behind the files of this turn."""
        if self._held is not None:
            self._held.append(command)
        else:
            self._send(command)

    # asking

    def ask(self, text: str) -> bool:
        """Send what was typed, with the files that wait; False if that cannot be done now, and nothing has changed."""
        text = text.strip()
        if (not text and not self.shown.attachments) or not self._engine_is_there():
            return False
        self._make_way()
        self._begin_turn(text, spoken=False)
        if text:
            self._send_in_turn(protocol.Say(self.shown.generation, text))
        self._reply()
        return True

    def ask_again(self, message: Message) -> None:
        """Ask the question of a turn that failed once more: the same words, voice and files."""
        question = next(m for m in self.shown.messages if m.generation == message.generation)
        if not self._engine_is_there():
            return
        self._make_way()
        waiting, self.shown.attachments = self.shown.attachments, question.attachments
        again = self._begin_turn(question.text, spoken=False)
        self.shown.attachments = waiting
        self.shown.attachments_changed()
        again.speech = question.speech
        for samples in question.speech:
            self._send_in_turn(protocol.Hear(again.generation, samples))
        if question.text:
            self._send_in_turn(protocol.Say(again.generation, question.text))
        self._reply()
        self.shown.forget(question.generation)

    def start_talking(self) -> None:
        """The microphone button goes down."""
        if self._hearing or not self._engine_is_there():
            return
        self.set_hands_free(False)
        self._make_way()
        self._run = self._listener.start(ListenMode.HOLD)

    def stop_talking(self) -> None:
        """The microphone button goes up: what was said is the question."""
        self._listener.stop()

    def cancel_talking(self) -> None:
        """Forget what is being said."""
        self._listener.stop()
        self._run += 1  # whatever this run still tells is not heard any more
        self._take_back_turn()

    def set_hands_free(self, on: bool) -> None:
        """Keep the microphone open and let the voice find the turns, or close it."""
        if on == self.shown.hands_free or (on and not self._engine_is_there()):
            return
        self.shown.set_hands_free(on)
        if on:
            self._listener.deaf.clear()
            self._run = self._listener.start(ListenMode.HANDS_FREE)
        else:
            self._listener.stop()
        self._show_phase()

    def stop(self) -> None:
        """Stop the answer, be it thinking, writing or speaking, or what is being said."""
        if self._hearing:
            self.cancel_talking()
        self._end_reply(MessageState.INTERRUPTED)

    def replay(self, message: Message) -> None:
        """Play what was said in a message once more."""
        self.stop()
        if not message.speech:
            return
        self._replaying = True
        self._player.begin(_REPLAY)
        if not self.settings.current.interrupt_by_voice:
            self._listener.deaf.set()
        self._replays.submit(self._play_recording, list(message.speech), message.sample_rate)

    def _play_recording(self, pieces: list[np.ndarray], sample_rate: int) -> None:
        if self._player.play(_REPLAY, np.concatenate(pieces), sample_rate):
            self._player.finish(_REPLAY)
        elif self._player.problem is not None:
            self._post(partial(self.shown.set_notice, Notice(self._player.problem, "warning")))

    def new_conversation(self) -> None:
        """Forget everything said so far."""
        self.stop()
        self._send(protocol.StartConversation(self.settings.current.voice or None))
        self.shown.clear()
        self._show_phase()

    @property
    def level(self) -> float:
        """How loud the microphone is, from 0 to 1."""
        return self._listener.level

    @property
    def busy(self) -> bool:
        """Whether there is something that `stop` would stop."""
        return bool(self._answering or self._hearing or self._previewing or self._player.playing)

    def _engine_is_there(self) -> bool:
        """Whether a question would find an engine; where not, the person is told what to do."""
        if not self._broken:
            return True
        if not self.engine.alive:
            self.shown.set_notice(Notice("The engine is not running; restart it, then ask again.", "error", "restart"))
        elif self.shown.notice is None:
            self.shown.set_notice(Notice("No model is loaded; choose one in the settings.", "error", "settings"))
        return False

    def _make_way(self) -> None:
        """Whoever asks anew does not want to hear the rest of the last answer."""
        self._end_reply(MessageState.INTERRUPTED)
        self.shown.set_notice(None)

    def _begin_turn(self, text: str, spoken: bool) -> Message:
        message = self.shown.new_turn(text, spoken)
        self._held = [] if message.attachments else None
        self._release_turn(message)
        return message

    def _release_turn(self, message: Message) -> None:
        """Send the files of a turn once all of them are read, and what waits behind them."""
        if self._held is None or message is not self.shown.question():
            return
        failed = [a for a in message.attachments if a.state is AttachmentState.FAILED]
        if failed:
            self._held = None
            self._listener.stop()
            self._hearing = 0
            self._fail_turn(failed[0].problem)
        elif all(a.state is AttachmentState.READY for a in message.attachments):
            held, self._held = self._held, None
            for attachment in message.attachments:
                assert attachment.media is not None
                self._send(_add_media(message.generation, attachment.media))
            for command in held:
                self._send(command)

    def _reply(self) -> None:
        generation = self.shown.generation
        self._answering = generation
        speech = self.settings.current.speak_answers
        self._replaying = False
        if speech:
            self._player.begin(generation)
        self.shown.new_answer()
        self._send_in_turn(protocol.Reply(generation, speech=speech))
        self._show_phase()

    def _end_reply(self, state: MessageState, reason: str = "") -> None:
        """Silence, and no more of the reply that runs, if one does."""
        if self._replaying:
            self._replaying = False
            self._player.stop()
        generation = self._answering or (self.shown.generation if self._player.playing else self._previewing)
        if not generation:
            return
        heard = self._player.stop()
        self._stopped = max(self._stopped, generation)
        self._send(protocol.Interrupt(generation, heard))
        if self._held is not None:
            self._held = None
            self._send(protocol.Discard(generation))
        answer = self.shown.answer()
        if answer is not None and answer.generation == generation and (self._answering or heard is not None):
            answer.state, answer.reason = state, reason
            self.shown.changed(answer)
        self._answering = self._previewing = 0
        self._show_phase()

    # listening

    def _on_heard(self, heard: Heard) -> None:
        self._post(lambda: self._take_heard(heard))

    def _take_heard(self, heard: Heard) -> None:
        if heard.run != self._run:
            return
        if heard.problem is not None:
            self._take_back_turn()
            self.shown.set_hands_free(False)
            self.shown.set_notice(Notice(heard.problem, "warning"))
        elif heard.change is TurnChange.STARTED:
            self._make_way()
            self._hearing = self._begin_turn("", spoken=True).generation
        elif heard.samples is not None and self._hearing:
            question = self.shown.question()
            assert question is not None
            question.speech.append(heard.samples)
            self._send_in_turn(protocol.Hear(self._hearing, heard.samples))
            self.shown.changed(question)
        elif heard.change is TurnChange.ENDED and self._hearing:
            self._end_spoken_turn()
        self._show_phase()

    def _end_spoken_turn(self) -> None:
        question = self.shown.question()
        assert question is not None
        if question.speech_seconds < _SHORTEST_TURN:
            self._take_back_turn()
            self.shown.set_notice(Notice("That was very short: hold the microphone button for as long as you speak."))
            return
        self._hearing = 0
        question.state = MessageState.COMPLETE
        self.shown.changed(question)
        self._reply()

    def _take_back_turn(self) -> None:
        if not self._hearing:
            return
        generation, self._hearing, self._held = self._hearing, 0, None
        self._send(protocol.Discard(generation))
        question = self.shown.question()
        if question is not None:
            self.shown.remove(question)
        self._show_phase()

    # files

    def attach(self, paths: list[Path]) -> None:
        """Read files for the next question, in another process; each shows at once and becomes ready or failed."""
        for path in paths:
            try:
                attachment = Attachment(path, kind_of(path))
            except BadInputError as error:
                self.shown.set_notice(Notice(str(error), "warning"))
                continue
            self.shown.attach(attachment)
            self._reading.submit(self._read, attachment)

    def detach(self, attachment: Attachment) -> None:
        """Leave a file out of the next question."""
        self.shown.detach(attachment)

    def _read(self, attachment: Attachment) -> None:
        try:
            media = load_media(attachment.path)
            attachment.thumbnail = thumbnail(media)
            self._post(partial(self._on_read, attachment, media))
        except (BadInputError, CannotRunError, OSError) as error:
            self._post(partial(self._on_unreadable, attachment, str(error)))

    def _on_read(self, attachment: Attachment, media: Media) -> None:
        attachment.media, attachment.state = media, AttachmentState.READY
        self._after_reading(attachment)

    def _on_unreadable(self, attachment: Attachment, reason: str) -> None:
        attachment.problem, attachment.state = reason, AttachmentState.FAILED
        if attachment in self.shown.attachments:  # not sent yet: tell, and take it out of the way
            self.shown.detach(attachment)
            self.shown.set_notice(Notice(reason, "warning"))
        self._after_reading(attachment)

    def _after_reading(self, attachment: Attachment) -> None:
        self.shown.attachments_changed()
        question = self.shown.question()
        if question is not None and attachment in question.attachments:
            self.shown.changed(question)
            self._release_turn(question)

    # choices

    def choose_voice(self, voice: str) -> None:
        """Answer in this voice from the next answer on."""
        self.settings.change(voice=voice)
        if self.shown.model is not None:
            self._send(protocol.SetVoice(voice))

    def preview_voice(self, voice: str) -> None:
        """Let a voice introduce itself."""
        self.stop()
        self.shown.generation += 1
        self._previewing = self.shown.generation
        self._player.begin(self._previewing)
        self._send(protocol.Preview(self._previewing, voice))

    def choose_speaker(self, device: str) -> None:
        """Play on this device from the next answer on."""
        self.settings.change(speaker=device)
        self._player.use_device(device)

    def choose_microphone(self, device: str) -> None:
        """Listen to this device from now on."""
        self.settings.change(microphone=device)
        if self.shown.hands_free:
            self.set_hands_free(False)
            self.set_hands_free(True)

    # events

    def _on_event(self, event: protocol.Event) -> None:
        """On the engine's reading thread: sound goes straight to the player, the rest to the GUI thread."""
        if isinstance(event, protocol.Speech):
            if not self.settings.current.interrupt_by_voice:
                self._listener.deaf.set()
            self._player.play(event.generation, event.samples, event.sample_rate)
        elif isinstance(event, protocol.ReplyDone):
            self._player.finish(event.generation)
        self._post(lambda: self._handle(event))

    def _handle(self, event: protocol.Event) -> None:
        match event:
            case protocol.Loaded():
                self._on_loaded(event)
            case protocol.LoadFailed(reason):
                self._loading, self._broken = False, True
                self.shown.set_notice(Notice(reason, "error", "settings"))
                self._fail_turn(reason)
            case protocol.EngineDied(exit_code, last_words):
                self._on_death(exit_code, last_words)
            case protocol.Failed(generation, reason):
                self._on_failed(generation, reason)
            case _ if event.generation > self._stopped:
                self._on_reply(event)
        self._show_phase()

    def _on_loaded(self, event: protocol.Loaded) -> None:
        self._loading, self._broken = False, False
        self.shown.set_model(ModelInfo(event.name, event.device, event.precision, event.voices, event.voice))
        if not event.voices:
            self.shown.set_notice(Notice(f"{event.name} has no voice; its answers are text only."))
            return
        wanted = self.settings.current.voice
        if wanted and wanted != event.voice:
            self.settings.change(voice="")
            self.shown.set_notice(Notice(f"{event.name} has no voice “{wanted}”; {event.voice} speaks.", "info"))

    def _on_death(self, exit_code: int, last_words: str) -> None:
        log.warning("engine ended with %d; its last words:\n%s", exit_code, last_words)
        self._broken, self._loading, self._backlog = True, False, None
        self._listener.stop()
        self.shown.set_hands_free(False)
        self._hearing = 0
        self._player.stop()
        cause = f"signal {-exit_code}" if exit_code < 0 else f"code {exit_code}"
        self._fail_turn("The engine stopped before the answer was complete.")
        text = f"The engine has stopped ({cause}). Your conversation is kept; restart the engine to go on."
        self.shown.set_notice(Notice(text, "error", "restart"))

    def _on_failed(self, generation: int, reason: str) -> None:
        if generation and generation == self._previewing:
            self._previewing = 0
            self.shown.set_notice(Notice(reason, "warning"))
        elif generation and generation == self.shown.generation:
            if self._hearing:
                self._listener.stop()
            self._hearing = 0
            self._fail_turn(reason)
        elif not generation and not self._broken:
            self.shown.set_notice(Notice(reason, "warning"))

    def _fail_turn(self, reason: str) -> None:
        """The newest question gets no answer, or no complete one; it can be asked again."""
        question, answer = self.shown.question(), self.shown.answer()
        self._held = None
        self._answering = self._previewing = 0
        if question is None or (answer is not None and answer.state is not MessageState.GROWING):
            return
        if answer is not None and answer.text:
            answer.state, answer.reason = MessageState.FAILED, reason
            self.shown.changed(answer)
        else:
            if answer is not None:
                self.shown.remove_answer(answer)
            question.state, question.reason = MessageState.FAILED, reason
            self.shown.changed(question)

    def _on_reply(self, event: protocol.Event) -> None:
        answer = self.shown.answer()
        if event.generation == self._previewing:
            if isinstance(event, protocol.ReplyDone):
                self._previewing = 0
            return
        if answer is None or answer.generation != event.generation:
            return
        match event:
            case protocol.Text(_, delta):
                answer.text += delta
            case protocol.Speech(_, samples, sample_rate, _):
                answer.sample_rate = sample_rate
                answer.speech.append(np.asarray(samples, np.float32))
            case protocol.Trimmed(_, what):
                what = "the oldest pictures" if what == "pictures" else "its beginning"
                self.shown.set_notice(Notice(f"This conversation is long; the model has forgotten {what}.", "info"))
            case protocol.ReplyDone(_, text, interrupted, _, timings):
                answer.text = text or answer.text
                answer.state = MessageState.INTERRUPTED if interrupted else MessageState.COMPLETE
                answer.timings = timings
                self._answering = 0
                self._tell_of_silence(answer)
        self.shown.changed(answer)

    def _tell_of_silence(self, answer: Message) -> None:
        if answer.speech and self._player.problem is not None:
            self.shown.set_notice(Notice(self._player.problem, "warning"))

    # time

    def tick(self) -> None:
        """To be called about 20 times a second: notices when the loudspeaker has fallen silent."""
        now = time.monotonic()
        if self._player.playing:
            self._last_played = now
        elif self._listener.deaf.is_set() and not self._answering and now - self._last_played > _DEAF_AFTER:
            self._listener.deaf.clear()
        self._show_phase()

    def _show_phase(self) -> None:
        self.shown.set_phase(self._phase())

    def _phase(self) -> Phase:
        if self._hearing:
            return Phase.LISTENING
        if self._broken:
            return Phase.FAILED
        if self._player.playing:
            return Phase.SPEAKING
        if self._loading:
            return Phase.LOADING
        if self._answering or self._previewing:
            answer = self.shown.answer()
            return Phase.ANSWERING if answer is not None and answer.text else Phase.THINKING
        return Phase.IDLE


def _add_media(generation: int, media: Media) -> protocol.AddMedia:
    match media:
        case Image(_, pixels):
            return protocol.AddMedia(generation, "image", pixels=pixels)
        case Audio(_, samples):
            return protocol.AddMedia(generation, "audio", samples=samples)
        case Video(_, frames, fps, samples):
            return protocol.AddMedia(generation, "video", pixels=frames, samples=samples, fps=fps)
