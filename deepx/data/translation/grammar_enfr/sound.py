"""What French words do to their neighbours: elision, forms before a vowel, and prepositions that swallow articles."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

# A word that has another form before a vowel is written "plain|before a vowel"; an article has "+" before it.
LE, LA, LES = "+le|l'", "+la|l'", "+les"
OF, TO, NOT, THAT = "de|d'", "à", "ne|n'", "que|qu'"
ASPIRATED = ("hibou",)  # before this h, nothing is elided
MERGED = {("de", "+le"): "du", ("de", "+les"): "des", ("à", "+le"): "au", ("à", "+les"): "aux"}


@cache
def vowel(word: str) -> bool:
    """Whether the word begins with the sound of a vowel."""
    letters = unicodedata.normalize("NFD", word.lower())
    if letters.startswith("h"):
        return not letters.startswith(ASPIRATED)
    return letters[0] in "aeiouœ" or letters == "y"


def spoken(words: Sequence[str]) -> list[str]:
    """The words in the forms that their neighbours give them; elided ones end in an apostrophe."""
    said: list[str] = []  # from the last to the first
    for word in reversed(words):
        plain, _, elided = word.partition("|")
        form = elided if elided and said and vowel(said[-1].removeprefix("+")) else plain
        if said and (form, said[-1]) in MERGED:
            said[-1] = MERGED[form, said[-1]]
        else:
            said.append(form)
    return [word.removeprefix("+") for word in reversed(said)]


def written(words: Sequence[str]) -> str:
    """The text of spoken words; the space before a question mark is the French one."""
    return " ".join(words).replace("' ", "'").replace(" ,", ",").replace(" .", ".")
