"""The session's line to the engine: starts it, knows in what state it is, and lets no command overtake another one.

Commands wait here while the process starts, and those of a turn while its files are still being read. All methods are
for the GUI thread and return at once.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from functools import partial

from app import engine_protocol as protocol
from app.engine_process import EngineProcess
from app.view_models.conversation import ModelInfo


class EngineState(Enum):
    """Whether a question can be answered."""

    LOADING = "loading"  # not yet, but it can be asked
    READY = "ready"
    BROKEN = "broken"


class EngineLine:
    """One engine after the other.

    Attributes:
        process: the engine's process.
        state: what `take` made of its events.
    """

    def __init__(
        self,
        on_event: Callable[[protocol.Event], None],
        on_start_failed: Callable[[str], None],
        post: Callable[[Callable[[], None]], None],
        factory: str | None = None,
    ) -> None:
        self.process = EngineProcess(on_event, factory)
        self.state = EngineState.LOADING
        self._on_start_failed, self._post = on_start_failed, post
        self._starting = ThreadPoolExecutor(1, "engine-start")
        self._backlog: list[protocol.Command] | None = []  # for an engine that is still being started
        self._held: list[protocol.Command] | None = None  # of a turn whose files are still being read

    @property
    def usable(self) -> bool:
        """Whether a question would find an engine, now or soon."""
        return self.state is not EngineState.BROKEN

    def start(self, first: list[protocol.Command]) -> None:
        """Start an engine in place of the one there was, if any; `first` is what it is told first."""
        self._backlog, self._held = [*first], None
        self.state = EngineState.LOADING
        self._starting.submit(self._start)

    def load(self, commands: list[protocol.Command]) -> None:
        """Have the running engine load a model: the first of the commands says which."""
        self.state = EngineState.LOADING
        for command in commands:
            self.send(command)

    def take(self, event: protocol.Event) -> None:
        """Note what an event says about the engine itself."""
        match event:
            case protocol.Loaded():
                self.state = EngineState.READY
            case protocol.LoadFailed() | protocol.EngineDied():
                self.state = EngineState.BROKEN
                self._held = None

    def send(self, command: protocol.Command) -> None:
        """Tell the engine, as soon as it is there."""
        if self._backlog is not None:
            self._backlog.append(command)
        else:
            self.process.send(command)

    def hold_turn(self) -> None:
        """What `send_in_turn` is given from now on waits for `release_turn`."""
        self._held = []

    def send_in_turn(self, command: protocol.Command) -> None:
        """Tell the engine, behind the files of this turn."""
        if self._held is not None:
            self._held.append(command)
        else:
            self.send(command)

    @property
    def holding(self) -> bool:
        """Whether a turn waits for its files."""
        return self._held is not None

    def release_turn(self, before: list[protocol.Command]) -> None:
        """The files are read: send them, then what waited for them."""
        held, self._held = self._held or [], None
        for command in [*before, *held]:
            self.send(command)

    def drop_turn(self) -> None:
        """Forget what waits."""
        self._held = None

    def close(self) -> None:
        """End the engine; takes half a second at most."""
        self._starting.shutdown(wait=True)
        self.process.close()

    def _start(self) -> None:
        """On a thread: an old engine may take half a second to end, and a process a moment to start."""
        try:
            self.process.restart()
        except OSError as error:
            self._post(partial(self._failed, f"The engine could not be started ({error})."))
        else:
            self._post(self._started)

    def _started(self) -> None:
        backlog, self._backlog = self._backlog, None
        for command in backlog or []:
            self.process.send(command)

    def _failed(self, reason: str) -> None:
        self.state = EngineState.BROKEN
        self._on_start_failed(reason)


def model_info(event: protocol.Loaded) -> ModelInfo:
    """What the window shows of the model that has been loaded."""
    names = (event.name, event.device, event.precision, event.voices, event.voice)
    return ModelInfo(*names, event.context_length, event.picture_pixels)
