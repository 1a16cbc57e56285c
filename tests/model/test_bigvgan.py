"""The vocoder gives the numbers of the reference implementation."""

import pytest
import torch

from model.config import BigVGANConfig
from model.token2wav.bigvgan import BigVGAN

reference = pytest.importorskip(
    "transformers.models.qwen2_5_omni.modeling_qwen2_5_omni", reason="waits for transformers, of the extra test"
)
from transformers.models.qwen2_5_omni.configuration_qwen2_5_omni import Qwen2_5OmniBigVGANConfig  # noqa: E402

SIZES = {
    "one block a stage": dict(
        upsample_initial_channel=16, resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3, 5]],
        upsample_rates=[10, 6, 4], upsample_kernel_sizes=[20, 12, 8],
    ),
    "three blocks a stage, odd kernels": dict(
        upsample_initial_channel=64, resblock_kernel_sizes=[3, 7, 11],
        resblock_dilation_sizes=[[1, 3, 5]] * 3,
        upsample_rates=[5, 3, 2, 2, 2, 2], upsample_kernel_sizes=[11, 7, 4, 4, 4, 4],
    ),
}


def tuples(value):
    return tuple(map(tuples, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES.keys())
def test_waveform_equals_reference(sizes):
    torch.manual_seed(0)
    theirs = reference.Qwen2_5OmniToken2WavBigVGANModel(Qwen2_5OmniBigVGANConfig(**sizes)).eval()
    for name, parameter in theirs.named_parameters():  # the reference starts near silence: make it loud
        spread = 0.3 if name.endswith(("alpha", "beta", "bias")) else 2.0 / parameter[0].numel() ** 0.5
        torch.nn.init.normal_(parameter, std=spread)
    ours = BigVGAN(BigVGANConfig(**{key: tuples(value) for key, value in sizes.items()})).eval()
    ours.load_state_dict(theirs.state_dict())
    mel = torch.randn(2, 80, 13) * 3
    with torch.no_grad():
        expected, wave = theirs(mel), ours(mel)
    assert wave.shape == (2, 13 * ours.hop)
    assert expected.std() > 0.01
    assert (wave - expected).abs().max() < 1e-4


def test_anti_aliasing_can_be_left_out():
    torch.manual_seed(0)
    net = BigVGAN(BigVGANConfig(**{key: tuples(value) for key, value in SIZES["one block a stage"].items()}))
    mel = torch.randn(1, 80, 5)
    filtered = net(mel)
    net.anti_aliasing(False)
    assert not torch.allclose(net(mel), filtered, atol=1e-6)
    net.anti_aliasing(True)
    assert torch.equal(net(mel), filtered)
