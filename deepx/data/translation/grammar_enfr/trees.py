"""What a sentence says, before it is said in either language."""

from __future__ import annotations

from typing import NamedTuple

from deepx.data.translation.grammar_enfr.verbs import Verb
from deepx.data.translation.grammar_enfr.words import Adjective, Name, Noun


class Pronoun(NamedTuple):
    """One that means one thing in French: `you`, `it`, and `they` as a subject would not."""

    text: str  # I, we, he, she; as objects: me, us, him, her, them


class Names(NamedTuple):
    first: Name
    second: Name


class NounPhrase(NamedTuple):
    """determiner: the, a, some, this, my, his, her, our, their, two ... five, many, several, every, or whose it is."""

    determiner: Determiner
    noun: Noun
    plural: bool = False
    adjectives: tuple[Adjective, ...] = ()
    relative: Relative | None = None


class Place(NamedTuple):
    """preposition: the English one, see `french.PREPOSITIONS`."""

    preposition: str
    where: NounPhrase | Name


class Clause(NamedTuple):
    """subject: None in a relative clause that is about the subject.

    polarity: "", not, never. object: None, too, in a relative clause about it. modal: can, must, want to, or "".
    adverb: beside the verb: often, always, already, or "". time: see `french.TIMES`; fronted: it comes first.
    """

    subject: Subject | None
    verb: Verb
    tense: str = "present"
    polarity: str = ""
    object: Object | None = None
    indirect: Object | None = None
    place: Place | None = None
    modal: str = ""
    adverb: str = ""
    time: str = ""
    fronted: bool = False


class Property(NamedTuple):
    """The subject is so, or more so than, or as much so as (degree: more, as), another."""

    subject: Subject
    adjective: Adjective
    tense: str = "present"
    polarity: str = ""
    degree: str = ""
    other: NounPhrase | Name | None = None


class Existence(NamedTuple):
    """There is (present), was (past) something somewhere. polarity: "", not."""

    what: NounPhrase
    where: Place
    tense: str = "present"
    polarity: str = ""


class Relative(NamedTuple):
    """role: what its noun is in the clause: subject, object, place, or owner of the subject."""

    role: str
    clause: Clause


class Report(NamedTuple):
    """Somebody says, thinks, knows, or believes (present) that."""

    subject: Subject
    verb: Verb
    clause: Statement


class Joined(NamedTuple):
    first: Statement
    conjunction: str  # and, but, because, while
    second: Statement


class Question(NamedTuple):
    """Is it so? The clause has no time at its front."""

    clause: Clause | Property


Determiner = str | NounPhrase | Name
Subject = NounPhrase | Name | Names | Pronoun
Object = NounPhrase | Name | Pronoun
Statement = Clause | Property | Existence
Sentence = Statement | Report | Joined | Question
