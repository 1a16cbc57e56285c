"""The models that there are, as the window shows them: installed, on their way, or to be had."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.view_models.listeners import Listeners


class ModelState(Enum):
    """What can be done with a model now."""

    ABSENT = "absent"
    PARTIAL = "partial"  # a download was paused, or has failed
    COMING = "coming"
    CHECKING = "checking"
    REMOVING = "removing"
    INSTALLED = "installed"


@dataclass(frozen=True)
class ModelFit:
    """
    Attributes:
        fits: whether the memory that is free is enough for it.
        precision, context: with which it would be loaded.
        needed, free: bytes of memory, on the card or beside the processor.
        disk_needed, disk_free: bytes that are still to be fetched, and those that are free; 0 where nothing is.
    """

    fits: bool
    precision: str
    context: int
    on_card: bool
    needed: int
    free: int
    disk_needed: int = 0
    disk_free: int = 0

    @property
    def has_room(self) -> bool:
        """Whether the disk has room for what is to be fetched."""
        return self.disk_needed <= self.disk_free


@dataclass(frozen=True)
class ModelEntry:
    """One model.

    Attributes:
        name: what the settings call it; embedded: whether it came with the program and stays.
        size: bytes of all of it; fetched: of what is here while it comes.
        rate, seconds_left: bytes a second, and how long still; None where nobody knows.
        share: of the checking that is done, from 0 to 1.
        fit: None while it is looked at, or where its sizes are not known.
        told: one sentence about what went wrong, or well.
    """

    name: str
    state: ModelState
    size: int
    embedded: bool = False
    fetched: int = 0
    rate: float = 0.0
    seconds_left: float | None = None
    share: float = 0.0
    fit: ModelFit | None = None
    told: str = ""


class ModelsViewModel:
    """Changed by the shelf alone, on the GUI thread."""

    def __init__(self) -> None:
        self.entries: list[ModelEntry] = []
        self.listeners: Listeners[[ModelsViewModel]] = Listeners()

    def show(self, entries: list[ModelEntry]) -> None:
        """These, in this order."""
        self.entries = entries
        self.listeners.tell(self)

    def entry(self, name: str) -> ModelEntry | None:
        """The one of this name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def change(self, changed: ModelEntry) -> None:
        """This one is another one now."""
        self.show([changed if entry.name == changed.name else entry for entry in self.entries])
