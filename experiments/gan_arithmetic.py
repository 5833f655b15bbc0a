"""Arithmetic on noise: Radford et al. 2015 (arXiv 1511.06434), section 6.3.2, figure 7.

Where images are of four kinds, 2 a + b by attributes a and b, the noise of kind 1 less that of kind 0 is what makes b,
and added to that of kind 2 should make kind 3: smiling woman - neutral woman + neutral man = smiling man. One sample's
noise is not steady enough, so a kind's is the mean of three samples' (of which the sum of three has the variance of one
sample's noise again).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from deepx.analysis.sample_figures import arithmetic_figure
from deepx.engine.experiment import Array, Figure, Key, Report

LOOKED = 1000  # samples among which the terms are looked for
TERMS = (1, 0, 2)  # kinds: the first, less the second, plus the third
RESULT = 3  # is this
EACH = 3  # samples whose noise a term is the mean of
SUMS = 200  # of random samples, of which is measured how many are of the kind RESULT
SIDE = 3  # of the square of images around the sum that is shown
AROUND = 0.25  # what is added to its noise there, uniform and at most so much


def arithmetic(
    z: Array, make: Callable[[Array], Array], judge: Callable[[Array], Array], key: Key, kinds: Sequence[str]
) -> Report:
    """A sum of the samples of noise z [N, Z] that are judged most surely, and the share of random sums that come out.

    make: noise -> images [N, H, W, C] in [0, 1]. judge: images -> probabilities [N, 4] of the kinds. Where some
    term has fewer than `EACH` samples there is nothing to report, which is said.
    """
    probabilities = np.asarray(judge(make(z)))
    answers = probabilities.argmax(1)
    of_terms = [np.flatnonzero(answers == kind) for kind in TERMS]
    rare = [kinds[kind] for kind, found in zip(TERMS, of_terms, strict=True) if len(found) < EACH]
    if rare:
        few = f"fewer than {EACH} of {len(z)} samples look like {' and like '.join(rare)}"
        print(f"No arithmetic on noise: {few}.", file=sys.stderr)
        return Report({})

    of_drawn, of_near = jax.random.split(key)
    drawn = np.stack(
        [
            found[jax.random.uniform(jax.random.fold_in(of_drawn, term), (SUMS, len(found))).argsort(1)[:, :EACH]]
            for term, found in enumerate(of_terms)
        ]
    )
    came = np.asarray(judge(make(total(z[drawn].mean(2))))).argmax(1) == RESULT

    surest = np.stack(
        [found[(-probabilities[found, kind]).argsort()[:EACH]] for kind, found in zip(TERMS, of_terms, strict=True)]
    )
    terms = z[surest].mean(1)
    middle = jnp.arange(SIDE**2) == SIDE**2 // 2
    near = jax.random.uniform(of_near, (SIDE**2, z.shape[1]), minval=-AROUND, maxval=AROUND)
    results = total(terms) + jnp.where(middle[:, None], 0, near)
    made = np.asarray(make(jnp.concatenate([z[surest.ravel()], terms, results])))
    samples, means, around = np.split(made, [surest.size, surest.size + len(TERMS)])
    samples, around = (images.reshape(-1, SIDE, *images.shape[1:]) for images in (samples, around))
    words = [kinds[kind] for kind in (*TERMS, RESULT)]
    figure = Figure(
        arithmetic_figure(samples, means, around, words),
        {"samples": samples, "means": means, "results": around, "noise": np.asarray(total(terms))},
        f"{words[0]} - {words[1]} + {words[2]} = {words[3]}? Below three samples each, what the mean of their noise "
        f"makes. At the right, in the middle, what the sum makes; around it, the sum with noise up to {AROUND:g}.",
    )
    return Report({"arithmetic": figure}, {"arithmetic_accuracy": 100 * float(came.mean())})


def total(terms: Array) -> Array:
    """The first less the second plus the third, of noise [3, ..., Z]."""
    return terms[0] - terms[1] + terms[2]
