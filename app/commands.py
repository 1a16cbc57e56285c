"""The command line: which words there are, and which module each of them calls. Errors become one line and a code.

A command is a module `app.NAME` with `add_arguments(parser)` and `run(args) -> int`. It is imported only when its word
is on the command line, so that one command's libraries never slow down another one, or the help.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from model.checkpoint.installed import NotInstalledError
from model.errors import BadInputError, CannotRunError
from model.failures import is_out_of_memory

COMMANDS = {
    "ask": "one question, one answer, in text and speech",
    "talk": "a spoken conversation in the terminal",
    "replay": "run a recorded call again",
    "models": "list, download, verify and remove models",
    "voices": "list the voices of a model, or hear one",
    "doctor": "what this machine can run",
    "plan": "how much memory a model needs",
    "bench": "how fast a model is here",
    "eval": "how well a model understands and speaks",
}


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The command line, with the options of those commands whose words are among the arguments."""
    parser = _OneLineParser(
        prog="visavis",
        description="Talk, face to face, with a model on your own machine. Without a command: the window.",
        epilog="visavis COMMAND --help lists the options of a command.",
        allow_abbrev=False,  # a script's --sys would begin to mean something else with the next option that we add
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    parser.set_defaults(window_options=())
    _add_window_options(parser.add_argument_group("the window"))
    words = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, says in COMMANDS.items():
        command = words.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.", allow_abbrev=False)
        command.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of an error"
        )
        if name in arguments:
            module = importlib.import_module(f"app.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """0 done, 1 it cannot be done here, 2 bad input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        parser = build_parser(given)
        args = parser.parse_args(given)
        if args.command is not None and args.window_options:
            parser.error(f"{args.window_options[0]} must stand behind the command: visavis {args.command} …")
        if args.command is None:
            from app.program import run

            return run(args)
        with _quiet_libraries(debug), _ended_politely():
            code: int = args.run(args)
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _fail(CannotRunError("Interrupted."))
    except BrokenPipeError:  # `ask … | head`: the reader has left, and there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # the door: behind it there is nobody who could do more than read one line
        if debug:
            traceback.print_exc()
        return _fail(error)


def _fail(error: Exception) -> int:
    """One line on stderr, and the exit code."""
    if isinstance(error, ImportError):
        sentence = f"A part of the program is missing ({error}); set it up again as the README says."
    elif isinstance(error, NotInstalledError):
        from app.models.fit import told_of_not_installed

        sentence = f"{error}{told_of_not_installed(error.name)}"
    elif isinstance(error, BadInputError | CannotRunError) or _is_audio_error(error):
        sentence = str(error)
    elif is_out_of_memory(error):
        sentence = "There is not enough memory for this; try something shorter, or a smaller model."
    else:
        sentence = f"Something went wrong ({type(error).__name__}: {error}); --debug shows where."
    print(f"visavis: {' '.join(sentence.split())}", file=sys.stderr)
    return 2 if isinstance(error, BadInputError) else 1


def _is_audio_error(error: Exception) -> bool:
    from app.audio_devices import AudioError  # not at the top: the help needs no sound

    return isinstance(error, AudioError)


@contextmanager
def _quiet_libraries(debug: bool) -> Iterator[None]:
    """stderr is for our own sentences: what libraries log and warn of is shown with --debug only."""
    logging.basicConfig(level=logging.WARNING if debug else logging.CRITICAL)
    with warnings.catch_warnings():
        if not debug:
            warnings.simplefilter("ignore")
        yield


@contextmanager
def _ended_politely() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl+C does: it puts away half-written files first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _add_window_options(window: argparse._ArgumentGroup) -> None:
    def add(option: str, **settings: Any) -> None:
        window.add_argument(option, action=_WindowOption, **settings)

    add("--model", metavar="M", help="nano, 3b, 7b, the folder of a model or a hub id; remembered")
    add("--engine", metavar="URL", help="a serving engine in our own one's place, or an empty text; remembered")
    add("--device", metavar="D", choices=("auto", "cpu", "cuda"), help="auto, cpu or cuda; remembered")
    add("--precision", metavar="P", help="of the model's weights: auto, fp32, bf16, int8, nf4 or int4; remembered")
    add("--theme", choices=("light", "dark"), help="remembered")
    add("--language", choices=("en", "zh_CN"), help="of the window; remembered")
    add("--screenshot", metavar="FILE.png", help="save a picture of the window and exit")
    add("--size", metavar="WxH", help="of the window in the picture")
    add("--page", metavar="NAME", help="what the picture shows")
    add("--engine-factory", metavar="MODULE:FUNCTION", help=argparse.SUPPRESS)


class _WindowOption(argparse.Action):
    """Stores the value, and notes that the option was given: before a command it would be lost without a word."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, option: str | None = None
    ) -> None:
        setattr(namespace, self.dest, value)
        namespace.window_options = (*namespace.window_options, option)


class _OneLineParser(argparse.ArgumentParser):
    """An unknown option gets one line and exit code 2, without the usage in front of it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; {self.prog} --help lists what there is\n")
