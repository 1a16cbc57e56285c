"""The flow-matching transformer and the speaker encoder give the numbers of the reference implementation."""

import pytest
import torch

from model.config import DiTConfig
from model.token2wav.dit import DiT
from model.token2wav.ode import Solver, integrate, sway_times

reference = pytest.importorskip(
    "transformers.models.qwen2_5_omni.modeling_qwen2_5_omni", reason="waits for transformers, of the extra test"
)
from transformers.models.qwen2_5_omni.configuration_qwen2_5_omni import Qwen2_5OmniDiTConfig  # noqa: E402

SIZES = dict(
    hidden_size=64, num_hidden_layers=4, num_attention_heads=2, head_dim=32, ff_mult=2, emb_dim=24, block_size=8,
    look_ahead_layers=[1], look_backward_layers=[0, 3], repeats=4, num_embeds=50, mel_dim=80, enc_emb_dim=12,
    enc_dim=10, enc_channels=[16, 16, 16, 16, 48], enc_kernel_sizes=[5, 3, 3, 3, 1], enc_dilations=[1, 2, 3, 4, 1],
    enc_attention_channels=8, enc_res2net_scale=2, enc_se_channels=8, dropout=0.0,
)


@pytest.fixture(scope="module")
def pair():
    torch.manual_seed(0)
    config = Qwen2_5OmniDiTConfig(**SIZES)
    config._attn_implementation = "sdpa"
    theirs = reference.Qwen2_5OmniToken2WavDiTModel(config).eval()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, std=0.15)
    names = DiTConfig.__dataclass_fields__
    ours = DiT(DiTConfig(**{
        key: tuple(value) if isinstance(value, list) else value for key, value in SIZES.items() if key in names
    })).eval()
    state = {key: value for key, value in theirs.state_dict().items() if key != "rotary_embed.inv_freq"}
    ours.load_state_dict(state)
    return ours, theirs


@pytest.fixture(scope="module")
def inputs():
    torch.manual_seed(1)
    return dict(
        codes=torch.randint(1, 50, (1, 7)), speaker=torch.randn(1, 12), mel=torch.randn(1, 33, 80),
        noise=torch.randn(1, 28, 80),  # the last block is half full
    )


@torch.no_grad()
def test_speaker_encoder_equals_reference(pair, inputs):
    ours, theirs = (net.input_embed.spk_encoder for net in pair)
    assert (ours(inputs["mel"]) - theirs(inputs["mel"])).abs().max() < 1e-4


@torch.no_grad()
@pytest.mark.parametrize("moment", [0.0, 0.37, 1.0])
def test_velocity_equals_reference_in_both_branches(pair, inputs, moment):
    ours, theirs = pair
    time = torch.tensor(moment)
    expected = theirs(
        hidden_states=inputs["noise"], quantized_code=inputs["codes"], condition_vector=inputs["mel"],
        speaker_embedding=inputs["speaker"][:, None].repeat(1, 28, 1), time_step=time, apply_cfg=True,
    )
    encoder = ours.input_embed.spk_encoder
    velocity = ours(
        inputs["noise"].expand(2, -1, -1), time.expand(2),
        ours.embed_codes(torch.cat([inputs["codes"], torch.zeros_like(inputs["codes"])])),
        torch.cat([inputs["speaker"], torch.zeros(1, 12)]),
        torch.cat([encoder(inputs["mel"]), encoder(torch.zeros_like(inputs["mel"]))]),
    )
    assert (velocity - expected).abs().max() < 1e-4


@torch.no_grad()
def test_whole_solution_equals_reference(pair, inputs):
    """Runge-Kutta over the sway times with guidance, from the noise the reference draws."""
    ours, theirs = pair
    torch.manual_seed(2)
    expected = theirs.sample(inputs["speaker"], inputs["mel"], inputs["codes"], num_steps=4, guidance_scale=0.5)
    torch.manual_seed(2)
    noise = torch.randn([1, 30000, 80])[:, :28]
    encoder = ours.input_embed.spk_encoder
    voice = torch.cat([encoder(inputs["mel"]), encoder(torch.zeros_like(inputs["mel"]))])
    speaker = torch.cat([inputs["speaker"], torch.zeros(1, 12)])
    codes = ours.embed_codes(torch.cat([inputs["codes"], torch.zeros_like(inputs["codes"])]))

    def velocity(time, x):
        guided, null = ours(x.expand(2, -1, -1), time.expand(2), codes, speaker, voice).chunk(2)
        return guided + 0.5 * (guided - null)

    mel = integrate(velocity, noise, sway_times(4), Solver.RK4)
    assert mel.shape == (1, 28, 80)
    assert (mel.transpose(1, 2) - expected).abs().max() < 1e-4 * max(1.0, expected.abs().max().item())
