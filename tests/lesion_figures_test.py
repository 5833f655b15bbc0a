"""Figures of lesions: what is drawn is what was measured, for every net, with what changes the shape marked."""

import numpy as np
import pytest

from deepx.analysis import lesion_figures as figures
from deepx.analysis import paths


@pytest.fixture
def drawn(tmp_path):
    """A figure's axes, once it has been rendered."""

    def render(figure):
        figure.savefig(tmp_path / "figure.png")
        return figure.axes

    return render


def lines(axis):
    return {line.get_label(): line.get_xydata() for line in axis.lines}


def test_deletions_mark_the_blocks_that_change_the_shape(drawn):
    nets = {
        "residual": figures.Deletions(np.arange(6), np.arange(6) + 10.0, 9.5, (2, 4)),
        "vgg": figures.Deletions(np.array([1, 3, 5]), np.array([90.0, 89, 91]), 8.25, (0, 2, 4)),
    }
    (axis,) = drawn(figures.deletions_figure(nets, chance=90))
    shown = lines(axis)
    np.testing.assert_array_equal(shown["residual (whole: 9.5%)"], [[b, b + 10] for b in range(6)])
    np.testing.assert_array_equal(shown["vgg (whole: 8.2%)"], [[1, 90], [3, 89], [5, 91]])
    marked = [line.get_xdata().tolist() for line in axis.lines if line.get_markersize() == 9]
    assert marked == [[2, 4], [], []]  # the last is the legend's
    assert axis.get_ylim()[1] > 91


def test_random_deletions_are_medians_and_quartiles(drawn):
    errors = np.array([[10.0, 20, 30, 40, 50], [60, 50, 40, 90, 80]])
    (axis,) = drawn(figures.random_deletions_figure({"net": figures.RandomDeletions(np.array([2, 5]), errors)}, 90))
    np.testing.assert_array_equal(lines(axis)["net, 5 draws"], [[2, 30], [5, 60]])
    band = axis.collections[0].get_paths()[0].vertices
    assert {tuple(v) for v in band} >= {(2.0, 20.0), (2.0, 40.0), (5.0, 50.0), (5.0, 80.0)}


def test_shuffles_run_from_the_own_order(drawn):
    (axis,) = drawn(
        figures.shuffles_figure({"net": figures.Shuffles(np.array([0.9, 0.8]), np.array([20.0, 40]), 10)}, 90)
    )
    np.testing.assert_array_equal(lines(axis)["net (own order: 10.0%)"], [[0.9, 20], [0.8, 40]])
    left, right = axis.get_xlim()
    assert left > right


def test_paths_of_nets_of_different_depth_share_their_axes(drawn):
    norms = {"short": np.exp(-np.arange(5.0))[None], "long": np.exp(-np.arange(9.0))[None] * [[1], [3]]}
    nets = {name: paths.by_length(rows) for name, rows in norms.items()}
    number, norm, product = drawn(figures.paths_figure(nets))
    for net, of_number, of_norm, of_product in zip(nets.values(), number.lines, norm.lines, product.lines, strict=True):
        np.testing.assert_allclose(of_number.get_ydata(), 100 * net.paths)
        np.testing.assert_allclose(of_norm.get_ydata(), net.norm)
        np.testing.assert_allclose(of_product.get_ydata(), 100 * net.gradient)
    assert norm.get_yscale() == "log"
    assert product.lines[0].get_label() == "short; 0 to 3 blocks: 94% of its paths"
