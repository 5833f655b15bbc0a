"""`./scripts/translate`: ensembles, n-best lists in another order, runs that do not fit one another."""

import argparse
from itertools import islice
from pathlib import Path

import jax
import numpy as np
import pytest

from deepx.data.translation import grammar_enfr
from deepx.engine.config import load
from deepx.engine.errors import UserError
from deepx.nn import sequences
from experiments import reproduce, seq2seq_data, seq2seq_models, translate
from experiments.seq2seq_translator import most

PAIRS = list(islice(grammar_enfr.pairs("train", seed=1), 8))


def run(folder: Path, languages=("en", "fr"), model="seq2seq", seeds=(0,), scale=8.0):
    """What `readers` gives of a run: models of eight sentences with random weights, large ones, so that they differ."""
    config = load(reproduce.CONFIGS / "seq2seq" / "grammar_enfr.py", "smoke").unlock()
    paths = {side: folder / f"text.{side}" for side in ("en", "fr")}
    for path, text in zip(paths.values(), zip(*PAIRS, strict=True), strict=True):
        path.write_text("".join(f"{line}\n" for line in text))
    files = ",".join(str(paths[side]) for side in languages)
    config.update_from_flattened_dict({"data.name": "files", "data.train": files, "data.valid": files})
    config.update_from_flattened_dict({"data.test": files, "model.name": model})
    sets = seq2seq_data.corpus(config)
    made = seq2seq_models.model_of(config, sets)
    keys = map(jax.random.key, seeds)
    return sets, [translate.Reader(made, jax.tree.map(lambda a: scale * a, made.init(key))) for key in keys]


def told(monkeypatch, known, **given):
    """`translated`, and what it says by (way, beam)."""
    monkeypatch.setattr(translate, "BATCH", 8)
    monkeypatch.setattr(translate, "readers", lambda path: known[str(path)])
    given = {"runs": [Path("first")], "reverse": None, "language": None, "beams": [3], "alpha": 0.0} | given
    sets, every = translate.translated(argparse.Namespace(**given))
    return sets, {(of.way, of.beam): of.texts for of in every}


def test_an_ensemble_of_one_model_twice_is_that_model(tmp_path, monkeypatch):
    sets, (reader,) = run(tmp_path)
    _, texts = told(monkeypatch, {"first": (sets, [reader, reader])})
    assert texts["ensemble of 2", 3] == texts["the first model", 3]
    assert texts["3 best, by all 2", 3] == texts["the first model", 3]
    assert len(set(texts["the first model", 3])) > 1


def test_the_noisy_channel_takes_the_hypothesis_of_the_highest_product(tmp_path, monkeypatch):
    """Against scores of one sentence at a time, from the models themselves."""
    sets, (direct,) = run(tmp_path)
    back, (reverse,) = run(tmp_path, ("fr", "en"), seeds=(1,))
    alone, (language,) = run(tmp_path, model="language_model", seeds=(2,))
    runs = {"first": (sets, [direct]), "back": (back, [reverse]), "alone": (alone, [language])}
    _, texts = told(monkeypatch, runs, reverse=Path("back"), language=Path("alone"))
    row = 4
    source_1S = sets.encoded["test"].source.padded(24, np.array([row]))
    best = translate.searched((direct.model,), (direct.params,), source_1S, most(24), 3, 0.0)
    scores = []
    for words_T in np.asarray(best.words[0]):
        words_1T = words_T[None]
        p_f_given_e = reverse.model.apply(reverse.params, sequences.unended(words_1T), sequences.ended(source_1S))
        scores.append(float(p_f_given_e.sum() + language.model.apply(language.params, source_1S, words_1T).sum()))
    chosen = sets.target.decode(np.asarray(best.words[0, int(np.argmax(scores))]))
    assert len(set(np.round(scores, 3))) > 1
    assert texts["3 best, noisy channel p(f|e) p(e)", 3][row] == chosen


def test_runs_that_do_not_fit_and_senseless_flags_are_told(tmp_path, monkeypatch):
    one, other = run(tmp_path), run(tmp_path, ("fr", "en"))
    language = run(tmp_path, model="language_model")
    runs = {"first": one, "other": other, "language": language}
    with pytest.raises(UserError, match="other has another vocabulary as its source"):
        told(monkeypatch, runs, runs=[Path("first"), Path("other")])
    with pytest.raises(UserError, match="first has another vocabulary as its target than the first run as its source"):
        told(monkeypatch, runs, reverse=Path("first"))
    with pytest.raises(UserError, match="needs --reverse"):
        told(monkeypatch, runs, language=Path("language"))
    with pytest.raises(UserError, match="at least 1"):
        told(monkeypatch, runs, beams=[0])
    with pytest.raises(UserError, match="does not translate"):
        told(monkeypatch, runs, runs=[Path("language")])


@pytest.mark.parametrize("benchmark", ["ntm/copy", "seq2seq/conversation_offline"])
def test_a_run_that_does_not_translate_is_told(tmp_path, benchmark):
    config = load(reproduce.CONFIGS / f"{benchmark}.py", "smoke")
    (tmp_path / "config.json").write_text(config.to_json())
    with pytest.raises(UserError, match=f"is a run of {benchmark}, which does not translate"):
        translate.readers(tmp_path)
