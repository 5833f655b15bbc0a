"""What --dump_hlo writes, and what it shows: the state is donated, and numbers of half the length are multiplied."""

import json
import re

import jax
import pytest
import toy

from deepx.engine import hlo
from deepx.engine.config import load
from deepx.engine.program import Program
from deepx.engine.run import Run
from experiments import reproduce, seq2seq


@pytest.fixture(scope="module")
def translation():
    """Training and evaluation of a translator in bfloat16."""
    config = load(reproduce.CONFIGS / "seq2seq" / "grammar_enfr.py", "smoke")
    config.precision = "bfloat16"
    return Program(seq2seq.build(config), Run(**config.run), jax.devices()[:1])


def test_programs_and_their_memory_are_written(tmp_path):
    program = Program(toy.experiment(), toy.RUN, jax.devices()[:1])
    memory = hlo.dump(program, tmp_path / "hlo")
    assert json.loads((tmp_path / "hlo" / "memory.json").read_text()) == memory and set(memory) == {
        "train",
        "eval_valid",
    }
    for name in memory:
        assert "stablehlo" in (tmp_path / "hlo" / f"{name}.stablehlo.txt").read_text()
        assert "HloModule" in (tmp_path / "hlo" / f"{name}.hlo.txt").read_text()


def test_the_whole_state_is_donated(translation, tmp_path):
    memory = hlo.dump(translation, tmp_path)
    state = sum(a.size * a.dtype.itemsize for a in jax.tree.leaves(translation.abstract()))
    assert memory["train"]["alias_bytes"] >= state > 0
    assert memory["eval_valid"]["alias_bytes"] == 0


def test_products_are_of_numbers_of_half_the_length_and_the_state_is_not(translation):
    text = translation.traced().lower().as_text()
    products = re.findall(r"stablehlo\.dot_general.*?: \(tensor<[\dx]*(\w+)>, tensor<[\dx]*(\w+)>\)", text)
    assert products and set(products) == {("bf16", "bf16")}
    assert {a.dtype.name for a in jax.tree.leaves(translation.abstract().state.params)} == {"float32"}
