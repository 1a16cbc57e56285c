"""The two ways in which a request fails. Each carries one sentence that a person can act on."""

from __future__ import annotations


class BadInputError(Exception):
    """What was given cannot be used: an unreadable file, an unknown voice, too long a text. Exit code 2."""


class CannotRunError(Exception):
    """It cannot be done on this machine as it is: no model, no memory, no device. Exit code 1."""
