"""Steps of every kind of model, lowered for CUDA and TPU, which need not be here: nothing of the CPU's is in them,
though its kernels are enabled."""

import re

import jax
import jax.numpy as jnp
import pytest

from deepx.engine.config import load
from deepx.engine.planned import Planned
from deepx.engine.run import Run
from deepx.nn import lstm
from deepx.nn.cpu.lowering import targets
from experiments import reproduce

PLATFORMS = ("cuda", "tpu")
# What programs of accelerators may call: shardings, and random bits where JAX has its plug-in for CUDA.
CALLS = {"Sharding", "SPMDFullToShardShape", "SPMDShardToFullShape", "cu_threefry2x32_ffi"}
KINDS = {  # a benchmark's smoke variant, with what makes another kind of model of it
    "babi/lstm": [{}],
    "babi/memn2n_pe_ls_rn": [{}],
    "babi/memnn_weak": [{}],
    "gan/conditional_dcgan_mnist": [{}],
    "gan/context_encoder": [{}],
    "gan/goodfellow_mnist": [{}],
    "gan/srgan": [{}],
    "gan/text_to_image": [{}],
    "gan/toy_density": [{}],
    "ntm/copy": [{"model.controller": kind} for kind in ("lstm", "feedforward", "none")],
    "resnet/cifar10_plain110": [{}],
    "resnet/cifar10_preact1001": [{}],
    "resnet/cifar10_ror110": [{}],
    "resnet/cifar10_stochastic_depth110": [{}],
    "resnet/cifar10_swapout20": [{}],
    "resnet/cifar10_vgg": [{}],
    "resnet/imagenet_plain18": [{}],
    "seq2seq/grammar_enfr": [
        {"model.name": kind} for kind in ("seq2seq", "encoder_decoder", "attention", "language_model")
    ],
    "vqa/easy_vqa": [{}],
}


def foreign(traced, platforms=PLATFORMS) -> set[str]:
    """What of a program, lowered for accelerators, the CPU or the host would have to do."""
    module = traced.lower(lowering_platforms=platforms).as_text()
    called = set(re.findall(r'custom_call @"?([\w.$-]+)', module)) | set(
        re.findall(r'call_target_name = "(.*?)"', module)
    )
    return called - CALLS | set(re.findall(r"stablehlo\.(?:send|recv|infeed|outfeed)\b", module))


@pytest.mark.parametrize(("name", "changes"), [(name, changes) for name in KINDS for changes in KINDS[name]], ids=str)
def test_training_and_evaluation_are_lowered_for_cuda_and_tpu(name, changes):
    config = load(reproduce.CONFIGS / f"{name}.py", "smoke").unlock()
    config.update_from_flattened_dict(changes)
    build = __import__(f"experiments.{name.split('/')[0]}", fromlist=["build"]).build
    program = Planned(build(config), Run(**config.run), jax.devices()[:1])
    assert not foreign(program.traced())
    assert not foreign(program.traced_evaluation(next(iter(program.experiment.eval_data))))


def test_every_family_has_its_kinds():
    families = {name.split("/")[0] for name in reproduce.benchmarks()}
    assert {name.split("/")[0] for name in KINDS} == families
    assert set(KINDS) <= set(reproduce.benchmarks())


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_only_the_host_can_do_is_not_lowered(platform):
    def told(x):
        jax.debug.callback(print, x)
        return x + 1

    with pytest.raises(ValueError, match="different from the lowering platform"):
        foreign(jax.jit(told).trace(jnp.zeros(3)), (platform,))


def test_a_kernel_of_the_cpus_own_is_found():
    def custom(x):
        return jax.ffi.ffi_call("deepx_convolve", jax.ShapeDtypeStruct(x.shape, x.dtype))(x)

    assert foreign(jax.jit(custom).trace(jnp.zeros(3))) == {"deepx_convolve"}


def test_on_the_cpu_the_same_step_is_ours():
    """Else it would be no wonder that accelerators do not see our kernels."""
    if not targets("lstm"):
        pytest.skip("no compiler here")
    kernel, gates, state = jnp.zeros((8, 32)), jnp.zeros((3, 4, 32)), lstm.State(*jnp.zeros((2, 4, 8)))
    traced = jax.jit(lambda k, g: lstm.run({"kernel": k}, g, state)).trace(kernel, gates)
    assert "deepx_lstm" in traced.lower().as_text() and not foreign(traced)
