"""For all tests: one thread of torch, so that tests and what else runs on the machine do not slow each other down."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)
