"""`ask`: one question with its files, one answer; text on stdout as it is made, speech to a file or the speaker."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.media import load_audio, load_image, load_video
from app.playback.speaker import Speaker
from app.playback.wav_file import SpeechSink, WavFile
from model.errors import BadInputError
from model.events import Done, SpeechChunk, TextDelta

if TYPE_CHECKING:
    from model.conversation import Conversation

_POLL = 0.05  # seconds between looks at whether the loudspeaker has finished


class _InOrder(argparse.Action):
    """Collects --image, --audio and --video in one list, in the order in which they stand on the command line."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, option: str | None = None
    ) -> None:
        namespace.files = [*(namespace.files or []), ((option or "").lstrip("-"), value)]


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Which model, where and how: the same for every command that loads one."""
    parser.add_argument("--model", default="nano", help="nano, or the folder of a model (default: nano)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--precision", default="auto", help="auto, fp32 or bf16 (default: auto)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `ask`."""
    parser.add_argument("text", nargs="?", help="the question; it comes last, behind the files")
    for kind in ("image", "audio", "video"):
        parser.add_argument(f"--{kind}", action=_InOrder, dest="files", metavar="FILE", help=f"add this {kind} file")
    add_model_arguments(parser)
    parser.add_argument("--voice", help="a voice of the model (default: its first)")
    parser.add_argument("--system", help="the system message (default: the model's own)")
    parser.add_argument("--no-audio-in-video", action="store_true", help="leave a video's sound out")
    parser.add_argument("--greedy", action="store_true", help="no sampling")
    parser.add_argument("--seed", type=int, help="seed of all sampling and noise (default: random)")
    parser.add_argument("--max-text-tokens", type=_positive(int), default=1024, metavar="N")
    parser.add_argument("--max-speech-seconds", type=_positive(float), default=82.0, metavar="S")
    speech = parser.add_mutually_exclusive_group()
    speech.add_argument(
        "--speech", metavar="FILE.wav", help="where speech goes (default: the speaker, if there is one)"
    )
    speech.add_argument("--no-speech", action="store_true", help="answer in text only")
    parser.add_argument(
        "--token2wav",
        choices=("streaming", "reference"),
        default="streaming",
        help="decode speech while it is made, or in one piece as the reference implementation does",
    )
    parser.add_argument("--history", metavar="FILE.json", help="earlier turns")
    parser.add_argument("--json", action="store_true", help="one JSON object a line on stdout")


def run(args: argparse.Namespace) -> int:
    """Ask, and print or play the answer."""
    if not args.text and not args.files:
        raise BadInputError("There is no question: give a text, or a file with --audio, --image or --video.")
    with _sink(args) as sink:
        from model import load

        begun = time.perf_counter()
        engine = load(args.model, args.device, args.precision, speech=sink is not None)
        if args.system is not None and args.system != engine.settings.system_prompt and sink is not None:
            _note("With another system message than the model's own its speech may suffer.")
        with engine.conversation(args.voice, args.system) as talk:
            load_seconds = time.perf_counter() - begun
            if args.history:
                _recall(talk, Path(args.history))
            _enter(talk, args.files or [], args.text, sound_in_video=not args.no_audio_in_video)
            output = _Output(args.json)
            voice = talk.voice.name if talk.voice is not None else ""
            output.ready(engine.name, engine.device, engine.precision, voice, load_seconds)
            events = talk.reply(
                seed=args.seed,
                greedy=args.greedy,
                speech=sink is not None,
                max_text_tokens=args.max_text_tokens,
                max_speech_seconds=args.max_speech_seconds,
                whole_utterance=args.token2wav == "reference",
            )
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
                    case Done():
                        output.done(event)
            if sink is not None:
                sink.finish()
                while sink.playing:
                    time.sleep(_POLL)
    return 0


class _Output:
    """Text as it comes, or JSON lines."""

    def __init__(self, as_json: bool) -> None:
        self._json = as_json

    def ready(self, model: str, device: str, precision: str, voice: str, load_seconds: float) -> None:
        self._line(
            event="ready",
            model=model,
            device=device,
            precision=precision,
            voice=voice,
            load_seconds=round(load_seconds, 3),
        )

    def text(self, at: float, delta: str) -> None:
        if not self._json:
            print(delta, end="", flush=True)
        self._line(event="text", at=round(at, 4), delta=delta)

    def audio(self, at: float, start: int, samples: int) -> None:
        self._line(event="audio", at=round(at, 4), start=start, samples=samples)

    def done(self, done: Done) -> None:
        if not self._json:
            print(flush=True)
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

    def _line(self, **fields: object) -> None:
        if self._json:
            print(json.dumps(fields, ensure_ascii=False), flush=True)


def peak_memory_bytes() -> int:
    """Most memory this process has used: the card's if it used one, else resident memory."""
    import torch

    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return int(torch.cuda.max_memory_allocated())
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@contextmanager
def _sink(args: argparse.Namespace) -> Iterator[SpeechSink | None]:
    """The WAV file, the loudspeaker, or None; a failed command leaves no file behind."""
    if args.no_speech:
        yield None
        return
    if args.speech is None:
        speaker = Speaker()
        try:
            if speaker.open():
                yield speaker
            else:
                _note(f"{speaker.problem} The answer comes as text only; --speech FILE.wav saves it as sound.")
                yield None
        finally:
            speaker.close()
        return
    wav = WavFile(args.speech)
    try:
        yield wav
    except BaseException:
        wav.abandon()
        raise
    wav.close()


def _enter(talk: Conversation, files: Sequence[tuple[str, str]], text: str | None, sound_in_video: bool) -> None:
    for kind, path in files:
        try:
            if kind == "image":
                talk.add_image(load_image(path).pixels)
            elif kind == "audio":
                talk.add_audio(load_audio(path).samples)
            else:
                video = load_video(path)
                talk.add_video(video.frames, video.fps, video.samples if sound_in_video else None)
        except BadInputError as error:
            raise BadInputError(str(error) if str(path) in str(error) else f"{path}: {error}") from error
    if text is not None:
        talk.say(text)


def _recall(talk: Conversation, path: Path) -> None:
    """Enter earlier turns: [{"role": …, "content": [{"type": "text", "text": …}, {"type": "audio", "path": …}]}]."""
    try:
        turns = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadInputError(f"{path}: there is no such file.") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadInputError(f"{path} is not readable as JSON: {error}.") from error
    try:
        for turn in turns:
            content = turn["content"]
            for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
                if part["type"] == "text":
                    talk.say(part["text"])
                elif part["type"] in ("image", "audio", "video"):
                    _enter(talk, [(part["type"], part["path"])], None, sound_in_video=True)
                else:
                    raise BadInputError(f'{path}: a content of type "{part["type"]}" is not known.')
            talk.close_turn(turn["role"])
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInputError(
            f"{path} is no list of turns with role and content ({type(error).__name__}: {error})."
        ) from error


def _positive(kind: type[int] | type[float]) -> Any:
    def parse(text: str) -> float:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not above zero")
        return value

    parse.__name__ = kind.__name__  # argparse names it in its message
    return parse


def _note(sentence: str) -> None:
    print(f"visavis: {sentence}", file=sys.stderr)
