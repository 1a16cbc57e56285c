"""Codec codes → mel → waveform: the flow-matching DiT and the vocoder behind it (paper §2.4).

`mel` and `wave` decode any stretch; which stretches, and how they are put together, is `model.token2wav.streaming`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.captured import CapturedStep
from model.checkpoint.voices import Voice
from model.config import Token2WavConfig
from model.token2wav.bigvgan import BigVGAN
from model.token2wav.dit import DiT
from model.token2wav.ode import Solver, Velocity, integrate, sway_times

_MOST_TIMES = 256  # times whose modulations are kept


@dataclass(frozen=True)
class VoiceCondition:
    """What a voice contributes to every call, computed once; [2, …] are the guided branch and the null one."""

    speaker: Tensor  # [2, speaker size]
    reference: Tensor  # [2, ECAPA size]
    around: int  # mel frames that the vocoder must see beside those it makes sound of


class Token2Wav(nn.Module):
    def __init__(self, config: Token2WavConfig) -> None:
        super().__init__()
        self.config = config
        self.code2wav_dit_model = DiT(config.dit)
        self.code2wav_bigvgan_model = BigVGAN(config.bigvgan)
        self._known_modulations: dict[float, Tensor] = {}
        self._known_voices: dict[str, VoiceCondition] = {}
        self._step = CapturedStep(self.code2wav_dit_model.run)

    def condition(self, voice: Voice) -> VoiceCondition:
        """What there is to know of a voice before it speaks."""
        if voice.name not in self._known_voices:
            self._known_voices[voice.name] = self._condition(voice)
        return self._known_voices[voice.name]

    @torch.inference_mode()
    def _condition(self, voice: Voice) -> VoiceCondition:
        dit = self.code2wav_dit_model
        weight = dit.proj_out.weight
        reference, speaker = voice.ref_mel.to(weight), voice.cond.to(weight)
        encoder = dit.input_embed.spk_encoder
        return VoiceCondition(
            torch.cat([speaker, torch.zeros_like(speaker)]),
            torch.cat([encoder(reference), encoder(torch.zeros_like(reference))]),
            self.code2wav_bigvgan_model.reach(reference),
        )

    def velocity(self, codes: Tensor, voice: VoiceCondition, guidance: float) -> Velocity:
        """dx/dt of [1, T, mel] for codes [1, T / repeats]; guided: c + guidance · (c - null)."""
        dit = self.code2wav_dit_model
        branches = 2 if guidance > 0 else 1
        # chunks of whole blocks come in few lengths, again and again; the end of a reply in any
        odd = codes.shape[1] * dit.config.repeats % dit.config.block_size != 0
        embedded = dit.embed_codes(codes)
        if branches == 2:
            embedded = torch.cat([embedded, dit.embed_codes(torch.zeros_like(codes))])
        constant = dit.input_embed.constant(embedded, voice.speaker[:branches], voice.reference[:branches])

        def velocity(time: Tensor, x: Tensor) -> Tensor:
            inputs = x.expand(branches, -1, -1), self._modulations(time), constant
            out = dit.run(*inputs) if odd else self._step((), *inputs)
            return out[:1] + (out[:1] - out[1:]) * guidance if branches == 2 else out.clone()

        return velocity

    def _modulations(self, time: Tensor) -> Tensor:
        """Those of the solver's few times are computed once."""
        key = float(time)
        if key not in self._known_modulations:
            if len(self._known_modulations) >= _MOST_TIMES:
                self._known_modulations.clear()
            self._known_modulations[key] = self.code2wav_dit_model.modulations(time.view(1))
        return self._known_modulations[key]

    @staticmethod
    def solve(velocity: Velocity, noise: Tensor, solver: Solver, points: int) -> Tensor:
        """Noise [1, T, mel] → log-mel [1, T, mel] along `points` times."""
        # the times stay with the host, which counts with them: nothing waits for the device to tell one
        return integrate(velocity, noise, sway_times(points), solver)

    def wave(self, mel: Tensor) -> Tensor:
        """Log-mel [1, T, mel] → samples [T · hop]."""
        return self.code2wav_bigvgan_model(mel.transpose(1, 2)).flatten()

    @property
    def hop(self) -> int:
        """Samples a mel frame."""
        return self.code2wav_bigvgan_model.hop

    @property
    def device(self) -> torch.device:
        return self.code2wav_dit_model.proj_out.weight.device
