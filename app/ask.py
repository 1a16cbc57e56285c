"""`ask`: one question with its files, one answer; text on stdout as it is made, speech to a file or the speaker."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.playback.speaker import Speaker
from app.playback.wav_file import SpeechSink, WavFile
from app.question import Content, EarlierTurn, enter, read_history, read_question, recall
from app.settings import DEFAULT_MODEL, PRECISIONS
from model.bounds import MOST_SPEECH_SECONDS
from model.errors import CannotRunError
from model.events import ContextTrimmed, Done, Remark, ReplyEvent, SpeechChunk, TextDelta
from model.failures import is_out_of_memory

_POLL = 0.05  # seconds between looks at whether the loudspeaker has finished


class _InOrder(argparse.Action):
    """Collects --image, --audio and --video in one list, in the order in which they stand on the command line."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, option: str | None = None
    ) -> None:
        namespace.files = [*(namespace.files or []), ((option or "").lstrip("-"), value)]


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Which model, where and how: the same for every command that loads one."""
    model = parser.add_argument_group("the model")
    model.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="M", help="nano, 3b, 7b, a folder or a hub id (default: nano)"
    )
    model.add_argument("--device", default="auto", metavar="D", help="auto, cpu, cuda or cuda:N (default: auto)")
    model.add_argument(
        "--precision", default="auto", choices=PRECISIONS, metavar="P", help="auto, fp32, bf16, int8, nf4 or int4"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ask`."""
    question = parser.add_argument_group("the question")
    question.add_argument("text", nargs="?", metavar="TEXT", help="it comes last, behind the files")
    for kind in ("image", "audio", "video"):
        question.add_argument(
            f"--{kind}", action=_InOrder, dest="files", metavar="FILE", help=f"{kind} to ask about; any number of them"
        )
    question.add_argument("--no-audio-in-video", action="store_true", help="leave the sound of videos out")
    question.add_argument("--history", metavar="FILE.json", help="earlier turns, as a list of roles with contents")
    question.add_argument("--system", metavar="S", help="the system message (default: the model's own)")
    add_model_arguments(parser)
    parser.add_argument("--engine", metavar="URL", help="a serving engine in our own one's place; see the README")
    answer = parser.add_argument_group("the answer")
    answer.add_argument("--json", action="store_true", help="one JSON object a line in place of plain text")
    answer.add_argument("--voice", metavar="V", help="a voice of the model (default: its first)")
    speech = answer.add_mutually_exclusive_group()
    speech.add_argument(
        "--speech", metavar="FILE.wav", help="where speech goes (default: the loudspeaker, if there is one)"
    )
    speech.add_argument("--no-speech", action="store_true", help="text only")
    answer.add_argument("--greedy", action="store_true", help="no sampling")
    answer.add_argument("--seed", type=_seed, metavar="N", help="of all sampling and noise (default: random)")
    answer.add_argument(
        "--max-text-tokens", type=_positive(int), default=1024, metavar="N", help="of the text (default: 1024)"
    )
    answer.add_argument(
        "--max-speech-seconds",
        type=_positive(float),
        default=MOST_SPEECH_SECONDS,
        metavar="S",
        help=f"of the speech (default, and most: {MOST_SPEECH_SECONDS:.0f})",
    )
    answer.add_argument(
        "--token2wav",
        choices=("streaming", "reference"),
        default="streaming",
        help="decode speech while it is made, or in one piece as the reference implementation does",
    )


def run(args: argparse.Namespace) -> int:
    """Ask, and print or play the answer. A model that runs out of memory before its answer has begun is loaded smaller
    and asked again."""
    with _sink(args) as (sink, problem):
        notes = [problem] if problem else []
        sound_in_video = not args.no_audio_in_video
        contents = read_question(args.files or [], args.text, sound_in_video)
        history = read_history(Path(args.history), sound_in_video) if args.history else []
        output, saving = _Output(args.json), 0
        while True:
            begun = time.perf_counter()
            engine = _load(args, sink is not None, saving)
            notes += getattr(engine, "notes", ())
            if sink is not None and not engine.speaks:
                if args.speech:
                    raise CannotRunError(f"{engine.name} has no voice; ask it with --no-speech.")
                notes.append(f"{engine.name} has no voice; the answer comes as text only.")
                sink = None
            if args.system is not None and args.system != engine.system_prompt and sink is not None:
                notes.append("With another system message than the model's own its speech may suffer.")
            try:
                _answer(args, engine, begun, history, contents, notes, output, sink)
                return 0
            except Exception as error:
                if not isinstance(error, BrokenPipeError):
                    output.break_off()
                if output.told or not is_out_of_memory(error) or not hasattr(engine, "saving"):
                    raise
                saving, notes = engine.saving + 1, []
            engine = None  # its memory must be free before the next one asks for its own


def _answer(
    args: argparse.Namespace, engine: Any, begun: float, history: list[EarlierTurn], contents: list[Content],
    notes: list[str], output: _Output, sink: SpeechSink | None,
) -> None:  # fmt: skip
    with engine.conversation(args.voice, args.system) as talk:
        load_seconds = time.perf_counter() - begun
        recall(talk, history)
        enter(talk, contents)
        for note in notes:  # only now: a question that cannot be asked gets one line, about that
            _note(note)
        voice = talk.voice.name if talk.voice is not None else ""
        output.ready(engine.name, engine.device, engine.precision, voice, load_seconds)
        events = talk.reply(
            seed=args.seed,
            greedy=args.greedy,
            speech=sink is not None,
            max_text_tokens=args.max_text_tokens,
            max_speech_seconds=min(args.max_speech_seconds, MOST_SPEECH_SECONDS),  # nobody's Talker makes more
            whole_utterance=args.token2wav == "reference",
        )
        _tell(events, output, sink)


def _load(args: argparse.Namespace, speech: bool, saving: int = 0) -> Any:
    """Our own engine with the model, or another one that serves."""
    if args.engine:
        from app import remote

        return remote.load(args.engine, model_of(args), args.voice, speech)
    from model import load

    return load(model_of(args), args.device, args.precision, speech=speech, saving=saving)


def model_of(args: argparse.Namespace) -> str:
    """The model that is asked for; nothing where another engine is to choose."""
    return "" if args.engine and args.model == DEFAULT_MODEL else str(args.model)


def _tell(events: Iterator[ReplyEvent], output: _Output, sink: SpeechSink | None) -> None:
    if sink is not None:
        sink.begin()
    for event in events:
        match event:
            case TextDelta():
                output.text(event.at, event.text)
            case SpeechChunk():
                assert sink is not None
                sink.play(event.samples, event.sample_rate)
                output.audio(event.at, event.start, len(event.samples))
            case Remark(sentence):
                _note(sentence)
            case ContextTrimmed():
                _note(f"The context was full; {event.tokens} tokens of earlier turns were forgotten.")
            case Done():
                output.done(event)
    if sink is not None:
        sink.finish()
        while sink.playing:
            time.sleep(_POLL)


class _Output:
    """Text as it comes, or JSON lines.

    Attributes:
        told: whether anything of an answer has been printed. Until then the line "ready" waits: the model may yet be
            loaded smaller, and be another one than it says.
    """

    def __init__(self, as_json: bool) -> None:
        self._json = as_json
        self._ready: dict[str, object] = {}
        self._in_line = False
        self.told = False

    def ready(self, model: str, device: str, precision: str, voice: str, load_seconds: float) -> None:
        self._ready = {
            "event": "ready", "model": model, "device": device, "precision": precision, "voice": voice,
            "load_seconds": round(load_seconds, 3),
        }  # fmt: skip

    def text(self, at: float, delta: str) -> None:
        if not self._json:
            print(delta, end="", flush=True)
            self._in_line = True
        self._line(event="text", at=round(at, 4), delta=delta)

    def audio(self, at: float, start: int, samples: int) -> None:
        self._line(event="audio", at=round(at, 4), start=start, samples=samples)

    def done(self, done: Done) -> None:
        self._in_line = not self._json
        self.break_off()
        self._line(
            event="done",
            at=round(done.at, 4),
            text=done.text,
            prompt_tokens=done.prompt_tokens,
            text_tokens=done.text_tokens,
            speech_codes=done.speech_codes,
            sample_rate=done.sample_rate,
            samples=done.samples,
            peak_memory_bytes=peak_memory_bytes(),
            timings={name: round(seconds, 4) for name, seconds in done.timings.items()},
        )

    def break_off(self) -> None:
        """End the line of the answer, if one has begun: what is told next begins its own."""
        if self._in_line:
            print(flush=True)
            self._in_line = False

    def _line(self, **fields: object) -> None:
        self.told = True
        if self._json:
            unicode = (sys.stdout.encoding or "").lower().startswith("utf")
            for line in (self._ready, fields) if self._ready else (fields,):
                print(json.dumps(line, ensure_ascii=not unicode), flush=True)
            self._ready = {}


def peak_memory_bytes() -> int:
    """Most memory this process has used: the card's if it used one, else resident memory."""
    torch = sys.modules.get("torch")  # not loaded where another engine answers
    if torch is not None and torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return int(torch.cuda.max_memory_allocated())
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@contextmanager
def _sink(args: argparse.Namespace) -> Iterator[tuple[SpeechSink | None, str | None]]:
    """The WAV file, the loudspeaker, or None, and if that is for a problem, what it is. A failed command leaves no file
    behind."""
    if args.no_speech:
        yield None, None
        return
    if args.speech is None:
        speaker = Speaker()
        try:
            if speaker.open():
                yield speaker, None
            else:
                yield None, f"{speaker.problem} The answer comes as text only; --speech FILE.wav saves it as sound."
        finally:
            speaker.close()
        return
    wav = WavFile(args.speech)
    try:
        yield wav, None
        wav.close()
    except BaseException:
        wav.abandon()
        raise


def _positive(kind: type[int] | type[float]) -> Any:
    def parse(text: str) -> float:
        value = kind(text)
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is not above zero")
        return value

    parse.__name__ = kind.__name__  # argparse names it in its message
    return parse


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 63:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to 2^63 - 1")
    return int(text)


def _note(sentence: str) -> None:
    print(f"visavis: {sentence}", file=sys.stderr)
