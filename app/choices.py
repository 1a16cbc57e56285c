"""What is chosen while the program runs: kept in the settings, and in effect from then on.

What changes the window alone (theme, size of the letters) is kept here too; its effect is the window's matter. Model,
precision and context take effect when the model is loaded anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import engine_protocol as protocol
from app.answering import Answering
from app.engine_line import EngineLine
from app.playback.reply_player import ReplyPlayer
from app.settings import SettingsStore
from app.speaking import Speaking
from app.view_models.conversation import ConversationViewModel


class Choices:
    """For the GUI thread; `tell_again` tells the engine the whole conversation anew."""

    def __init__(
        self,
        settings: SettingsStore,
        shown: ConversationViewModel,
        line: EngineLine,
        player: ReplyPlayer,
        answering: Answering,
        speaking: Speaking,
        tell_again: Callable[[], None],
    ) -> None:
        self._settings, self._shown, self._line = settings, shown, line
        self._player, self._answering, self._speaking = player, answering, speaking
        self._tell_again = tell_again
        player.set_volume(settings.current.volume / 100)
        player.set_tempo(settings.current.tempo / 100)

    def choose(self, name: str, value: Any) -> None:
        """Keep a setting, and let it take effect: at once, or with the next answer where one is being heard."""
        self._settings.change(**{name: value})
        match name:
            case "voice" if self._shown.model is not None:
                self._line.send(protocol.SetVoice(value))
            case "persona":
                self._tell_again()
            case "volume":
                self._player.set_volume(value / 100)
            case "tempo":
                self._player.set_tempo(value / 100)
            case "speaker":
                self._answering.use_speaker(value)
            case "microphone" if self._shown.hands_free:
                self._speaking.hearing.open()
