"""Arithmetic on noise, by a generator whose image is its noise and a judge who reads the kind off the signs of it."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments import gan_report
from experiments.gan_arithmetic import AROUND, arithmetic

KINDS = ("red circle", "red square", "blue circle", "blue square")
ROWS = [  # of (colour, shape): three sure ones of each term, and unsure ones
    *[(-1, 1), (-0.1, 0.1), (-1, 0.9), (-0.9, 1)],
    *[(-0.1, -0.1), (-1, -1), (-0.8, -1), (-1, -0.8)],
    *[(1, -1), (0.9, -1), (1, -0.9), (1, -0.01)],
]


def make(z):
    return np.asarray(z).reshape(-1, 1, 2, 1)


def judge(images, least=0.0):
    """The surer of a kind, the farther from what parts the kinds: 0; for the shape of what is blue, `least`."""
    colour, shape = images.reshape(-1, 2).T
    of_colour, of_shape = (1 / (1 + np.exp(-9 * x)) for x in (colour, shape - np.where(colour > 0, least, 0)))
    red, blue = (p[:, None] * np.stack([1 - of_shape, of_shape], 1) for p in (1 - of_colour, of_colour))
    return np.concatenate([red, blue], 1)


def test_the_surest_are_added_up():
    report = arithmetic(jnp.array(ROWS), make, judge, jax.random.key(0), KINDS)
    shown = report.figures["arithmetic"].numbers
    np.testing.assert_allclose(shown["means"].reshape(3, 2), np.array([(-2.9, 2.9), (-2.8, -2.8), (2.9, -2.9)]) / 3)
    np.testing.assert_allclose(shown["noise"], [2.8 / 3, 2.8 / 3], rtol=1e-6)
    np.testing.assert_allclose(shown["samples"].mean(1), shown["means"], rtol=1e-6)
    off = shown["results"].reshape(9, 2) - shown["noise"]
    assert not off[4].any() and np.all(abs(off) <= AROUND) and len(np.unique(np.delete(off, 4, 0))) == 16
    assert report.figures["arithmetic"].caption.startswith("red square - red circle + blue circle = blue square?")
    assert report.metrics == {"arithmetic_accuracy": 100}


def test_the_share_of_random_sums_that_come_out():
    """Three samples of four: the fourth is among them in three cases of four, and only then is the sum far enough."""
    rows = [*[(-1, 1)] * 3, (-1, 9), *[(-1, -1)] * 3, *[(1, -1)] * 3]
    report = arithmetic(jnp.array(rows, float), make, lambda x: judge(x, least=2), jax.random.key(0), KINDS)
    assert report.metrics["arithmetic_accuracy"] == pytest.approx(75, abs=10)


def test_without_three_samples_of_a_kind_there_is_no_sum(capsys):
    report = arithmetic(jnp.array(ROWS[:6]), make, judge, jax.random.key(0), KINDS)
    assert not report.figures and not report.metrics
    assert capsys.readouterr().err == (
        "No arithmetic on noise: fewer than 3 of 6 samples look like red circle and like blue circle.\n"
    )


@pytest.mark.parametrize(("conditional", "kinds"), [(False, KINDS), (True, KINDS), (False, ())])
def test_a_report_has_it_where_there_are_kinds_and_nothing_but_noise(monkeypatch, conditional, kinds):
    """Sums of means of three uniform numbers: of variance 1/12 and mean 1/2, above 0 with probability 0.96 each."""
    system = SimpleNamespace(
        conditional=conditional,
        noise=lambda key, n: jax.random.uniform(key, (n, 2), minval=-1.0),
        generate=lambda variables, z, y: variables * z.reshape(-1, 1, 2, 1),
    )
    told = lambda self, state, images: (jnp.log(judge_in_jax(images)), None)  # noqa: E731
    monkeypatch.setattr(gan_report.Sight, "judged", told)
    sight = gan_report.Sight(system, None, lambda state: state, None, SimpleNamespace(kinds=kinds), None)
    report = gan_report.arithmetic(sight, jnp.ones(()), jax.random.key(0))
    if conditional or not kinds:
        assert not report.figures and not report.metrics
    else:
        assert report.metrics["arithmetic_accuracy"] == pytest.approx(92, abs=6)
        assert report.figures["arithmetic"].numbers["samples"].min() >= 0


def judge_in_jax(images):
    colour, shape = jax.nn.sigmoid(9 * images.reshape(-1, 2)).T
    return jnp.stack([(1 - colour) * (1 - shape), (1 - colour) * shape, colour * (1 - shape), colour * shape], 1)


def test_a_judge_of_one_class_is_not_asked():
    evaluation = SimpleNamespace(least_share=0.02)
    sets = SimpleNamespace(classes=1, valid={"image": np.zeros((4, 2, 2, 1), np.uint8)})
    sight = gan_report.Sight(SimpleNamespace(conditional=False), None, None, None, sets, evaluation)
    numbers = {
        "answers": np.zeros((1, 6), int),
        "features": np.ones((1, 6, 2)),
        "real_features": np.ones((1, 6, 2)),
        "spread": np.array([[3.0, 4.0]]),
        "right": np.array([70.0]),
    }
    told = gan_report.watch(sight).tell(numbers)
    assert told.metrics == {"diversity": 0.75} and not told.alarms
