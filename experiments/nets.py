"""The nets that classify images, brought into one form: `config.model.name` chooses the net, `config.join` its join."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from ml_collections import ConfigDict

from deepx.analysis import lesions, paths
from deepx.engine.errors import UserError, nearest
from deepx.engine.experiment import Array, Key
from deepx.models import preact, resnet, ror, stochastic_depth, swapout, vgg
from deepx.nn.residual import Join, gated
from experiments.named import model_of

NETS = {  # the module of the model, and what makes its Config of the other settings
    "resnet": (resnet, resnet.cifar),
    "resnet_imagenet": (resnet, resnet.imagenet),
    "preact": (preact, preact.cifar),
    "wide": (preact, preact.wide),
    "ror": (ror, ror.cifar),
    "ror_wide": (ror, ror.wide),
    "vgg": (vgg, vgg.Config),
    "vgg_imagenet": (vgg, vgg.imagenet),
}


class Net(NamedTuple):
    """A model and its Config. apply: variables, images, join -> logits, in evaluation."""

    model: Any
    config: Any

    def init(self, key: Key):
        return self.model.init(key, self.config)

    def apply(self, variables, images: Array, join: Join | None = None) -> Array:
        return self.model.apply(self.config, variables, images, join=join)

    def train(self, variables, images: Array, key: Key, join: Join | None = None) -> tuple[Array, Any]:
        """Logits and new batch statistics. The key is that of dropout."""
        keyed = {"key": key} if self.model is vgg else {}
        return self.model.apply(self.config, variables, images, train=True, join=join, **keyed)


def net_of(model: ConfigDict) -> Net:
    """The net that a config's `model` section names. Raises UserError for an unknown one, ValueError for its sizes."""
    return Net(*model_of(model, NETS))


def blocks_of(net: Net) -> lesions.Blocks:
    """What can be deleted of it, and exchanged."""
    config = net.config
    return lesions.Blocks(config.block_names, config.reshaping, bypassed=net.model is not vgg)


class Regime(NamedTuple):
    """How blocks are joined in training, and how the trained net is tested.

    training: a step's key -> its join; None: the net's own.
    testing: variables, images -> logits, or logarithms of probabilities.
    weighted: a join -> the same join of branch and shortcut as the tested net weighs them; so lesions of it are made.
    """

    training: Callable[[Key], Join | None]
    testing: Callable[[Any, Array], Array]
    weighted: Callable[[Join], Join] = lambda join: join


def regime_of(join: ConfigDict, net: Net) -> Regime:
    """The regime that a config's `join` section names. Raises UserError for an unknown one."""
    settings = join.to_dict()
    name = settings.pop("name")
    if name not in REGIMES:
        raise UserError(f"join.name is {name!r}; it must be one of {', '.join(REGIMES)}.{nearest(name, REGIMES)}")
    return REGIMES[name](net, **settings)


def own(net: Net) -> Regime:
    """The net as its paper has it."""
    return Regime(lambda key: None, net.apply)


def with_stochastic_depth(net: Net, survival: float) -> Regime:
    """Huang et al. 2016; `survival` is the last block's probability."""
    p_L = stochastic_depth.survival(net.config.block_count, survival)
    return Regime(
        training=lambda key: stochastic_depth.training(key, p_L),
        testing=lambda variables, images: net.apply(variables, images, stochastic_depth.testing(p_L)),
        weighted=lambda join: lambda f, s, l: join(p_L[l] * f, s, l),
    )


def on_effective_paths(net: Net, blocks: int) -> Regime:
    """Veit et al. 2016, section 5: every training batch goes through so many random blocks, testing through all."""
    L = net.config.block_count
    if not 0 < blocks <= L:
        raise UserError(f"join.blocks is {blocks}; it must be between 1 and the net's {L} blocks.")
    return Regime(lambda key: gated(paths.drawn(key, L, blocks)), net.apply)


def with_swapout(net: Net, theta1: tuple[float, float], theta2: tuple[float, float], passes: int) -> Regime:
    """Singh et al. 2016; theta of the first block and the last. passes: stochastic ones in testing; 0: deterministic.

    The coins of testing are the same for every batch.
    """
    theta1_L, theta2_L = (swapout.linear(net.config.block_count, *theta) for theta in (theta1, theta2))

    def testing(variables, images: Array) -> Array:
        def logits(join: Join) -> Array:
            return net.apply(variables, images, join)

        if not passes:
            return logits(swapout.expected(theta1_L, theta2_L))
        return jnp.log(swapout.stochastic_inference(logits, jax.random.key(0), theta1_L, theta2_L, passes))

    return Regime(
        training=lambda key: swapout.swapped(key, theta1_L, theta2_L),
        testing=testing,
        weighted=lambda join: lambda f, s, l: join(theta2_L[l] * f, theta1_L[l] * s, l),
    )


REGIMES = {
    "own": own,
    "stochastic_depth": with_stochastic_depth,
    "effective_paths": on_effective_paths,
    "swapout": with_swapout,
}
