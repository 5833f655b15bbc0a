"""What is generated once is found again: the same arrays, unless settings or code have changed."""

import numpy as np
import pytest

from deepx.data import kept
from deepx.engine.config import load
from deepx.files import cache
from experiments import babi_stories, reproduce, seq2seq_numbers
from experiments.seq2seq_texts import texts


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def code(tmp_path):
    path = tmp_path / "code.py"
    path.write_text("made = 1")
    return path


class Made:
    """Counts how often arrays are made."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1
        return {"x": np.arange(self.count), "told": np.array("é")}


def test_arrays_are_made_once_for_the_same_settings_and_code(code):
    make = Made()
    first, again = (kept.kept(make, {"n": 1}, [code]) for _ in range(2))
    assert make.count == 1 and again["x"].tolist() == first["x"].tolist() == [0] and str(again["told"]) == "é"
    kept.kept(make, {"n": 2}, [code])
    code.write_text("made = 2")
    kept.kept(make, {"n": 1}, [code])
    assert make.count == 3 and [path.suffix for path in cache("generated").iterdir()] == [".npz"] * 3


def test_what_is_damaged_is_made_anew_and_what_cannot_be_kept_is_made(code, home):
    make = Made()
    kept.kept(make, {}, [code])
    (path,) = cache("generated").iterdir()
    path.write_bytes(path.read_bytes()[:-30])
    assert len(kept.kept(make, {}, [code])["x"]) == 2 and len(kept.kept(make, {}, [code])["x"]) == 2
    (home / "cache").rename(home / "gone")
    (home / "cache").write_text("a file, no folder")
    assert len(kept.kept(make, {}, [code])["x"]) == 3


def test_sentences_that_are_found_are_those_that_were_made(monkeypatch):
    data = load(reproduce.CONFIGS / "seq2seq" / "grammar_enfr.py", "smoke").data
    made = seq2seq_numbers.numbers_of(data, texts(data))
    assert not cache("generated").exists()  # so few are not worth it
    monkeypatch.setattr(seq2seq_numbers, "MANY", 1)
    seq2seq_numbers.numbers_of(data, texts(data))
    monkeypatch.setattr(seq2seq_numbers, "numbered", None)
    found = seq2seq_numbers.numbers_of(data, texts(data))
    assert (found.source, found.target, found.held_out) == (made.source, made.target, made.held_out)
    assert {part: str(skips) for part, skips in found.skips.items()} == {p: str(s) for p, s in made.skips.items()}
    for part, encoded in made.encoded.items():
        for ours, theirs in zip(encoded, found.encoded[part], strict=True):
            for a, b in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(a, b, strict=True)


def test_stories_that_are_found_are_those_that_were_made(monkeypatch):
    made = babi_stories.simulated((3, 15), 20, seed=1)
    assert not cache("generated").exists()
    monkeypatch.setattr(babi_stories, "MANY", 40)
    assert babi_stories.simulated((3, 15), 20, seed=1) == made
    other = babi_stories.simulated((3, 15), 20, seed=2)
    monkeypatch.setattr(babi_stories.simulator, "simulate", None)
    assert babi_stories.simulated((3, 15), 20, seed=1) == made != other
