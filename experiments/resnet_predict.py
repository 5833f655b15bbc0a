"""`--mode=predict`: a trained net says what a picture of the user's shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from deepx.engine.experiment import Array
from experiments import pictures
from experiments.image_sets import ImageSet, class_names

MOST = 5  # classes that are shown


def predict(config: ConfigDict, sets: ImageSet, log_p: Callable[[Any, Any], Array], state: Any) -> None:
    """Prints the likeliest classes of the picture that --image names, which is seen as in testing. Raises UserError."""
    image = sets.fitted(pictures.picture())
    p = np.exp(np.asarray(jax.jit(log_p)(state, {"image": image[None]})[0]))
    names, likeliest = class_names(config), np.argsort(-p, kind="stable")[:MOST]
    pictures.show_likeliest("class", [(names[y], p[y]) for y in likeliest])
