"""The engine's own process: reads commands from stdin, runs the model on the main thread, writes events to stdout.

A second thread reads the commands, so that Interrupt and Resume stop a running reply within one step of it; everything
else waits in a queue. When stdin closes, the window is gone and so are we: nothing stays behind in memory.
Started by `app.engine_process` as `python -m app.engine_worker`.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import logging
import os
import queue
import sys
import threading
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

from app import engine_factory
from app import engine_protocol as protocol
from model.errors import BadInputError, CannotRunError
from model.failures import is_device_lost, is_out_of_memory

log = logging.getLogger("visavis.engine")

_PREVIEW_PROMPT = "Say hello in one short sentence."


class EngineWorker:
    """One engine, one conversation, one reply at a time.

    Attributes:
        interrupted: the generation up to which replies are no longer wanted, be they running or still queued.
        taken_back: the newest of them that is taken back, because the person goes on with the turn.
    """

    def __init__(self, source: BinaryIO, sink: BinaryIO, factory: str) -> None:
        self._source, self._sink = source, sink
        self._factory = factory
        self._commands: queue.SimpleQueue[protocol.Command] = queue.SimpleQueue()
        self._engine: Any = None
        self._talk: Any = None
        self._voice: str | None = None
        self._system: str | None = None
        self._failed_turn = -1  # a turn whose input was refused: its Reply must not run on the half that was taken
        self.interrupted = self.taken_back = -1
        self._heard_seconds: float | None = None
        self._replied = -1  # the newest reply that runs or has run
        self._preview_talk: Any = None

    def run(self) -> None:
        """Serve until Quit."""
        threading.Thread(target=self._read_commands, name="commands", daemon=True).start()
        while True:
            command = self._commands.get()
            if isinstance(command, protocol.Quit):
                break
            self._serve(command)
        self._close_conversation()

    def _read_commands(self) -> None:
        while (command := protocol.read_message(self._source)) is not None:
            if isinstance(command, protocol.Interrupt):
                self._interrupt(command)
                continue
            if isinstance(command, protocol.Resume):
                self._take_back(command)
            self._commands.put(command)  # type: ignore[arg-type]
            if isinstance(command, protocol.Quit):
                return
        # The parent is gone. A reply may be running for seconds on the main thread: nobody is left to hear it.
        os._exit(0)

    def _interrupt(self, command: protocol.Interrupt) -> None:
        self._heard_seconds = command.heard_seconds
        self.interrupted = max(self.interrupted, command.generation)
        talk = self._preview_talk or self._talk
        # A reply may be made completely and still be playing: what was not heard of it is forgotten all the same.
        if talk is not None and self._replied == command.generation:
            talk.interrupt(heard_seconds=command.heard_seconds)

    def _take_back(self, command: protocol.Resume) -> None:
        self.taken_back = command.generation
        if self._talk is not None and self._replied == command.generation:
            self._talk.interrupt()

    def _serve(self, command: protocol.Command) -> None:
        generation = getattr(command, "generation", 0)
        try:
            self._execute(command)
        except BadInputError as error:
            self._fail(command, generation, str(error), bad_input=True)
        except CannotRunError as error:
            self._fail(command, generation, str(error))
        except Exception as error:
            if is_out_of_memory(error):
                self._run_out_of_memory(command, generation)
                return
            if is_device_lost(error):
                log.error("the device is lost: %s", error)
                logging.shutdown()
                os._exit(protocol.DEVICE_LOST)  # nothing can be freed in an orderly way any more
            # A defect of ours must not end the conversation, and must not be hidden: the log has the whole story.
            log.exception("%s failed", type(command).__name__)
            self._fail(command, generation, f"Something went wrong in the engine ({type(error).__name__}: {error}).")

    def _run_out_of_memory(self, command: protocol.Command, generation: int) -> None:
        """Tell, and have the model loaded smaller."""
        saving = getattr(self._engine, "saving", None)
        self._fail(command, generation, "There is not enough memory for this; try something shorter or smaller.")
        if saving is None or isinstance(command, protocol.LoadModel):
            return
        self._close_conversation()
        self._engine = None
        self._send(protocol.OutOfMemory(generation, saving + 1))

    def _fail(self, command: protocol.Command, generation: int, reason: str, bad_input: bool = False) -> None:
        if isinstance(command, protocol.LoadModel):
            self._engine = None
            self._send(protocol.LoadFailed(reason, bad_input))
            return
        if generation and generation == self._failed_turn:
            return  # this turn has been told already
        self._failed_turn = generation
        if self._talk is not None:
            self._talk.discard()
        self._send(protocol.Failed(generation, reason, bad_input))

    def _execute(self, command: protocol.Command) -> None:
        match command:
            case protocol.LoadModel():
                self._load(command)
            case protocol.StartConversation(voice, system):
                self._voice, self._system = voice or self._voice, system
                self._open_conversation()
            case protocol.SetVoice(voice):
                self._voice = voice
                self._conversation().set_voice(voice)
            case protocol.Recall(role, text, samples):
                self._recall(role, text, samples)
            case protocol.Preview(generation, voice):
                self._preview(generation, voice)
            case protocol.Reply():
                self._reply(command)
            case protocol.Resume(generation):
                if self._replied == generation != self._failed_turn:  # otherwise there is nothing to take back
                    self._conversation().resume()
            case protocol.Discard():
                self._conversation().discard()
            case _:
                if getattr(command, "generation", 0) != self._failed_turn:
                    self._take(command)

    def _take(self, command: protocol.Command) -> None:
        """Give the conversation a piece of the person's turn."""
        talk = self._conversation()
        match command:
            case protocol.Hear(_, samples):
                talk.hear(samples)
            case protocol.See(_, pixels, at):
                talk.see(pixels, at)
            case protocol.Say(_, text):
                talk.say(text)
            case protocol.AddMedia(_, "audio", _, samples):
                talk.add_audio(samples)
            case protocol.AddMedia(_, "image", pixels):
                talk.add_image(pixels)
            case protocol.AddMedia(_, "video", pixels, samples, fps):
                talk.add_video(pixels, fps, samples)
            case _:
                raise ValueError(f"unknown command {command!r:.80}")

    def _recall(self, role: str, text: str, samples: np.ndarray | None) -> None:
        talk = self._conversation()
        if samples is not None:
            talk.add_audio(samples)
        else:
            talk.say(text)
        talk.close_turn(role)

    def _make_engine(self, command: protocol.LoadModel, told: dict[str, int]) -> Any:
        """Our own, or a server's; `told` are the limits that are there."""
        if command.engine:
            from app import remote  # only here: our own engine needs no client

            limit = {"context": command.context} if command.context else {}
            return remote.load(command.engine, command.name, command.voice, command.speech, **limit)
        load = engine_factory.resolve(self._factory)
        return load(command.name, device=command.device, precision=command.precision, speech=command.speech, **told)

    def _load(self, command: protocol.LoadModel) -> None:
        self._close_conversation()
        self._engine = None  # the old model's memory must be free before the new one asks for its own
        told = {name: value for name in ("context", "saving") if (value := getattr(command, name))}
        self._voice = command.voice or self._voice
        while True:
            self._engine = self._make_engine(command, told)
            if self._voice not in self._engine.voices:
                self._voice = None
            try:
                self._open_conversation()  # which takes the memory that a conversation needs
                break
            except Exception as error:
                if not is_out_of_memory(error) or not hasattr(self._engine, "saving"):
                    raise
                told["saving"] = self._engine.saving + 1
            self._engine = None
        engine = self._engine
        self._send(
            protocol.Loaded(
                name=engine.name,
                device=str(engine.device),
                precision=str(engine.precision),
                voices=tuple(engine.voices),
                voice=self._voice or engine.default_voice or "",
                sample_rate=engine.sample_rate,
                context_length=engine.context_length,
                picture_pixels=_picture_pixels(engine),
                note=" ".join(getattr(engine, "notes", ())),
            )
        )

    def _reply(self, command: protocol.Reply) -> None:
        generation = command.generation
        if generation == self._failed_turn:
            return
        talk = self._conversation()
        if self.taken_back == generation:
            self._send(protocol.ReplyDone(generation, "", True, 0.0, {}))
            return
        self._replied = generation
        if self.interrupted >= generation:  # stopped before it began
            talk.discard()
            self._send(protocol.ReplyDone(generation, "", True, 0.0, {}))
            return
        if command.again:
            talk.resume()
        with contextlib.suppress(BadInputError):  # where nothing was asked, the reply says so in better words
            talk.pause()  # so that the person may go on, and this question be answered again
        speech = command.speech and bool(self._engine.voices)  # a model without a voice still answers
        self._stream(generation, talk, talk.reply(seed=command.seed, greedy=command.greedy, speech=speech))

    def _preview(self, generation: int, voice: str) -> None:
        """Let the model introduce itself in a conversation that nobody sees."""
        self._conversation()  # raises where there is no model
        with self._engine.conversation(voice=voice) as talk:
            self._preview_talk, self._replied = talk, generation
            try:
                talk.say(_PREVIEW_PROMPT)
                self._stream(generation, talk, talk.reply(seed=0))
            finally:
                self._preview_talk = None

    def _stream(self, generation: int, talk: Any, events: Iterable[Any]) -> None:
        """Send a reply's events as they come."""
        told = False
        for event in events:
            if (self.interrupted >= generation or self.taken_back == generation) and not told:
                # The interrupt may have come between our check and the first step, where there was nothing to stop.
                talk.interrupt(heard_seconds=self._heard_seconds)
                told = True
            self._send(translate(generation, event))

    def _conversation(self) -> Any:
        if self._talk is None:
            raise CannotRunError("No model is loaded; choose one in the settings.")
        return self._talk

    def _open_conversation(self) -> None:
        self._close_conversation()
        if self._engine is None:
            raise CannotRunError("No model is loaded; choose one in the settings.")
        talk = self._engine.conversation(voice=self._voice, system=self._system)
        self._talk = talk.__enter__()

    def _close_conversation(self) -> None:
        if self._talk is not None:
            talk, self._talk = self._talk, None
            talk.__exit__(None, None, None)

    def _send(self, event: protocol.Event) -> None:
        protocol.write_message(self._sink, event)


def _picture_pixels(engine: Any) -> tuple[int, int]:
    front_end = getattr(engine, "patch_front_end", None)  # an engine of another make may have none
    if front_end is None:
        return protocol.PICTURE_PIXELS
    return front_end.image_min_pixels, front_end.image_max_pixels


def translate(generation: int, event: Any) -> protocol.Event:
    """An event of the engine as a message, told by what it carries: this process may run an engine of another make."""
    kind = type(event).__name__
    if kind == "TextDelta":
        return protocol.Text(generation, event.text)
    if kind == "SpeechChunk":
        return protocol.Speech(generation, event.samples, event.sample_rate, event.start)
    if kind == "Done":
        seconds = event.samples / event.sample_rate if event.sample_rate else 0.0
        return protocol.ReplyDone(generation, event.text, event.interrupted, seconds, dict(event.timings))
    if kind == "ContextTrimmed":
        return protocol.Trimmed(generation, event.what)
    if kind == "Remark":
        return protocol.Remark(generation, event.sentence)
    raise TypeError(f"the engine sent a {kind}, which is none of its events")


def main() -> int:
    """Serve the process at the other end of stdin and stdout."""
    parser = argparse.ArgumentParser(prog="app.engine_worker", description=__doc__.splitlines()[0])
    parser.add_argument("--engine-factory", default=engine_factory.DEFAULT_FACTORY, metavar="MODULE:FUNCTION")
    arguments = parser.parse_args()
    faulthandler.enable()
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    # Whatever a library prints must not end up between our messages: events get stdout's pipe, print() gets stderr's.
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    worker = EngineWorker(sys.stdin.buffer, sink, arguments.engine_factory)
    try:
        worker.run()
    except (BrokenPipeError, KeyboardInterrupt):
        return 0  # the window has gone, or the person pressed Ctrl+C for the whole group
    return 0


if __name__ == "__main__":
    sys.exit(main())
