"""A spoken conversation in the terminal: microphone and loudspeaker, or WAV files in their place.

The same engine process and the same listener as behind the window; events and what is heard meet in one queue, which
the main thread reads. Ctrl+C ends the conversation.
"""

from __future__ import annotations

import argparse
import queue
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from app import engine_protocol as protocol
from app.ask import model_of
from app.call.ears import TurnChange
from app.call.listener import Heard, Listener, ListenMode
from app.call.recorder import CallRecorder
from app.capture.microphone import SAMPLE_RATE, Microphone
from app.engine_process import EngineProcess
from app.media import load_audio
from app.playback.speaker import Speaker
from app.playback.wav_file import SpeechSink, WavFile
from app.settings import DEFAULT_MODEL, PRECISIONS
from model.errors import BadInputError, CannotRunError

_PIECE = SAMPLE_RATE // 10  # samples of a file that are told at once, as a microphone would
_DEAF_AFTER = 0.3  # seconds that the room still answers after the loudspeaker has fallen silent


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `talk`."""
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="M", help="nano, 3b, 7b, a folder or a hub id (default: nano)"
    )
    parser.add_argument("--engine", metavar="URL", help="a serving engine in our own one's place; see the README")
    parser.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--precision", default="auto", choices=PRECISIONS)
    parser.add_argument("--voice", metavar="V", help="a voice of the model (default: its first)")
    parser.add_argument("--system", metavar="S", help="the system message (default: the model's own)")
    parser.add_argument("--input", nargs="+", type=Path, metavar="FILE", help="sound files in the microphone's place")
    parser.add_argument("--speech", type=Path, metavar="FILE.wav", help="a file in the loudspeaker's place")
    parser.add_argument("--no-speech", action="store_true", help="text only")
    parser.add_argument("--headphones", action="store_true", help="it cannot hear itself, whatever plays")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="keep the call, for visavis replay FOLDER")
    parser.add_argument("--greedy", action="store_true", help="no sampling")
    parser.add_argument("--seed", type=int, metavar="N", help="of all sampling")
    parser.add_argument("--engine-factory", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Talk until the files are answered or Ctrl+C; raises BadInputError and CannotRunError."""
    questions = [load_audio(path).samples for path in args.input or []]  # a bad file is told before a model is loaded
    sink = _sink(args)
    talk = TerminalTalk(args, sink)
    try:
        talk.load()
        if questions:
            for samples in questions:
                talk.answer_recording(samples)
        else:
            talk.converse()
    except KeyboardInterrupt:
        print()
    except BaseException:
        if isinstance(sink, WavFile):
            sink.abandon()
            sink = None
        raise
    finally:
        talk.close()
        if sink is not None:
            sink.close()
    return 0


def _sink(args: argparse.Namespace) -> SpeechSink | None:
    if args.no_speech:
        return None
    if args.speech is not None:
        return WavFile(args.speech)
    speaker = Speaker()
    if not speaker.open():
        print(f"{speaker.problem} The answers are text only.", file=sys.stderr)
        return None
    return speaker


def _recorder(args: argparse.Namespace) -> CallRecorder | None:
    if args.record is None:
        return None
    if args.input:
        raise BadInputError("--record keeps what a microphone hears; files in its place are there already.")
    if args.seed is None:
        args.seed = random.randrange(1 << 31)  # a call that is kept can be run again
    names = ("model", "device", "precision", "voice", "system", "greedy", "seed", "headphones")
    return CallRecorder(args.record, {name: getattr(args, name) for name in names})


class TerminalTalk:
    """The conversation: one turn after the other, captions on stdout, everything else on stderr."""

    def __init__(self, args: argparse.Namespace, sink: SpeechSink | None) -> None:
        self._args, self._sink = args, sink
        self._happened: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._engine = EngineProcess(self._happened.put, args.engine_factory)
        loudspeaker = sink if isinstance(sink, Speaker) else None
        self._recorder = _recorder(args)
        self._listener = Listener(self._happened.put, Microphone, loudspeaker=loudspeaker, recorder=self._recorder)
        self._generation = 0
        self._answering = False  # an answer is being made
        self._ahead: list[protocol.Event] | None = None  # what has come of an answer to a turn that may go on
        self._answers_wanted = 0
        self._last_played = 0.0

    def load(self) -> None:
        """Start the engine and wait for its model."""
        args = self._args
        self._engine.start()
        speech = self._sink is not None
        name = model_of(args)
        load = protocol.LoadModel(name, args.device, args.precision, speech, args.voice, engine=args.engine or "")
        self._engine.send(load)
        loaded = self._wait_for_model()
        if args.voice and loaded.voice.lower() != args.voice.lower():
            raise BadInputError(f"{loaded.name} has no voice “{args.voice}”; it has {', '.join(loaded.voices)}.")
        if args.system is not None:
            self._engine.send(protocol.StartConversation(args.voice, args.system))
        print(f"{loaded.name} on {loaded.device}, {loaded.precision}, voice {loaded.voice}", file=sys.stderr)

    def close(self) -> None:
        """End the engine and the microphone."""
        self._listener.close()
        self._engine.close()
        if self._recorder is not None:
            self._recorder.close()

    def answer_recording(self, samples: np.ndarray) -> None:
        """One turn from a file."""
        self._begin_turn()
        for start in range(0, len(samples), _PIECE):
            self._engine.send(protocol.Hear(self._generation, samples[start : start + _PIECE]))
        print(f"> ({len(samples) / SAMPLE_RATE:.1f} s)", flush=True)
        self._reply()
        while self._answering:
            self._handle(self._happened.get())
        while self._sink is not None and self._sink.playing:
            time.sleep(0.05)

    def converse(self) -> None:
        """Listen and answer until Ctrl+C."""
        print("Listening; Ctrl+C ends the conversation.", file=sys.stderr)
        self._listener.start(ListenMode.HANDS_FREE)
        for happened in self._ticking():
            if isinstance(happened, Heard):
                self._hear(happened)
            elif happened is not None:
                self._handle(happened)
            self._mind_the_loudspeaker()

    def _ticking(self) -> Iterator[Any]:
        """What happens, and None twenty times a second while nothing does."""
        while True:
            try:
                yield self._happened.get(timeout=0.05)
            except queue.Empty:
                yield None

    def _wait_for_model(self) -> protocol.Loaded:
        while True:
            match self._happened.get():
                case protocol.Loaded() as loaded:
                    return loaded
                case protocol.LoadFailed(reason, bad_input):
                    raise BadInputError(reason) if bad_input else CannotRunError(reason)
                case protocol.EngineDied(exit_code):
                    raise CannotRunError(f"The engine stopped while it loaded the model (exit code {exit_code}).")

    # turns

    def _begin_turn(self) -> None:
        if self._answering or (self._sink is not None and self._sink.playing):
            heard = self._sink.stop() if self._sink is not None else None
            self._engine.send(protocol.Interrupt(self._generation, heard))
            print(" …")
        self._answering, self._ahead = False, None
        self._generation += 1

    def _reply(self, ahead: bool = False) -> None:
        """Have the turn answered; `ahead`: it may go on, so let nothing of that be heard or read."""
        self._answering, self._ahead = True, [] if ahead else None
        if self._sink is not None:
            self._sink.begin()
            if ahead and isinstance(self._sink, Speaker):
                self._sink.hold()
        self._engine.send(protocol.Reply(self._generation, self._sink is not None, self._args.seed, self._args.greedy))

    def _hear(self, heard: Heard) -> None:
        if heard.problem is not None:
            raise CannotRunError(f"{heard.problem} Or give recordings in its place, with --input FILE.wav.")
        if heard.change is TurnChange.STARTED:
            self._begin_turn()
            print("> …", end="", flush=True)
        elif heard.samples is not None:
            self._engine.send(protocol.Hear(self._generation, heard.samples))
        elif heard.notice is not None:
            print(heard.notice, file=sys.stderr)
        elif heard.change is TurnChange.PAUSED:
            self._answers_wanted += 1
            self._reply(ahead=True)
        elif heard.change is TurnChange.WENT_ON:
            self._take_back()
        elif heard.change is TurnChange.ENDED:
            self._answers_wanted += 1
            print("\r> (spoken)")
            if self._ahead is None:
                self._reply()
            else:
                self._release()

    def _release(self) -> None:
        """The turn was over: here is its answer, as far as it has been made."""
        ahead, self._ahead = self._ahead or [], None
        if isinstance(self._sink, Speaker):
            self._sink.carry_on()
        for event in ahead:
            self._handle(event)

    def _take_back(self) -> None:
        """The turn was not over: what was answered never happened."""
        if self._sink is not None:
            self._sink.stop()
        self._engine.send(protocol.Resume(self._generation))
        if self._ahead is None:
            print(" …\n> …", end="", flush=True)
        self._answering, self._ahead = False, None
        self._generation += 1

    def _mind_the_loudspeaker(self) -> None:
        """Where the microphone hears the loudspeaker, hear nothing while it plays: it would answer itself."""
        if isinstance(self._sink, Speaker) and self._sink.gone and self._sink.revive():
            print("The loudspeaker had gone; the answer goes on on the one that is there now.", file=sys.stderr)
        if self._answers_wanted == self._listener.answers_wanted:
            self._listener.expected = self._answering
        if self._args.headphones or self._sink is None or not self._listener.hears_itself:
            return
        if self._sink.playing:
            self._last_played = time.monotonic()
            self._listener.deaf.set()
        elif time.monotonic() - self._last_played > _DEAF_AFTER:
            self._listener.deaf.clear()

    def _handle(self, event: protocol.Event) -> None:
        if isinstance(event, protocol.EngineDied):
            raise CannotRunError(f"The engine stopped in the middle of an answer (exit code {event.exit_code}).")
        if event.generation != self._generation or not self._answering:
            return  # of a turn that was interrupted
        if isinstance(event, protocol.Speech):
            if self._sink is not None:
                self._sink.play(event.samples, event.sample_rate)
            return
        if self._ahead is not None:
            self._ahead.append(event)
            return
        match event:
            case protocol.Text(_, delta):
                print(delta, end="", flush=True)
            case protocol.Remark(_, sentence):
                print(f"\nvisavis: {sentence}", file=sys.stderr)
            case protocol.Trimmed(_, what):
                print(f"(the conversation is long; the oldest {what} is forgotten)", file=sys.stderr)
            case protocol.ReplyDone(_, text):
                print(flush=True)
                if self._recorder is not None:
                    self._recorder.write(answer=text, generation=self._generation)
                if self._sink is not None:
                    self._sink.finish()
                self._answering = False
            case protocol.Failed(_, reason, bad_input):
                self._answering = False
                if self._args.input:
                    raise BadInputError(reason) if bad_input else CannotRunError(reason)
                print(reason, file=sys.stderr)
