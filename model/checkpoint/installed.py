"""Which models there are by name, and in which folder an installed one lies. Needs no torch.

A model that was fetched from a hub lies in MODELS/OWNER/NAME, as the hub calls it; it is there whole or not at all.
What is still on its way lies beside it under a hidden name (`app.models` puts it there), which no name leads to.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from model.errors import BadInputError, CannotRunError

MODELS_VARIABLE = "VISAVIS_MODELS"
HOME_VARIABLE = "VISAVIS_HOME"
EMBEDDED_NAME = "nano"
EMBEDDED = Path(__file__).resolve().parents[2] / "assets" / "nano"
_HUB_ID = re.compile(r"[A-Za-z0-9_][\w.-]*/[A-Za-z0-9_][\w.-]*")  # owner/model


class NotInstalledError(CannotRunError):
    """A model that could be fetched is not here. `name` is what it was called by."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True)
class KnownModel:
    """A model that has a short name.

    Attributes:
        repo: its id on the hub.
        parameters: how many weights it has; the official files hold two bytes for each.
    """

    name: str
    repo: str
    parameters: int

    @property
    def download_bytes(self) -> int:
        """About what is fetched; the hub tells exactly."""
        return 2 * self.parameters


KNOWN = {
    model.name: model
    for model in (
        KnownModel("3b", "Qwen/Qwen2.5-Omni-3B", 5_540_000_000),
        KnownModel("7b", "Qwen/Qwen2.5-Omni-7B", 10_730_000_000),
    )
}


def models_folder() -> Path:
    """Where models that were fetched are kept; not made here."""
    if chosen := os.environ.get(MODELS_VARIABLE):
        return Path(chosen).expanduser()
    if home := os.environ.get(HOME_VARIABLE):
        return Path(home) / "models"
    return Path(platformdirs.user_data_dir("visavis", appauthor=False)) / "models"


def repo_of(name: str) -> str | None:
    """The hub id that a short name or a hub id means; None for anything else."""
    if name.lower() in KNOWN:
        return KNOWN[name.lower()].repo
    return name if _HUB_ID.fullmatch(name) and ".." not in name else None


def folder_of(repo: str) -> Path:
    """Where this model lies if it is installed."""
    owner, name = repo.split("/")
    return models_folder() / owner / name


def find_model(name: str) -> Path:
    """The folder of a model: "nano", a short name, a folder, or a hub id. CannotRunError where it is known but not
    installed, with the command that installs it; BadInputError for what is no model."""
    if name == EMBEDDED_NAME:
        if EMBEDDED.is_dir():
            return EMBEDDED
        raise CannotRunError("The embedded model is missing: assets/nano is not beside the program.")
    try:
        folder = Path(name).expanduser()
        if name.lower() not in KNOWN and folder.is_dir():
            return folder
        exists = folder.exists()
    except (OSError, RuntimeError) as error:  # a name that is too long; the home of nobody
        raise BadInputError(f"{name}: is not a model folder ({error}).") from error
    repo = repo_of(name)
    if repo is not None and folder_of(repo).is_dir():
        return folder_of(repo)
    if name.lower() in KNOWN or (repo is not None and not exists and not folder.parent.is_dir()):
        raise NotInstalledError(name, _not_installed(name))
    if exists:
        raise BadInputError(f"{name} is not a model folder.")
    if os.sep in name or "/" in name or name.startswith("."):
        raise BadInputError(f"{name}: there is no such folder.")
    raise CannotRunError(
        f'The model "{name}" is not installed; give {EMBEDDED_NAME}, {", ".join(KNOWN)}, a folder or a hub id.'
    )


def _not_installed(name: str) -> str:
    known = KNOWN.get(name.lower())
    if known is None:
        return f"The model {name} is not installed; fetch it with: visavis models download {name}"
    size = f"about {known.download_bytes / 1e9:.0f} GB"
    return f"The model {known.name} is not installed; fetch it ({size}) with: visavis models download {known.name}"
