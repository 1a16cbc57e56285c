"""A loudspeaker and a microphone for tests that play and listen, a display for those that look."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.app.rig.display import PrivateDisplay
from tests.app.rig.sound import PrivateSound


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSound]:
    server = PrivateSound(tmp_path_factory.mktemp("sound") / "run")
    yield server
    server.close()


@pytest.fixture
def sound(_server: PrivateSound, monkeypatch: pytest.MonkeyPatch) -> PrivateSound:
    """Loudspeaker and microphone, which are this process's default devices."""
    for name, value in _server.environment.items():
        monkeypatch.setenv(name, value)
    return _server


@pytest.fixture(scope="session")
def display() -> Iterator[PrivateDisplay]:
    """A display that nobody sees."""
    made = PrivateDisplay()
    yield made
    made.close()
