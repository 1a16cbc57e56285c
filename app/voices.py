"""The command `voices`: which voices a model has, and what one of them sounds like."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from app import engine_factory
from app.ask import add_model_arguments
from app.playback.speaker import Speaker
from app.playback.wav_file import SpeechSink, WavFile
from model.errors import BadInputError, CannotRunError

_PROMPT = "Say hello in one short sentence."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `voices`."""
    parser.add_argument("act", nargs="?", choices=("list", "preview"), default="list", help="(default: list)")
    parser.add_argument("name", nargs="?", metavar="NAME", help="the voice to preview")
    parser.add_argument("--speech", type=Path, metavar="FILE.wav", help="a file in the loudspeaker's place")
    add_model_arguments(parser)
    parser.add_argument("--engine-factory", default=engine_factory.DEFAULT_FACTORY, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """List or preview; raises BadInputError and CannotRunError."""
    if args.act == "preview":
        if not args.name:
            raise BadInputError("voices preview: name the voice; visavis voices lists what there is.")
        return _preview(args)
    names = _names(args)
    if not names:
        raise CannotRunError(f"The model {args.model} has no voices.")
    for index, name in enumerate(names):
        print(f"{name}  (default)" if index == 0 else name)
    return 0


def _names(args: argparse.Namespace) -> list[str]:
    if args.engine_factory != engine_factory.DEFAULT_FACTORY:
        return list(engine_factory.resolve(args.engine_factory)(args.model).voices)
    from model.checkpoint.installed import find_model
    from model.checkpoint.voices import read_voices
    from model.config import read_config

    folder = find_model(args.model)
    read_config(folder)  # a folder that is no model is another matter than a model without voices
    return list(read_voices(folder))


def _preview(args: argparse.Namespace) -> int:
    sink = _sink(args)
    try:
        load = engine_factory.resolve(args.engine_factory)
        engine = load(args.model, device=args.device, precision=args.precision, speech=True)
        if args.name.lower() not in (voice.lower() for voice in engine.voices):
            raise BadInputError(f"{engine.name} has no voice “{args.name}”; it has {', '.join(engine.voices)}.")
        sink.begin()
        with engine.conversation(voice=args.name) as talk:
            talk.say(_PROMPT)
            for event in talk.reply(seed=0):
                if type(event).__name__ == "TextDelta":
                    print(event.text, end="", flush=True)
                elif type(event).__name__ == "SpeechChunk":
                    sink.play(event.samples, event.sample_rate)
        print()
        sink.finish()
        while sink.playing:
            time.sleep(0.05)
        sink.close()
    except BaseException:
        if isinstance(sink, WavFile):
            sink.abandon()
        else:
            sink.close()
        raise
    return 0


def _sink(args: argparse.Namespace) -> SpeechSink:
    if args.speech is not None:
        return WavFile(args.speech)
    speaker = Speaker()
    if not speaker.open():
        raise CannotRunError(f"{speaker.problem} Or save the voice with --speech FILE.wav.")
    return speaker
