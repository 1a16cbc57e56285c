"""One person, one engine, one conversation: what a click, a key, a voice or an event of the engine leads to.

The only one that changes the view model. Knows no Qt: whatever happens on another thread comes back through `post`,
which runs a function on the GUI thread, later. Nothing here waits: processes start, files are read and devices open on
threads of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app import engine_protocol as protocol
from app.answering import Answering
from app.capture.camera import Camera
from app.capture.microphone import Microphone, SoundSource
from app.choices import Choices
from app.engine_life import EngineLife
from app.engine_line import EngineLine, EngineState
from app.engine_process import EngineProcess
from app.file_reader import FileReader
from app.live import Live, MakeSource, told_again
from app.media import SAMPLE_RATE
from app.playback.reply_player import ReplyPlayer
from app.recall import persona, turns_to_recall
from app.settings import SettingsStore
from app.speaking import Speaking
from app.view_models.conversation import (
    Attachment,
    ConversationViewModel,
    Message,
    MessageState,
    Notice,
    Phase,
)
from app.view_models.live import Seen

Post = Callable[[Callable[[], None]], None]


class Session:
    """Acts of the person are its methods, called on the GUI thread; results appear in the view model.

    Attributes:
        shown: the view model.
        settings: the store that choices are kept in.
        speaking: what is said aloud; live: what is looked at; files: what is given; recordings: what was said.
        choices: what is chosen while the program runs.
    """

    def __init__(
        self,
        shown: ConversationViewModel,
        settings: SettingsStore,
        post: Post,
        engine_factory: str | None = None,
        source: Callable[[str], SoundSource] = Microphone,
        player: ReplyPlayer | None = None,
        look: MakeSource = lambda _kind, device: Camera(device),
    ) -> None:
        self.shown, self.settings, self._post = shown, settings, post
        self._line = EngineLine(self._on_event, self._on_start_failed, post, engine_factory)
        player = player or ReplyPlayer(device=settings.current.speaker)
        self.speaking = Speaking(
            self,
            shown,
            self._line,
            lambda: source(settings.current.microphone),
            post,
            player,
            lambda: settings.current.barge_in,
        )
        self._answering = Answering(shown, settings, self._line, player, self.speaking.hearing.deafen, post)
        self.recordings = self._answering.recordings
        self.live = Live(shown, self._line, look, lambda: self.speaking.turn, post)
        self.files = FileReader(shown, self._line, self._fail_turn, post)
        self._life = EngineLife(shown, settings, self._line, self._answering, self.speaking, self._fail_turn)
        self.choices = Choices(
            settings,
            shown,
            self._line,
            player,
            self._answering,
            self.speaking,
            lambda: self._tell_conversation(shown.messages),
        )

    @property
    def engine(self) -> EngineProcess:
        """The engine's process."""
        return self._line.process

    @property
    def level(self) -> float:
        """How loud the microphone is, from 0 to 1."""
        return self.speaking.hearing.level

    @property
    def sounding(self) -> bool:
        """Whether the loudspeaker plays."""
        return self._answering.sounding

    # the engine's life

    def start(self) -> None:
        """Start the engine and load the model that the settings name."""
        self._life.start()
        self.show_phase()

    def restart(self) -> None:
        """A new engine in place of one that has died or hangs; the conversation goes on where it was."""
        self._life.restart()
        self.show_phase()

    def reload(self) -> None:
        """Load the model anew, as the settings now have it; the conversation goes on."""
        self._life.reload()
        self.show_phase()

    def close(self) -> None:
        """End everything; takes half a second at most."""
        self._answering.close()
        self.speaking.hearing.shut_down()
        self.files.close()
        self.live.close()
        self._line.close()

    def _on_start_failed(self, reason: str) -> None:
        self._life.start_failed(reason)
        self.show_phase()

    # asking

    def ask(self, text: str) -> bool:
        """Send what was typed, with the files that wait; False if that cannot be done now, and nothing has changed."""
        text = text.strip()
        if (not text and not self.shown.attachments) or not self.engine_is_there():
            return False
        self.speaking.drop()  # whoever types and sends has changed their mind about what they were saying
        self.make_way()
        self.live.glance(self.begin_turn(text, spoken=False))
        if text:
            self._line.send_in_turn(protocol.Say(self.shown.generation, text))
        self.reply()
        return True

    def answer_again(self, answer: Message) -> None:
        """Another answer to the same question: the newest one in place of what there is, an older one at the end."""
        question = self.shown.question_of(answer)
        if question is None or not self.engine_is_there():
            return
        if answer.generation != self.shown.generation or answer.generation != self._answering.repeatable:
            self.ask_again(question, keep=True)
            return
        self.stop()
        self.shown.clear_notice()
        self.shown.renew(question, answer)
        self._answering.begin(again=True)
        self.show_phase()

    def ask_again(self, message: Message, keep: bool = False) -> None:
        """Ask the question of a turn once more: the same words, voice and files; `keep` the turn or forget it."""
        question = next((m for m in self.shown.messages if m.generation == message.generation), message)
        if not self.engine_is_there():
            return
        self.stop()
        self.shown.clear_notice()
        waiting, self.shown.attachments = self.shown.attachments, question.attachments
        again = self.begin_turn(question.text, spoken=False)
        self.shown.attachments = waiting
        self.shown.attachments_changed()
        again.speech = question.speech
        self.shown.changed(again)
        again.seen = question.seen
        for command in told_again(question, again.generation):
            self._line.send_in_turn(command)
        if question.text:
            self._line.send_in_turn(protocol.Say(again.generation, question.text))
        self.reply()
        if not keep:
            self.shown.forget(question.generation)

    def stop(self) -> None:
        """Stop the answer, be it thinking, writing or speaking, and what is being said."""
        self.speaking.drop()
        self._answering.stop(MessageState.INTERRUPTED)
        self.show_phase()

    def new_conversation(self) -> None:
        """Forget everything said so far."""
        self._tell_conversation([])
        self.shown.clear()
        self.show_phase()

    def forget_senses(self, question: Message) -> None:
        """Delete what a turn heard, saw and was given; the model is told the conversation anew, without it."""
        question.speech, question.attachments, question.seen = [], [], Seen.nothing()
        question.text = question.text or "(deleted)"
        self.shown.changed(question)
        self._tell_conversation(self.shown.messages)

    def go_on_with(self, conversation: str, messages: list[Message]) -> None:
        """Show a conversation of the history in place of the one there is, and remind the engine of it."""
        self._tell_conversation(messages)
        self.shown.show(conversation, messages)
        self.show_phase()

    def _tell_conversation(self, messages: list[Message]) -> None:
        self.stop()
        self._line.send(protocol.StartConversation(self.settings.current.voice or None))
        for turn in [*persona(self.settings.current.persona), *turns_to_recall(messages)]:
            self._line.send(turn)
        self._answering.begin_conversation()

    def replay(self, message: Message, begin: float = 0.0) -> None:
        """Play what was said in a message once more, from `begin` seconds on."""
        self.speaking.drop()
        self._answering.replay(message, message.speech, message.sample_rate, begin)
        self.show_phase()

    # what speaking asks for

    def engine_is_there(self) -> bool:
        """Whether a question would find an engine; where not, the person is told what to do."""
        return self._life.is_there()

    def make_way(self) -> None:
        """Whoever asks anew does not want to hear the rest of the last answer."""
        self._answering.stop(MessageState.INTERRUPTED)
        self.shown.clear_notice()

    def begin_turn(self, text: str, spoken: bool) -> Message:
        """A question begins, with the files that wait for it."""
        message = self.shown.new_turn(text, spoken)
        self.files.begin_turn(message)
        if spoken:
            self.live.follow(message, self.shown.hands_free)
        return message

    def reply(self, asked: float | None = None) -> None:
        """The newest question is complete; it was `asked` then, on the monotonic clock, or just now."""
        if self._answering.is_ahead:
            self._answering.release()
        else:
            self.live.end_turn()
            self._answering.begin(asked)
        question = self.shown.question()
        if question is not None:
            self.recordings.rest(question)
        self.show_phase()

    def reply_ahead(self, asked: float) -> bool:
        """The newest question may be complete: answer it behind closed doors. False where its files are still read."""
        if self._line.holding:
            return False
        self.live.end_turn()
        self._answering.begin_ahead(asked)
        return True

    def take_back(self) -> Message | None:
        """The newest question was not complete: it goes on, unanswered, as a turn of a new generation. None if that is
        too late."""
        question = self.shown.question()
        if question is None or not self._answering.take_back():
            return None
        self.shown.go_on(question)
        self.live.go_on_following(question)
        return question

    # files

    def attach(self, paths: list[Path]) -> None:
        """Read files for the next question; each shows at once and becomes ready or failed."""
        self.files.attach(paths)

    def watch(self, attachment: Attachment, begin: float = 0.0) -> None:
        """Play a film or a sound that was given, from `begin` seconds on."""
        if attachment.sound is not None:
            self.speaking.drop()
            self._answering.replay(attachment, [attachment.sound], SAMPLE_RATE, begin)
            self.show_phase()

    # speaking

    def start_talking(self) -> None:
        """The microphone button goes down."""
        self.speaking.start()

    def stop_talking(self) -> None:
        """The microphone button goes up: what was said is the question."""
        self.speaking.end()

    def set_hands_free(self, on: bool) -> None:
        """Keep the microphone open and let the voice find the turns, or close it."""
        self.speaking.set_hands_free(on)

    def preview_voice(self, voice: str) -> None:
        """Let a voice introduce itself."""
        self.stop()
        self._answering.preview(voice)
        self.show_phase()

    # events

    def _on_event(self, event: protocol.Event) -> None:
        """On the engine's reading thread: sound is played at once, everything else happens on the GUI thread."""
        self._answering.hear(event)
        self._post(lambda: self._handle(event))

    def _handle(self, event: protocol.Event) -> None:
        self._line.take(event)
        match event:
            case protocol.Loaded():
                self._life.loaded(event)
            case protocol.LoadFailed(reason):
                self._life.load_failed(reason)
            case protocol.EngineDied(exit_code, last_words):
                self._life.died(exit_code, last_words)
            case protocol.OutOfMemory(_, saving):
                self._life.out_of_memory(saving)
            case protocol.Failed(0, reason):
                if self._line.usable:
                    self.shown.set_notice(Notice(reason, "warning"))
            case protocol.Failed(generation, reason):
                if self._answering.take_failure(generation, reason):
                    self._fail_turn(reason)
            case protocol.Text() | protocol.Speech() | protocol.Trimmed() | protocol.Remark() | protocol.ReplyDone():
                self._answering.take(event)
        self.show_phase()

    def _fail_turn(self, reason: str) -> None:
        """The newest question gets no answer, or no complete one; it can be asked again."""
        self.speaking.fail()
        self._answering.fail(reason)

    # time

    def tick(self) -> None:
        """To be called about 20 times a second: notices what happens to the loudspeaker."""
        answering = self._answering
        answers = bool(answering.running or answering.previewing)
        self.speaking.hearing.mind_loudspeaker(answering.sounding, answers)
        answering.mind_loudspeaker()
        self.shown.set_playhead(answering.playhead())
        self.show_phase()

    def show_phase(self) -> None:
        """Let the window say what is going on."""
        self.shown.set_phase(self._phase(), bool(self.speaking.turn) or self._answering.going_on)

    def _phase(self) -> Phase:
        if self.speaking.turn:
            return Phase.LISTENING
        if self._line.state is EngineState.BROKEN:
            return Phase.FAILED
        if self._answering.sounding:
            return Phase.SPEAKING
        if self._line.state is EngineState.LOADING:
            return Phase.LOADING
        if self._answering.running or self._answering.previewing:
            answer = self.shown.answer()
            return Phase.ANSWERING if answer is not None and answer.text else Phase.THINKING
        return Phase.IDLE
