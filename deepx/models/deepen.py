"""A deeper net that computes what a shallower one does: the argument of He et al. 2015 (arXiv 1512.03385), section 1.

Copy the layers of a trained net, and let those that are added be identities: so the deeper net has a solution that is
no worse, and where training finds none as good, it is training that fails. New blocks go to the end of each stage.

Residual nets: the branch of a new block begins as 0, since its last batch norm has scale 0, and relu(0 + x) = x, since
x >= 0 behind the relu of the block before. Its other weights are fresh. The function is kept in training, too.

Plain nets: every convolution of a new block begins as the identity (Dirac's delta), and every batch norm undoes itself:
the moments of what comes there, over images given for it, are its running mean and variance, so with bias = mean and
scale = sqrt(variance + epsilon) it is the identity in evaluation; in training, as far as a batch has these moments.
"""

from __future__ import annotations

from dataclasses import fields
from functools import partial

import jax
import jax.numpy as jnp

from deepx.models import resnet
from deepx.nn.convolutions import batch_norm
from deepx.nn.residual import KERNELS, added

Array = jax.Array
Key = jax.Array

EPSILON = batch_norm.keywords["epsilon"]


def deepened(
    key: Key, config: resnet.Config, variables: resnet.Variables, deeper: resnet.Config, images: Array | None = None
) -> resnet.Variables:
    """Variables of the net `deeper` whose logits are those of `config` with `variables`. Optimisers begin anew.

    deeper:  `config` with more blocks in its `stages`.
    images:  [N, H, W, channels] as `resnet.apply` takes them, for the moments that a plain net needs.

    Raises ValueError where `deeper` has a stage of fewer blocks, differs in more than `stages`, or has blocks that
    cannot begin as the identity; and for a plain net without images.
    """
    check(config, deeper)
    if not config.residual and images is None:
        raise ValueError("a plain net is deepened by the moments of its activations: it needs images")
    moments = {} if config.residual else leaving(config, variables, images)

    params, stats = dict(variables["params"]), dict(variables["batch_stats"])
    before = ""  # the block before; the first one is in both nets
    for place in deeper.places:
        if place.name in params:
            before = place.name
            continue
        x = jnp.zeros((1, 1, 1, place.entering))
        key, of_block = jax.random.split(key)
        block = resnet.Block(deeper, place).init(of_block, x, train=False, join=added)
        block = silent(block, len(KERNELS[config.block])) if config.residual else passing(block, *moments[before])
        params[place.name], stats[place.name] = block["params"], block["batch_stats"]
    return jax.tree.map(jnp.copy, {"params": params, "batch_stats": stats})  # none shared: each may be donated


def silent(block: resnet.Variables, last: int) -> resnet.Variables:
    """A block with scale 0 in its batch norm of the number `last`: F(x) = 0."""
    norm = block["params"][f"norm{last}"]
    params = {**block["params"], f"norm{last}": {**norm, "scale": jnp.zeros_like(norm["scale"])}}
    return {**block, "params": params}


def passing(block: resnet.Variables, mean: Array, var: Array) -> resnet.Variables:
    """A block of a plain net that returns what it is given, unless it is negative, of this mean and variance [C]."""
    norm = {"scale": jnp.sqrt(var + EPSILON), "bias": mean}
    params = {
        name: norm if name in block["batch_stats"] else {"kernel": dirac(layer["kernel"])}
        for name, layer in block["params"].items()
    }
    return {"params": params, "batch_stats": {name: {"mean": mean, "var": var} for name in block["batch_stats"]}}


def dirac(kernel: Array) -> Array:
    """The kernel [H, W, C, C] of odd H and W that returns each channel as it is."""
    height, width, channels, _ = kernel.shape
    return jnp.zeros_like(kernel).at[height // 2, width // 2].set(jnp.eye(channels))


@partial(jax.jit, static_argnames="config")
def leaving(config: resnet.Config, variables: resnet.Variables, images: Array) -> dict[str, tuple[Array, Array]]:
    """Mean and variance [C], over images and places, of what leaves each block of a plain net in evaluation."""
    moments = {}

    def recording(f: Array, s: Array, l: int) -> Array:
        y = jax.nn.relu(f)
        moments[config.block_names[l]] = y.mean((0, 1, 2)), y.var((0, 1, 2))
        return f

    resnet.apply(config, variables, images, join=recording)
    return moments


def check(config: resnet.Config, deeper: resnet.Config) -> None:
    """Raises ValueError unless `deeper` is `config` with blocks added that can begin as the identity."""
    for field in fields(config):
        have, want = getattr(config, field.name), getattr(deeper, field.name)
        if field.name != "stages" and have != want:
            raise ValueError(
                f"a net is deepened by blocks alone: {field.name} is {have!r}, and in the deeper net {want!r}"
            )
    if len(config.stages) != len(deeper.stages) or any(map(int.__gt__, config.stages, deeper.stages)):
        raise ValueError(f"stages of {deeper.stages} blocks do not hold the {config.stages} of the net to be deepened")
    if config.residual and config.shortcut == "C":
        raise ValueError("shortcuts of option C are projections everywhere: no block can begin as the identity")
    if not config.residual and config.block == "bottleneck":
        raise ValueError("a plain bottleneck passes fewer channels than it is given: it cannot begin as the identity")
