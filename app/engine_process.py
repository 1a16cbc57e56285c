"""The window's handle on the engine's process: start, send, be told, notice its death, start again.

Three threads per process: one writes commands (so that `send` never waits for a full pipe), one reads events, one keeps
the last lines of its stderr for the message that a crash deserves. Knows neither torch nor the model: it starts
`app.engine_worker` by name.
"""

from __future__ import annotations

import collections
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import psutil

from app.engine_protocol import Command, EngineDied, Event, Quit, read_message, write_message

_ROOT = Path(__file__).resolve().parent.parent
_LAST_LINES = 40


class EngineProcess:
    """One child process at a time; `on_event` is called on a thread of ours, once per event, in order.

    Attributes:
        alive: whether the child runs; False after EngineDied, until `restart()`.
    """

    def __init__(self, on_event: Callable[[Event], None], engine_factory: str | None = None) -> None:
        self._on_event = on_event
        self._factory = engine_factory
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        self._closing = False

    @property
    def alive(self) -> bool:
        """Whether the child runs."""
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """The child's process id, if it runs."""
        return self._child.pid if self._child is not None and self.alive else None

    def start(self) -> None:
        """Start the child; returns at once, the model is loaded by a LoadModel command."""
        command = [sys.executable, "-m", "app.engine_worker"]
        if self._factory:
            command += ["--engine-factory", self._factory]
        environment = dict(os.environ)
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), environment.get("PYTHONPATH")]))
        environment.setdefault("OMP_NUM_THREADS", str(_threads()))
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=os.name == "posix",  # Ctrl+C in a terminal is for us; we end the child ourselves
        )
        commands: queue.SimpleQueue[Command | None] = queue.SimpleQueue()
        with self._lock:
            self._child, self._commands, self._closing = child, commands, False
        lines: collections.deque[str] = collections.deque(maxlen=_LAST_LINES)
        stderr = threading.Thread(target=_keep_last_lines, args=(child, lines), daemon=True)
        stderr.start()
        threading.Thread(target=_write_commands, args=(child, commands), daemon=True).start()
        threading.Thread(target=self._read_events, args=(child, lines, stderr), daemon=True).start()

    def send(self, command: Command) -> None:
        """Queue a command; never waits. Commands for a dead child are dropped: EngineDied has told already."""
        self._commands.put(command)

    def restart(self) -> None:
        """End the child if it still runs and start a new one, empty: load a model next."""
        self.close()
        self.start()

    def close(self, patience: float = 0.5) -> None:
        """End the child: ask, and after `patience` seconds, kill."""
        with self._lock:
            self._closing = True
            child = self._child
        if child is None:
            return
        self.send(Quit())
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self._commands.put(None)

    def _read_events(
        self, child: subprocess.Popen[bytes], lines: collections.deque[str], stderr: threading.Thread
    ) -> None:
        assert child.stdout is not None
        while (event := read_message(child.stdout)) is not None:  # type: ignore[arg-type]
            if not self._closing or child is self._child:
                self._on_event(event)  # type: ignore[arg-type]
        exit_code = child.wait()
        stderr.join(timeout=1.0)
        with self._lock:
            expected = self._closing or child is not self._child
        if not expected:
            self._commands.put(None)  # lets the writing thread go
            self._on_event(EngineDied(exit_code, "\n".join(lines)))


def _threads() -> int:
    """How many threads may compute: a core is left to window, microphone and loudspeaker. Threads that share their
    cores with those wait for each other, spinning: on two cores two of them are slower than one."""
    return max(1, (psutil.cpu_count(logical=False) or os.cpu_count() or 1) - 1)


def _write_commands(child: subprocess.Popen[bytes], commands: queue.SimpleQueue[Command | None]) -> None:
    assert child.stdin is not None
    while (command := commands.get()) is not None:
        try:
            write_message(child.stdin, command)  # type: ignore[arg-type]
        except OSError:
            return  # the pipe is broken because the child is gone; the reader notices and tells
        if isinstance(command, Quit):
            return


def _keep_last_lines(child: subprocess.Popen[bytes], lines: collections.deque[str]) -> None:
    assert child.stderr is not None
    for line in child.stderr:
        text = line.decode("utf-8", "replace").rstrip()
        lines.append(text)
        print(text, file=sys.stderr)
