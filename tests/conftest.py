"""For all tests: one thread of torch, so that tests and what else runs on the machine do not slow each other down."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small random model; copy it before changing anything in it."""
    from tests.model.checkpoints import SHAPES, save_checkpoint

    folder = tmp_path_factory.mktemp("model") / "tiny"
    folder.mkdir()
    save_checkpoint(SHAPES[0], folder)
    return folder
