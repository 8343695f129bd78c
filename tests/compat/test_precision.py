"""Mixed precision runs on a CPU, in bfloat16."""

import pytest
import torch
from mmengine.optim import AmpOptimWrapper

from mmstn.compat import precision


@pytest.fixture
def warnings(monkeypatch):
    """The lines that are logged."""
    lines = []
    monkeypatch.setattr(
        precision, 'print_log', lambda line, *others: lines.append(line)
    )
    return lines


@pytest.fixture(autouse=True)
def on_a_cpu(monkeypatch):
    monkeypatch.setattr(precision, 'get_device', lambda: 'cpu')


def wrapper(**settings):
    weight = torch.nn.Parameter(torch.ones(1))
    return AmpOptimWrapper(
        optimizer=torch.optim.SGD([weight], 0.1), **settings
    )


@pytest.mark.parametrize('dtype', ['float16', torch.float16, 'float32'])
def test_another_type_on_a_cpu_is_refused_in_words(dtype):
    with pytest.raises(ValueError, match="dtype='bfloat16', or leave it out"):
        wrapper(dtype=dtype)


def test_a_device_without_mixed_precision_is_said_in_words(monkeypatch):
    monkeypatch.setattr(precision, 'get_device', lambda: 'mps')
    with pytest.raises(ValueError, match='mps here.*Leave --amp out'):
        wrapper()


@pytest.mark.gpu
def test_a_gpu_trains_in_any_type_of_mmengines(monkeypatch):
    monkeypatch.setattr(precision, 'get_device', lambda: 'cuda')
    assert wrapper(dtype='float16').cast_dtype == torch.float16


def test_a_gpu_gets_the_wrapper_of_mmengine(monkeypatch):
    monkeypatch.setattr(precision, 'get_device', lambda: 'cuda')
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(AssertionError, match='only available'):
        wrapper()


@pytest.mark.parametrize('dtype', [None, 'bfloat16', torch.bfloat16])
@pytest.mark.parametrize('loss_scale', ['dynamic', 512.0, dict(init_scale=2)])
def test_no_loss_is_scaled_on_a_cpu(dtype, loss_scale):
    amp = wrapper(dtype=dtype, loss_scale=loss_scale)
    (weight,) = amp.optimizer.param_groups[0]['params']
    amp.backward((3 * weight).sum())
    assert weight.grad == 3
    assert amp.cast_dtype == torch.bfloat16


def test_the_state_goes_between_a_cpu_and_a_gpu():
    amp = wrapper()
    assert 'loss_scaler' not in amp.state_dict()
    scaler = dict(scale=65536.0, growth_factor=2.0, _growth_tracker=0)
    amp.load_state_dict({**amp.state_dict(), 'loss_scaler': scaler})
    assert amp.loss_scaler.get_scale() == 1


@pytest.mark.parametrize(
    ('flags', 'is_fast'),
    [
        ('flags\t\t: fpu avx512f avx512_bf16 avx512_vnni\n', True),
        ('flags\t\t: fpu amx_bf16 amx_tile\n', True),
        ('Features\t: fp asimd bf16 i8mm\n', True),
        ('flags\t\t: fpu avx512f avx512_vnni\n', False),
    ],
)
def test_a_cpu_that_will_be_slower_is_said(
    monkeypatch, tmp_path, warnings, flags, is_fast
):
    cpuinfo = tmp_path / 'cpuinfo'
    cpuinfo.write_text(flags)
    found = precision.has_bfloat16_instructions(cpuinfo)
    assert found == is_fast
    monkeypatch.setattr(
        precision, 'has_bfloat16_instructions', lambda: is_fast
    )
    wrapper()
    assert len(warnings) == (not is_fast)
    assert all('slower than float32' in line for line in warnings)


def test_a_machine_that_cannot_tell_is_not_warned_of(tmp_path):
    assert precision.has_bfloat16_instructions(tmp_path / 'none')
