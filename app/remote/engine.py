"""A server as an engine: what it serves, under which name, with which voices."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from app.remote.conversation import RemoteConversation
from app.remote.failures import KEY_VARIABLE, explained
from model.config import OFFICIAL_SYSTEM_PROMPT
from model.errors import BadInputError, CannotRunError

_CONNECT, _FIRST_WORD = 5.0, 180.0  # seconds; a film may take a server a while before it says anything
_VOICES = ("Chelsie", "Ethan")  # of the Omni models, where servers list none
_CONTEXT = 32_768


@dataclass(frozen=True)
class RemoteEngine:
    """
    Attributes:
        model: its name on the server; name: what a person is told.
        voices: empty where the server's model is not known to speak, and no voice was asked for.
        is_omni: whether it is a Thinker-Talker model, by its name; vLLM-Omni serves those.
    """

    url: str
    model: str
    client: Any
    voices: tuple[str, ...]
    context_length: int
    system_prompt: str | None
    device: str
    is_omni: bool = False
    precision: str = "remote"
    sample_rate: int = 24_000

    @property
    def name(self) -> str:
        """The model and where it runs."""
        return self.model.rstrip("/").rpartition("/")[2] or self.model

    @property
    def speaks(self) -> bool:
        """Whether its answers can be heard."""
        return bool(self.voices)

    @property
    def default_voice(self) -> str:
        """The first voice; empty where there is none."""
        return self.voices[0] if self.voices else ""

    def conversation(self, voice: str | None = None, system: str | None = None) -> RemoteConversation:
        """A new conversation."""
        return RemoteConversation(self, voice, self.system_prompt if system is None else system)


def load(
    url: str,
    model: str | None = None,
    voice: str | None = None,
    speech: bool = True,
    context: int | None = None,
) -> RemoteEngine:
    """Ask the server what it serves. `voice` is believed: servers list none. Raises BadInputError, CannotRunError."""
    address = _address(url)
    try:
        import openai
    except ImportError as error:
        raise CannotRunError("To talk to another engine the package openai is needed: pip install openai") from error
    client = openai.OpenAI(
        base_url=address,
        api_key=os.environ.get(KEY_VARIABLE) or "none",  # never OPENAI_API_KEY: it is for another address
        timeout=openai.Timeout(_FIRST_WORD, connect=_CONNECT),
        max_retries=0,
    )
    with explained(address):
        served = client.models.list(timeout=openai.Timeout(20.0, connect=_CONNECT)).data
    chosen = model or (served[0].id if served else "")
    if not chosen:
        raise CannotRunError(f"The engine at {address} serves no model; load one there, or name one with --model.")
    entry = next((one for one in served if one.id == chosen), None)
    known_as = f"{chosen} {getattr(entry, 'root', '') or ''}".lower()
    is_omni = "omni" in known_as
    voices = _VOICES if is_omni else ()
    if voice and voice.lower() not in (known.lower() for known in voices):
        voices = (voice, *voices)
    length = getattr(entry, "max_model_len", None)
    length = length if isinstance(length, int) and length > 0 else _CONTEXT
    return RemoteEngine(
        url=address,
        model=chosen,
        client=client,
        voices=voices if speech else (),
        context_length=min(length, context or length),
        system_prompt=OFFICIAL_SYSTEM_PROMPT if is_omni else None,
        device=urlsplit(address).netloc,
        is_omni=is_omni,
    )


def _address(url: str) -> str:
    """The base of the API: /v1 where only a host is given."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise BadInputError(f"{url} is no address of an engine ({error}).") from error
    if parts.scheme not in ("http", "https") or not host:
        raise BadInputError(f"{url} is no address of an engine; give one as http://127.0.0.1:8091/v1")
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") or "/v1", "", ""))
