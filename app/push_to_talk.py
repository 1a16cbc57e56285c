"""The key that talks from every window, as the settings have it: opened on a thread, told on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from app.global_key import GlobalKey, GlobalKeyError, KeyListener, open_key


class PushToTalk:
    """At most one key at a time; methods are for the GUI thread and return at once."""

    def __init__(
        self,
        post: Callable[[Callable[[], None]], None],
        press: Callable[[], None],
        release: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self._post, self._press, self._release, self._tell = post, press, release, tell
        self._thread = ThreadPoolExecutor(1, "global-key-open")
        self._key: GlobalKey | None = None
        self._closed = False

    def choose(self, keys: str) -> None:
        """This key from now on, "" for none; `tell` gets "" where it works, else why it does not."""
        self._thread.submit(self._open, keys)

    def close(self) -> None:
        """Give the key back before the program ends; a second time there is nothing to give."""
        if self._closed:
            return
        self._closed = True
        self._thread.submit(self._drop)
        self._thread.shutdown(wait=False)

    def _open(self, keys: str) -> None:
        self._drop()
        problem = ""
        listener = KeyListener(partial(self._post, self._press), partial(self._post, self._release), self._say)
        if keys:
            try:
                self._key = open_key(keys, listener)
            except GlobalKeyError as error:
                problem = str(error)
        self._say(problem)

    def _drop(self) -> None:
        key, self._key = self._key, None
        if key is not None:
            key.close()

    def _say(self, problem: str) -> None:
        self._post(partial(self._tell, problem))
