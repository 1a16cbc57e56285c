"""A loaded model: its parts, what they are used with, and the conversations that can be had with it."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from model.bounds import MOST_SPEECH_SECONDS
from model.checkpoint.settings import Settings
from model.checkpoint.voices import Voice
from model.config import OmniConfig
from model.conversation import Conversation
from model.errors import BadInputError
from model.lanes import Lane
from model.memory import Memory
from model.plan import Plan
from model.prompt.mel import MelFrontEnd
from model.prompt.patches import PatchFrontEnd
from model.prompt.tokenizer import TextTokenizer
from model.talker import Talker
from model.thinker.thinker import Thinker
from model.token2wav.token2wav import Token2Wav


@dataclass(frozen=True)
class Engine:
    """
    Attributes:
        name: as the person called it, or the folder's name.
        talker, token2wav: None when the model was loaded without speech.
        plan: how it is kept, and how much memory that was thought to take.
        saving: how many steps more was saved than the plan said at first; one more, and it is loaded smaller.
        notes: sentences for the person about how it was loaded.
        encoders: where pictures and sounds are made ready beside what is being read.
    """

    name: str
    device: str
    precision: str
    config: OmniConfig
    settings: Settings
    tokenizer: TextTokenizer
    mel_front_end: MelFrontEnd
    patch_front_end: PatchFrontEnd
    thinker: Thinker
    talker: Talker | None
    token2wav: Token2Wav | None
    voices_by_name: dict[str, Voice]
    plan: Plan | None = None
    saving: int = 0
    notes: tuple[str, ...] = ()
    encoders: Lane = field(default_factory=lambda: Lane(torch.device("cpu")), repr=False)
    _free: list[Memory] = field(default_factory=list, repr=False)

    @property
    def voices(self) -> tuple[str, ...]:
        """Names of the voices, the default one first."""
        return tuple(self.voices_by_name)

    @property
    def default_voice(self) -> str:
        """The model's first voice; empty where it has none."""
        return next(iter(self.voices_by_name), "")

    @property
    def speaks(self) -> bool:
        """Whether its answers can be heard."""
        return self.talker is not None

    @property
    def system_prompt(self) -> str:
        """What every conversation begins with, unless it is told otherwise."""
        return self.settings.system_prompt

    @property
    def sample_rate(self) -> int:
        """Of its speech, Hz."""
        return 24_000

    @property
    def codes_per_second(self) -> float:
        """Codec codes per second of speech: 50 in the official checkpoints."""
        config = self.config.token2wav
        samples = 1
        for rate in config.bigvgan.upsample_rates:
            samples *= rate
        return self.sample_rate / (samples * config.dit.repeats)

    @property
    def context_length(self) -> int:
        """Tokens of a conversation."""
        return self.config.thinker.text.max_position_embeddings

    @property
    def end_tokens(self) -> frozenset[int]:
        """Tokens that end a reply."""
        return self.settings.end_tokens

    def take_memory(self) -> Memory:
        """An empty memory for one conversation; one that was given back if there is any."""
        if self._free:
            return self._free.pop()
        return Memory(self.thinker, self.talker, int(MOST_SPEECH_SECONDS * self.codes_per_second))

    def return_memory(self, memory: Memory) -> None:
        """The conversation that took it is over."""
        memory.clear()
        self._free.append(memory)

    def conversation(self, voice: str | None = None, system: str | None = None) -> Conversation:
        """A new conversation, in the model's own voice and with its own system prompt unless told otherwise."""
        return Conversation(self, voice, system)

    def voice(self, name: str | None) -> Voice | None:
        """A voice by name, regardless of case; the first one for None; None where the model has no speech."""
        if name is None:
            return next(iter(self.voices_by_name.values()), None)
        for known, voice in self.voices_by_name.items():
            if known.lower() == name.lower():
                return voice
        has = ", ".join(self.voices_by_name) or "none"
        raise BadInputError(f'The model has no voice "{name}"; its voices: {has}.')
