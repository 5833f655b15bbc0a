"""Generative adversarial nets, from the two-player game to super-resolution: `config.model.name` chooses the system."""

from __future__ import annotations

from ml_collections import ConfigDict

from deepx.engine import entry
from deepx.engine.errors import UserError, nearest
from deepx.engine.experiment import Experiment
from experiments import gan_images, gan_inpainting, gan_super_resolution, gan_text, gan_toy
from experiments.gan_systems import NETS

BUILDS = {
    "toy": gan_toy.build,
    **dict.fromkeys(NETS, gan_images.build),
    "text_to_image": gan_text.build,
    "context_encoder": gan_inpainting.build,
    "srresnet": gan_super_resolution.build_srresnet,
    "srgan": gan_super_resolution.build_srgan,
}


def build(config: ConfigDict) -> Experiment:
    """The experiment of a `configs/gan` file. Raises UserError, ValueError, DataNotPrepared, DataCorrupt."""
    name = config.model.name
    if name not in BUILDS:
        raise UserError(f"model.name is {name!r}; it must be one of {', '.join(BUILDS)}.{nearest(name, BUILDS)}")
    return BUILDS[name](config)


if __name__ == "__main__":
    entry.main(build)
