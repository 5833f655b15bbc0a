"""The feature maps in which SRGAN compares content: of VGG-19 by a file of weights, or of a net trained here."""

from __future__ import annotations

from collections.abc import Callable

from flax import linen as nn
from ml_collections import ConfigDict

from deepx.engine.errors import UserError
from deepx.engine.experiment import Array
from deepx.models import vgg
from deepx.nn.convolutions import Variables
from deepx.nn.residual import alone
from experiments.nets import Net
from experiments.trained_nets import of_features


def features_of(features: ConfigDict) -> Callable[[Array], Array] | None:
    """The maps, after activation, of images [N, H, W, 3] in [-1, 1]; None where content is compared in pixels.

    features.weights: a file of `scripts/convert_weights` with torchvision's VGG-19. features.run: a run of
    `resnet/cifar10_vgg`, of which the convolutions see larger images than they were trained on. layer: 'stage5_layer4'
    is phi_5,4 of the paper, the fourth convolution before the fifth maximum.

    Raises UserError, ValueError, OSError.
    """
    trained = of_features(features, Net(vgg, vgg.imagenet(19)))
    if trained is None:
        return None
    config = trained.net.config
    if trained.net.model is not vgg:
        raise UserError(f"features.run: the net in {features.run} is no VGG net; a run of resnet/cifar10_vgg has one.")
    names = [place.name for place in config.places if place.name.startswith("stage")]
    if features.layer not in names:
        raise UserError(f"features.layer is {features.layer!r}; it must be one of {', '.join(names)}.")

    def maps(images: Array) -> Array:
        return convolved(config, trained.variables, trained.normalised((images + 1) * 127.5), features.layer)

    return maps


def convolved(config: vgg.Config, variables: Variables, images: Array, layer: str) -> Array:
    """The maps of a convolution of a VGG net, before the maximum behind it; of images of any size, normalised."""
    x = images
    for place in config.places:
        own = {kind: variables[kind][place.name] for kind in variables if place.name in variables[kind]}
        x = vgg.Layer(config, place).apply(own, x, False, alone)
        if place.name == layer:
            return x
        x = nn.max_pool(x, (2, 2), (2, 2)) if place.pooled else x
    raise ValueError(f"the net has no layer {layer}")
