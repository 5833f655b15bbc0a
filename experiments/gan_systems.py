"""The nets that make images from noise, brought into one form: `config.model.name` chooses."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
from ml_collections import ConfigDict

from deepx.engine.experiment import Array, Key
from deepx.models import conditional_gan, dcgan, gan
from deepx.nn.adversarial import GenDisc
from experiments.named import model_of

NETS = {  # the module of the model, and its Config
    "gan": (gan, gan.Config),
    "dcgan": (dcgan, dcgan.Config),
    "conditional": (conditional_gan, conditional_gan.Config),
    "conditional_dcgan": (conditional_gan, conditional_gan.ConvConfig),
}


class System(NamedTuple):
    """A model and its Config. Images are in [-1, 1] here, whatever the model's own range; y are classes [N]."""

    model: Any
    config: Any

    @property
    def conditional(self) -> bool:
        return self.model is conditional_gan

    @property
    def _from_zero(self) -> bool:
        """Whether the model's own images are in [0, 1], a sigmoid's."""
        return isinstance(self.config, gan.Config | conditional_gan.Config)

    def init(self, key: Key, mean: Array) -> GenDisc:
        """Fresh variables; mean: of the training images, [H, W, C] in [0, 1], where a sigmoid's output begins."""
        return self.model.init(key, self.config, *((mean,) if self._from_zero else ()))

    def noise(self, key: Key, n: int) -> Array:
        return self.model.sample_noise(key, self.config, n)

    def generate(self, variables, z: Array, y: Array | None, *, key: Key | None = None) -> Any:
        """Images or, with a key, as in training: (images, new batch_stats)."""
        made = self.model.generate(self.config, variables, z, *self._told(y), **self._mode(key, disc=False))
        scale = (lambda images: 2 * images - 1) if self._from_zero else (lambda images: images)
        return scale(made) if key is None else (scale(made[0]), made[1])

    def discriminate(self, variables, images: Array, y: Array, *, key: Key | None = None) -> Any:
        """Logits or, with a key, as in training: (logits, new batch_stats)."""
        images = (images + 1) / 2 if self._from_zero else images
        return self.model.discriminate(self.config, variables, images, *self._told(y), **self._mode(key, disc=True))

    def _told(self, y: Array | None) -> tuple[Array, ...]:
        return (jax.nn.one_hot(y, self.config.classes),) if self.conditional else ()

    def _mode(self, key: Key | None, disc: bool) -> dict[str, Any]:
        """What a pass is told: only conditional generators and discriminators of perceptrons have dropout."""
        if key is None:
            return {}
        keyed = self.conditional or (disc and self.model is gan)
        return {"train": True, **({"key": key} if keyed else {})}


def system_of(model: ConfigDict) -> System:
    """The system of a config's `model` section. Raises UserError for an unknown one, ValueError for its sizes."""
    return System(*model_of(model, NETS))
