"""BLEU: a case worked by hand, sacrebleu's own command of it, its signature, and its value by length."""

import math
import subprocess
import sys

import numpy as np
import pytest

from deepx.analysis import bleu, translation_figures

SAID = ["the cat sat on the mat .", "a b c d"]
REFERENCES = ["the cat sat on a mat .", "a b c d e"]


def test_a_case_worked_by_hand():
    """n-grams found of those said: 6+4 of 7+4, 4+3 of 6+3, 2+2 of 5+2, 1+1 of 4+1; 11 words against 12."""
    precisions = 10 / 11, 7 / 9, 4 / 7, 2 / 5
    expected = 100 * math.exp(1 - 12 / 11) * math.prod(precisions) ** 0.25
    assert bleu.bleu(SAID, REFERENCES) == pytest.approx(expected)
    assert bleu.bleu(REFERENCES, REFERENCES) == pytest.approx(100)


def test_it_is_sacrebleus(tmp_path):
    """Punctuation is parted, case counts."""
    said, references = ["Le chat, noir !", "l'homme dort."], ["Le chat noir !", "L'homme ne dort pas."]
    for name, texts in (("said", said), ("references", references)):
        (tmp_path / name).write_text("\n".join(texts) + "\n")
    command = [sys.executable, "-m", "sacrebleu", str(tmp_path / "references"), "-i", str(tmp_path / "said"), "-b"]
    told = subprocess.run([*command, "-w", "6"], capture_output=True, text=True, check=True)
    assert bleu.bleu(said, references) == pytest.approx(float(told.stdout), abs=1e-5)


def test_the_signature_tells_how():
    assert bleu.signature().startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")


def test_groups_by_length():
    said, lengths = ["x y z w v"] * 3 + ["a b c d e"] * 3, np.array([1, 9, 2, 8, 1, 9])
    found = bleu.by_length(said, ["a b c d e"] * 6, lengths, 2)
    assert [(group.count, group.length) for group in found] == [(3, 4 / 3), (3, 26 / 3)]
    assert found[0].bleu == pytest.approx(bleu.bleu(["x y z w v"] * 2 + ["a b c d e"], ["a b c d e"] * 3))
    assert len(bleu.by_length(said, said, lengths, 8)) == 6


def test_every_translation_needs_a_reference():
    with pytest.raises(ValueError, match="1 translations cannot be held against 2 references"):
        bleu.bleu(["a"], ["a", "b"])


def test_the_plane_has_the_widest_spread():
    places = translation_figures.plane(np.array([[0, 5.0, 0], [0, -5.0, 0], [1, 0, 0], [-1, 0, 0]]))
    np.testing.assert_allclose(np.abs(places), [[5, 0], [5, 0], [0, 1], [0, 1]], atol=1e-12)
    assert translation_figures.plane(np.ones((1, 4))).tolist() == [[0, 0]]
