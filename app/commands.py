"""The command line: which words there are, and which module each of them calls. Errors become one line and a code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from app.audio_devices import AudioError
from model.errors import BadInputError, CannotRunError

COMMANDS = {
    "ask": "one question, one answer, in text and speech",
    "talk": "a spoken conversation in the terminal",
    "voices": "list the voices of a model, or hear one",
    "doctor": "what this machine can run",
}


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; modules of commands are imported only here, and none of them imports torch yet."""
    parser = _OneLineParser(
        prog="visavis",
        description="Talk, face to face, with a model on your own machine. Without a command: the window.",
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    window = parser.add_argument_group("the window")
    window.add_argument("--model", metavar="M", help="nano, or the folder of a model; remembered")
    window.add_argument("--device", help="where the model is computed; remembered")
    window.add_argument("--precision", help="of the model's weights; remembered")
    window.add_argument("--theme", choices=("light", "dark"), help="remembered")
    window.add_argument("--language", choices=("en", "zh_CN"), default="en", help="of the window")
    window.add_argument("--screenshot", metavar="FILE.png", help="save a picture of the window and exit")
    window.add_argument("--size", metavar="WxH", help="of the window in the picture")
    window.add_argument("--page", metavar="NAME", help="what the picture shows")
    window.add_argument("--engine-factory", metavar="MODULE:FUNCTION", help=argparse.SUPPRESS)
    words = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, says in COMMANDS.items():
        command = words.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.")
        command.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
        )
        module = importlib.import_module(f"app.{name}")
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 it cannot be done here, 2 bad input."""
    args = build_parser().parse_args(arguments)
    try:
        if args.command is None:
            from app.application import run

            return run(args)
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except (BadInputError, CannotRunError, AudioError, MemoryError) as error:
        if args.debug:
            raise
        print(f"visavis: {str(error) or 'There is not enough memory for this.'}", file=sys.stderr)
        return 2 if isinstance(error, BadInputError) else 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `ask … | head`: the reader has left, and there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


class _OneLineParser(argparse.ArgumentParser):
    """An unknown option gets one line and exit code 2, without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help lists what there is\n")
