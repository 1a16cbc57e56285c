"""What can go wrong with a server, each in one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from model.errors import BadInputError, CannotRunError

KEY_VARIABLE = "VISAVIS_ENGINE_KEY"


@contextmanager
def explained(url: str, model: str = "") -> Iterator[None]:
    """Errors of the client inside become BadInputError or CannotRunError; all others go on."""
    import httpx
    import openai

    try:
        yield
    except openai.APITimeoutError as error:
        raise CannotRunError(f"The engine at {url} is silent for too long; is it still loading?") from error
    except openai.APIConnectionError as error:
        raise CannotRunError(
            f"No engine answers at {url} ({_short(error.__cause__ or error)}); start one as the README says, or check "
            "the address."
        ) from error
    except openai.APIStatusError as error:
        raise _of_status(url, model, error.status_code, _said(error)) from error
    except openai.APIError as error:  # told in the middle of a stream
        raise CannotRunError(f"The engine at {url} failed while it answered: {_said(error)}") from error
    except httpx.TimeoutException as error:
        raise CannotRunError(f"The engine at {url} fell silent in the middle of its answer.") from error
    except httpx.HTTPError as error:
        raise broken_off(url) from error
    except ValueError as error:  # what is no JSON, or no chunk
        raise CannotRunError(f"What answers at {url} is no engine of this form ({_short(error)}).") from error


def broken_off(url: str) -> CannotRunError:
    """The stream has ended before the answer has."""
    return CannotRunError(f"The engine at {url} broke off in the middle of its answer; ask again.")


def _of_status(url: str, model: str, status: int, said: str) -> Exception:
    if status in (401, 403):
        return CannotRunError(f"The engine at {url} asks for a key ({status}): set {KEY_VARIABLE} to yours.")
    if status == 404 and model:
        return CannotRunError(f"The engine at {url} has no model “{model}” (404); visavis ask --model names another.")
    if status == 404:
        return CannotRunError(f"There are no chat completions at {url} (404); such addresses mostly end in /v1.")
    if status in (400, 413, 422):
        return BadInputError(f"The engine at {url} does not take this question ({status}): {said}")
    if status == 429:
        return CannotRunError(f"The engine at {url} has too much to do (429); ask again in a moment.")
    return CannotRunError(f"The engine at {url} has failed ({status}): {said}")


def _said(error: Any) -> str:
    """The server's own words, where it has any."""
    body = getattr(error, "body", None)
    if isinstance(body, dict):
        words = body.get("message") or body.get("detail") or body.get("error")
        if words:
            return _short(words)
    return _short(error)


def _short(words: object) -> str:
    line = " ".join(str(words).split()) or type(words).__name__
    return line if len(line) <= 160 else f"{line[:159]}…"
