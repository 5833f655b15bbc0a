"""A tree said in English."""

from __future__ import annotations

from deepx.data.translation.grammar_enfr import trees
from deepx.data.translation.grammar_enfr.verbs import Verb
from deepx.data.translation.grammar_enfr.words import Name

AUXILIARIES = {"can", "must", "will", "am", "is", "are", "was", "were", "do", "does", "did"}


def say(sentence: trees.Sentence) -> str:
    """The sentence as it is written, with its full stop or question mark."""
    words = question(sentence.clause) if isinstance(sentence, trees.Question) else statement(sentence)
    words = [("an" if word == "a" and following[0] in "aeiouI" else word) for word, following in pairs(words)]
    text = " ".join(words).replace(" ,", ",").replace(" 's", "'s")
    return text[0].upper() + text[1:] + ("?" if isinstance(sentence, trees.Question) else ".")


def pairs(words: list[str]) -> list[tuple[str, str]]:
    return list(zip(words, [*words[1:], "."], strict=True))


def statement(said: trees.Statement | trees.Report | trees.Joined) -> list[str]:
    match said:
        case trees.Joined():
            return [*statement(said.first), said.conjunction, *statement(said.second)]
        case trees.Report():
            return [*noun_phrase(said.subject), *group(said.verb, said.subject), "that", *statement(said.clause)]
        case trees.Existence():
            be = {"present": ("is", "are"), "past": ("was", "were")}[said.tense][said.what.plural]
            there = ["there", be, *(["not"] if said.polarity else [])]
            return [*there, *noun_phrase(said.what, bool(said.polarity)), *place(said.where)]
        case trees.Property():
            return [*noun_phrase(said.subject), *copula(said), *property_of(said)]
    assert said.subject is not None  # only relative clauses have none
    front, back = ([said.time, ","], []) if said.fronted else ([], [said.time] if said.time else [])
    return [*front, *noun_phrase(said.subject), *predicate(said, said.subject), *back]


def predicate(clause: trees.Clause, subject: trees.Subject) -> list[str]:
    """What is said of the subject, up to the time."""
    return [*group(clause.verb, subject, clause), *complements(clause)]


def question(asked: trees.Clause | trees.Property) -> list[str]:
    assert asked.subject is not None  # only relative clauses have none
    if isinstance(asked, trees.Property):
        verb, rest = copula(asked), property_of(asked)
    else:
        verb = group(asked.verb, asked.subject, asked, emphatic=True)
        rest = complements(asked) + ([asked.time] if asked.time else [])
    return [verb[0], *noun_phrase(asked.subject), *verb[1:], *rest]


def group(
    verb: Verb, subject: trees.Subject, clause: trees.Clause | None = None, *, emphatic: bool = False
) -> list[str]:
    """The verb with its auxiliaries, negation and adverb. emphatic: with an auxiliary in any case, for questions."""
    tense, polarity, modal, adverb = (
        (clause.tense, clause.polarity, clause.modal, clause.adverb) if clause else ("present", "", "", "")
    )
    third = singular_third(subject)
    base, third_form, past, ing, particle = verb.english
    be = {"present": to_be(subject)[0], "past": to_be(subject)[1]}
    if modal == "want to":
        main, plain, do = ["wants" if third else "want"], ["want"], "does" if third else "do"
        tail = ["to", base]
    elif modal or tense == "future":
        main, plain, do, tail = [modal or "will", base], [], "", []
    elif tense in ("progressive", "past progressive"):
        main, plain, do, tail = [be["past" if "past" in tense else "present"], ing], [], "", []
    else:
        main = [past if tense == "past" else third_form if third else base]
        plain, do, tail = [base], "did" if tense == "past" else "does" if third else "do", []
    if main[0] not in AUXILIARIES and (polarity == "not" or emphatic):
        main = [do, *plain]
    between = ([polarity] if polarity else []) + ([adverb] if adverb else [])
    words = [main[0], *between, *main[1:]] if main[0] in AUXILIARIES else [*between, *main]
    return words + tail + ([particle] if particle else [])


def copula(said: trees.Property) -> list[str]:
    present, past = to_be(said.subject)
    words = {"present": [present], "past": [past], "future": ["will", "be"]}[said.tense]
    return [words[0], *([said.polarity] if said.polarity else []), *words[1:]]


def property_of(said: trees.Property) -> list[str]:
    adjective = said.adjective.english
    if said.other is None:
        return [adjective]
    than = ["as", adjective, "as"] if said.degree == "as" else [said.adjective.comparative, "than"]
    return than + noun_phrase(said.other)


def complements(clause: trees.Clause) -> list[str]:
    """What follows the verb, up to the time."""
    words = []
    if clause.object is not None:
        destination = ["to"] if clause.verb.english.base == "go" else []
        words += destination + noun_phrase(clause.object, bool(clause.polarity))
    if clause.indirect is not None:
        words += ["to", *noun_phrase(clause.indirect)]
    return words + (place(clause.place) if clause.place else [])


def place(said: trees.Place) -> list[str]:
    return [said.preposition, *noun_phrase(said.where)]


def noun_phrase(phrase: trees.Subject, negated: bool = False) -> list[str]:
    """negated: it is the object of a negated verb, where `some` is `any`."""
    match phrase:
        case trees.Pronoun() | Name():
            return [phrase.text]
        case trees.Names():
            return [phrase.first.text, "and", phrase.second.text]
    determiner = phrase.determiner
    if not isinstance(determiner, str):
        first = [*noun_phrase(determiner), "'s"]
    elif determiner == "this" and phrase.plural:
        first = ["these"]
    else:
        first = ["any" if determiner == "some" and negated else determiner]
    noun = phrase.noun.english[phrase.plural]
    words = [*first, *(adjective.english for adjective in phrase.adjectives), noun]
    return words + (relative(phrase, phrase.relative) if phrase.relative else [])


def relative(phrase: trees.NounPhrase, said: trees.Relative) -> list[str]:
    role, clause = said
    subject = clause.subject
    if subject is None:
        return ["who" if phrase.noun.kind == "person" else "that", *predicate(clause, phrase)]
    if role == "owner" and isinstance(subject, trees.NounPhrase):
        words = [*(adjective.english for adjective in subject.adjectives), subject.noun.english[subject.plural]]
        return ["whose", *words, *predicate(clause, subject)]
    return ["where" if role == "place" else "that", *noun_phrase(subject), *predicate(clause, subject)]


def singular_third(subject: trees.Subject) -> bool:
    match subject:
        case trees.Pronoun():
            return subject.text in ("he", "she")
        case trees.NounPhrase():
            return not subject.plural
        case _:
            return isinstance(subject, Name)


def to_be(subject: trees.Subject) -> tuple[str, str]:
    """Present and past."""
    if subject == trees.Pronoun("I"):
        return "am", "was"
    return ("is", "was") if singular_third(subject) else ("are", "were")
