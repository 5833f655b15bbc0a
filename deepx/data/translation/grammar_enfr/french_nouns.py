"""French determiners, and what agrees with a noun phrase."""

from __future__ import annotations

from typing import NamedTuple

from deepx.data.translation.grammar_enfr import trees
from deepx.data.translation.grammar_enfr.sound import LA, LE, LES, OF
from deepx.data.translation.grammar_enfr.words import Adjective, Name

# Before singular masculine, singular feminine, and plural nouns.
DETERMINERS = {
    "the": (LE, LA, LES),
    "a": ("un", "une", ""),
    "this": ("ce|cet", "cette", "ces"),
    "my": ("mon", "ma|mon", "mes"),
    "his": ("son", "sa|son", "ses"),
    "her": ("son", "sa|son", "ses"),
    "our": ("notre", "notre", "nos"),
    "their": ("leur", "leur", "leurs"),
    "every": ("chaque", "chaque", ""),
    "two": ("", "", "deux"),
    "three": ("", "", "trois"),
    "four": ("", "", "quatre"),
    "five": ("", "", "cinq"),
    "several": ("", "", "plusieurs"),
}
PRONOUNS = {"I": "je|j'", "we": "nous", "he": "il", "she": "elle"}


class Agreement(NamedTuple):
    """person: je 0, il and elle 1, nous 2, ils and elles 3. plural and feminine: None where English does not tell."""

    person: int
    plural: bool
    feminine: bool | None


def agreement(phrase: trees.Subject) -> Agreement:
    match phrase:
        case trees.Pronoun():
            person = {"I": 0, "me": 0, "we": 2, "us": 2, "them": 3}.get(phrase.text, 1)
            feminine = {"he": False, "him": False, "she": True, "her": True}.get(phrase.text)
            return Agreement(person, person >= 2, feminine)
        case trees.Names():
            return Agreement(3, True, phrase.first.gender == phrase.second.gender == "f")
        case Name():
            return Agreement(1, False, phrase.gender == "f")
    return Agreement(3 if phrase.plural else 1, phrase.plural, phrase.noun.gender == "f")


def agreeing(adjective: Adjective, with_: Agreement) -> str:
    """Raises ValueError where English leaves the gender open: such a sentence has more than one translation."""
    return adjective.french[2 * with_.plural + known(with_)]


def participle(form: str, with_: Agreement | None) -> str:
    """Of the past, agreeing; None: with nothing. Raises ValueError as `agreeing` does."""
    if with_ is None:
        return form
    form += "e" if known(with_) else ""
    return form + ("s" if with_.plural and not form.endswith("s") else "")


def known(with_: Agreement) -> bool:
    if with_.feminine is None:
        raise ValueError("the gender with which this should agree is not told in English")
    return with_.feminine


def determiner(phrase: trees.NounPhrase, negated: bool, adjective_first: bool) -> list[str]:
    name = phrase.determiner if isinstance(phrase.determiner, str) else "the"
    column = 2 if phrase.plural else int(phrase.noun.gender == "f")
    if name == "many" or negated and name in ("a", "some"):
        return ["beaucoup", OF] if name == "many" else [OF]
    if name == "some":
        if phrase.plural:
            return [OF] if adjective_first else ["des"]
        return [OF, DETERMINERS["the"][column]]
    return [DETERMINERS[name][column]]
