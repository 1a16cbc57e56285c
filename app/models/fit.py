"""Whether a model fits what is free here, before a byte of it is fetched: the memory plan and the disk, in short."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.models.store import Stored, partial_of, stored
from app.plan import find_config, machine
from app.view_models.models import ModelFit
from model.errors import BadInputError, CannotRunError
from model.official import official_config
from model.plan import GIB, Plan, choose

_CONTEXTS = (None, 8192, 2048)  # tokens that are tried: all that it can, then less


def fit_of(model: Stored) -> ModelFit | None:
    """How a model would fit this machine now; None for one whose sizes nobody knows before it is here."""
    name = str(model.folder) if model.installed else model.repo
    if not model.installed and official_config(name) is None:
        return None
    try:
        config = find_config(name)
    except (BadInputError, CannotRunError):  # a damaged one: `verify` tells
        return None
    on_card, budget, bandwidth, bfloat16 = machine("auto", None)
    plan: Plan | None = None
    for context in _CONTEXTS:
        plan = choose(config, "auto", on_card, context, None, True, budget, bandwidth, bfloat16)
        if plan.fits:
            break
    assert plan is not None
    needed, free = 0, 0
    if not model.installed:
        needed = max(0, model.size - (model.fetched or 0))
        free = shutil.disk_usage(_existing(partial_of(model.repo).parent)).free
    return ModelFit(plan.fits, plan.precision, plan.context, on_card, plan.peak, budget, needed, free)


def in_words(fit: ModelFit) -> str:
    """In one line, for the command line."""
    where = "on the card" if fit.on_card else "of memory"
    as_what = f"{fit.precision} with {fit.context} tokens of context"
    amounts = f"needs {fit.needed / GIB:.1f} GiB, {fit.free / GIB:.1f} GiB {where} are free"
    if fit.fits:
        told = f"it fits here in {as_what}: {amounts}"
    else:
        told = f"it does not fit here: even {as_what} {amounts}, and a tenth of that is left alone"
    if not fit.has_room:
        told += f"; the disk has {fit.disk_free / 1e9:.0f} GB, too few for {fit.disk_needed / 1e9:.0f} GB"
    return told


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def told_of_not_installed(name: str) -> str:
    """What is added to the sentence that a known model is not installed; empty for one that nobody knows."""
    model = next((one for one in stored() if name.lower() in (one.name.lower(), one.repo.lower())), None)
    fit = fit_of(model) if model is not None else None
    return f"; {in_words(fit)}" if fit is not None else ""
