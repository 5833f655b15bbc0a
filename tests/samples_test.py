"""Measures of generated samples: shares and modes, distances, the Frechet distance, the alarm, on cases by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deepx.analysis import collapse, distances, frechet, sample_figures, samples

FEATURES = arrays(np.float64, (6, 3), elements=st.floats(-10, 10))


def test_shares_modes_and_divergences():
    shares = samples.shares(np.array([2, 0, 2, 2]), 4)
    np.testing.assert_array_equal(shares, [0.25, 0, 0.75, 0])
    assert [samples.modes_covered(shares, least) for least in (0.1, 0.25, 0.5)] == [2, 2, 1]
    assert samples.divergence(shares) == pytest.approx(0.25 * np.log(1) + 0.75 * np.log(3))
    assert samples.divergence(np.array([0.5, 0.5]), np.array([0.25, 0.75])) == pytest.approx(np.log(4 / 3) / 2)
    assert samples.divergence(np.array([0.5, 0.5]), np.array([1.0, 0])) == np.inf
    with pytest.raises(ValueError, match="an answer is 4; the classes are 0 to 3"):
        samples.shares(np.array([4]), 4)


def test_mean_distance_of_a_triangle(monkeypatch):
    triangle = np.array([[0.0, 0], [3, 0], [0, 4]]) + 1000
    for rows in (500, 2):
        monkeypatch.setattr(distances, "PIECE", rows)
        assert distances.mean_distance(triangle) == pytest.approx((3 + 4 + 5) / 3, rel=1e-5)
    assert distances.mean_distance(np.full((5, 2, 2), 0.7)) == pytest.approx(0, abs=1e-6)


def test_nearest_are_found_in_order_with_their_distances(monkeypatch):
    monkeypatch.setattr(distances, "PIECE", 4)
    rng = np.random.default_rng(0)
    among = rng.normal(size=(30, 2, 3))
    points = np.concatenate([rng.normal(size=(5, 2, 3)), among[[17]]])
    indices, apart = distances.nearest(points, among, 3)
    wanted = np.sqrt(((points[:, None] - among) ** 2).sum((2, 3)))
    np.testing.assert_array_equal(indices, wanted.argsort(1)[:, :3])
    np.testing.assert_allclose(apart, np.sort(wanted, 1)[:, :3], rtol=1e-5)
    assert indices[5, 0] == 17 and apart[5, 0] == 0


def test_frechet_distance_of_gaussians_by_hand():
    """With commuting covariances it is |m1 - m2|^2 + the sum of squared differences of standard deviations."""
    zero, one = np.zeros(2), np.array([3.0, 4.0])
    assert frechet.between_gaussians(zero, np.diag([1.0, 4]), one, np.diag([9.0, 1])) == pytest.approx(25 + 4 + 1)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])  # of both: nothing changes but that they are no longer diagonal
    first, second = (turn @ np.diag(v) @ turn.T for v in ([1.0, 4], [9.0, 0]))
    assert frechet.between_gaussians(zero, first, zero, second) == pytest.approx(4 + 4)
    # Not commuting: C1 = diag(4, 1), C2 = [[2, 1], [1, 2]]: C1 C2 has trace 10 and determinant 12,
    # so that the trace of its root is sqrt(10 + 2 sqrt(12)).
    distance = frechet.between_gaussians(zero, np.diag([4.0, 1]), zero, np.array([[2.0, 1], [1, 2]]))
    assert distance == pytest.approx(5 + 4 - 2 * np.sqrt(10 + 2 * np.sqrt(12)))


@settings(max_examples=30, deadline=None)
@given(FEATURES, FEATURES, arrays(np.float64, 3, elements=st.floats(-10, 10)))
def test_laws_of_the_frechet_distance(x, y, shift):
    assert frechet.frechet_distance(x, x) == pytest.approx(0, abs=1e-5)
    assert frechet.frechet_distance(x, y) == pytest.approx(frechet.frechet_distance(y, x), abs=1e-4)
    assert frechet.frechet_distance(x, x + shift) == pytest.approx((shift**2).sum(), abs=1e-4)


def test_alarms_say_what_was_seen_and_the_threshold():
    assert collapse.alarms(collapse.Seen()) == []
    fine = collapse.Seen(0.3, "3", 0.9, right=[100, 100, 80], gradient_norms=[0, 0, 1.0])
    assert collapse.alarms(fine) == []
    told = collapse.alarms(collapse.Seen(0.62, "3", 0.2, right=[70, 100, 99.7, 100], gradient_norms=[1, 0, 1e-6, 0]))
    assert told == [
        "62% of the samples look like class 3; the alarm is at 50%.",
        "Samples differ from each other 0.2 times as much as real examples do; the alarm is below 0.5.",
        "The discriminator was right about 99.7% or more in the last 3 looks and has nothing left to learn; "
        "the alarm is at 99.5%.",
        "The generator's gradient had a norm of 1e-06 or less in the last 3 looks; the alarm is below 0.0001.",
    ]


def test_images_are_tiled_in_their_order_with_white_between():
    images = np.arange(4).reshape(2, 2, 1, 1, 1) / 10  # two rows, two columns, a pixel each
    np.testing.assert_allclose(sample_figures.tiled(images, 1, 2)[..., 0], [[0, 1, 1, 0.1], [1] * 4, [0.2, 1, 1, 0.3]])


def test_a_sum_stands_beside_its_terms_and_their_samples():
    samples, means, results = np.arange(9).reshape(3, 3), np.arange(9, 12), np.arange(12, 21).reshape(3, 3)
    pixels = [x[..., None, None, None] / 100 for x in (samples, means, results)]
    figure = sample_figures.arithmetic_figure(*pixels, ["a", "b", "c", "d"])
    canvas = figure.axes[0].images[0].get_array()[::2, ::2, 0]
    white = 100
    np.testing.assert_allclose(
        100 * canvas,
        [[0, 3, 6, *[white] * 3], [1, 4, 7, 12, 13, 14], [2, 5, 8, 15, 16, 17], [9, 10, 11, 18, 19, 20]],
        rtol=1e-6,
    )
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()][:3] == ["a", "b", "c"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["\N{MINUS SIGN}", "+", "=", "d?"]


def test_a_film_is_shown_from_its_first_step_to_its_last():
    images = np.zeros((23, 3, 4, 4, 1))
    (axis,) = sample_figures.film_figure(images, range(0, 2300, 100), most=4).axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["step 0", "step 700", "step 1,500", "step 2,200"]
    height, width, _ = axis.images[0].get_array().shape
    assert (height, width) == (4 * 4 + 3, 3 * 4 + 2)
