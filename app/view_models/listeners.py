"""Who is told of a view model's changes. For the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

Arguments = ParamSpec("Arguments")


class Listeners(Generic[Arguments]):
    """Functions that are called one after the other, in the order in which they came."""

    def __init__(self) -> None:
        self._listeners: list[Callable[Arguments, None]] = []

    def add(self, listener: Callable[Arguments, None]) -> None:
        """Call it from now on."""
        self._listeners.append(listener)

    def remove_where(self, leaves: Callable[[object], bool]) -> None:
        """Call the methods of those objects no more that leave."""
        self._listeners = [one for one in self._listeners if not leaves(getattr(one, "__self__", None))]

    def tell(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        """Call all of them."""
        for listener in self._listeners:
            listener(*args, **kwargs)
