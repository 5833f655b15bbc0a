"""Where a multimodal residual net looks though it has no attention: Kim et al. 2016 (arXiv 1606.01455), section 5.2.

A block's product lets through a part of what there is of the image, V^ = tanh(W_q H) V. How the picture I would have to
change for V to become V^ is the gradient of |V - V^|^2 / 2 with V^ held fixed,

    dV/dI^T (V - V^)                                                                              (equation 5)

and where it is large, there the question bears on the picture.
"""

from __future__ import annotations

from collections.abc import Callable

import chex
import jax
import jax.numpy as jnp

Array = jax.Array


def attention(visual: Callable[[Array], Array], mask: Array, images: Array) -> Array:
    """The gradient's length over the channels, [N, H, W].

    visual: images [N, H, W, C] -> V [N, D], a differentiable function of each image by itself. mask: tanh(W_q H).
    """
    chex.assert_rank([images, mask], [4, 2])
    V, back = jax.vjp(visual, images)
    (gradient,) = back(V - mask * V)
    return jnp.sqrt(jnp.square(gradient).sum(-1))
