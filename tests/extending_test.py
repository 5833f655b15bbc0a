"""docs/extending.md is real: its files, written where it says, run, and what they train has learnt to add."""

import importlib
import re

import jax
import numpy as np
import pytest

from deepx.data import algorithmic
from deepx.engine.errors import UserError
from deepx.engine.workdir import Workdir
from experiments import ntm_tasks, reproduce
from experiments.interactive import run

PAGE = (reproduce.ROOT / "docs" / "extending.md").read_text()
FILES = dict(re.findall(r"^`([\w/]+\.py)`:\n\n```python\n(.*?)^```$", PAGE, flags=re.M | re.S))


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """The project with the page's files: what lies in a folder of it, or in the same folder beside."""
    beside = tmp_path_factory.mktemp("extended")
    with pytest.MonkeyPatch.context() as patch:
        for path, source in FILES.items():
            assert not (reproduce.ROOT / path).exists()
            (beside / path).parent.mkdir(parents=True, exist_ok=True)
            (beside / path).write_text(source)
            package = ".".join(path.split("/")[:-1])
            if (reproduce.ROOT / path).parent.is_dir():
                module = importlib.import_module(package)
                patch.setattr(module, "__path__", [*module.__path__, str((beside / path).parent)])
        patch.setattr(ntm_tasks, "TASKS", algorithmic.tasks())
        patch.setattr(reproduce, "CONFIGS", beside / "configs")
        yield beside


def test_the_page_has_a_task_and_a_model_in_few_lines():
    assert list(FILES) == [
        "deepx/data/algorithmic/addition.py",
        "configs/ntm/addition.py",
        "deepx/models/elman.py",
        "experiments/elman.py",
        "configs/elman/addition.py",
    ]
    assert PAGE.count("```python") == len(FILES)
    assert sum(bool(line.strip()) for source in FILES.values() for line in source.splitlines()) < 100


def test_the_sum_is_the_sum(extended):
    batch = ntm_tasks.TASKS["addition"].sample(jax.random.key(0), batch_size=50, max_length=6)
    a_B, b_B = (2 ** np.arange(7) @ np.asarray(batch.inputs_BTI).transpose(2, 1, 0)).astype(int)
    sum_B = (np.asarray(batch.targets_BTO)[..., 0] @ 2 ** np.arange(7)).astype(int)
    np.testing.assert_array_equal(a_B + b_B, sum_B)
    length_B = np.asarray(batch.mask_BT).sum(1) - 1
    assert set(length_B) == {1, 2, 3, 4, 5, 6} and (np.maximum(a_B, b_B) < 2**length_B).all()


def test_the_machine_begins_to_add(extended, tmp_path):
    finished = run("ntm/addition:smoke", tmp_path)
    assert (tmp_path / "result.json").exists() and (tmp_path / "figures" / "memory.png").exists()
    assert {"bits_per_sequence/len4", "bits_per_sequence/len6"} <= finished.metrics.keys()


def test_elmans_net_adds(extended, tmp_path):
    finished = run("elman/addition:smoke", tmp_path)
    assert (tmp_path / "result.json").exists()
    assert finished.metrics["wrong_sequences/len120"] < 10  # learnt on numbers of five bits
    Workdir(tmp_path)  # which nobody else holds
    again = run("elman/addition:smoke", tmp_path)  # complete: nothing is trained or written anew
    assert again.record == finished.record and "wrong_sequences/len120" in repr(again)
    np.testing.assert_array_equal(*(f.state.params["hidden"]["kernel"] for f in (finished, again)))
    assert all(panel.get_title() for panel in finished.curves.axes if panel.get_visible())


@pytest.mark.parametrize(
    ("benchmark", "changes", "words"),
    [
        ("elman/adition:smoke", {}, "no benchmark 'elman/adition'. Did you mean 'elman/addition'"),
        ("elman/addition:smok", {}, "no variant 'smok'"),
        ("elman/addition:smoke", {"model.cell": 3}, "no key 'model.cell'. Did you mean 'model.cells'"),
    ],
)
def test_mistakes_are_answered_in_words(extended, tmp_path, benchmark, changes, words):
    with pytest.raises(UserError, match=words):
        run(benchmark, tmp_path, changes)
