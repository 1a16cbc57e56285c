"""Models that are fetched from a hub, checked, listed and taken away; the command `models` (`app.models.command`)."""

from app.models.command import add_arguments, run

__all__ = ["add_arguments", "run"]
