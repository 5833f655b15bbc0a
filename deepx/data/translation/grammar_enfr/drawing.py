"""Sentences drawn at random, of meanings that both languages tell fully.

Only `Random.random` is called, which gives the same numbers in every version of Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from deepx.data.translation.grammar_enfr import trees
from deepx.data.translation.grammar_enfr.french_nouns import agreement
from deepx.data.translation.grammar_enfr.verbs import (
    BE,
    BOTH,
    DITRANSITIVE,
    GO,
    INTRANSITIVE,
    MODALS,
    REPORTING,
    TRANSITIVE,
    Verb,
)
from deepx.data.translation.grammar_enfr.words import ADJECTIVES, NAMES, NOUNS

T = TypeVar("T")
OF_KIND = {kind: [noun for noun in NOUNS if noun.kind == kind] for kind in sorted({noun.kind for noun in NOUNS})}
FITTING = {kind: [adjective for adjective in ADJECTIVES if kind in adjective.kinds] for kind in OF_KIND}
POSSESSIVES = ("my", "his", "her", "our", "their")
ONE = (*["the"] * 5, *["a"] * 4, "this", "every", *POSSESSIVES)
MANY = (*["the"] * 5, *["some"] * 3, "this", "many", "several", "two", "three", "four", "five", *POSSESSIVES)
MASS = (*["the"] * 2, *["some"] * 3, "this", *POSSESSIVES)
TIMES = {
    "present": ("every day",),
    "progressive": ("now",),
    "past": ("yesterday", "last week"),
    "past progressive": ("yesterday",),
    "future": ("tomorrow", "next week"),
}
NEARBY = ("near", "behind", "in front of", "next to")
WITHOUT_PLACE = ("love", "hate", "know", "forget")


def pick(random: Random, among: Sequence[T]) -> T:
    return among[int(random.random() * len(among))]


def sentence(random: Random) -> trees.Sentence:
    """A sentence, or two clauses in one."""
    kind = random.random()
    if kind < 0.10:
        return trees.Question(property_of(random) if random.random() < 0.2 else clause(random, fronting=False))
    if kind < 0.20:
        first, second = statement(random, short=True), statement(random, short=True)
        return trees.Joined(first, pick(random, ("and", "but", "because", "while")), second)
    if kind < 0.28:
        return trees.Report(subject(random, "person"), pick(random, REPORTING), statement(random, short=True))
    return statement(random)


def statement(random: Random, short: bool = False) -> trees.Statement:
    """short: without relative clauses, times and places."""
    kind = random.random()
    if kind < 0.15:
        return property_of(random)
    return existence(random) if kind < 0.22 else clause(random, short)


def clause(random: Random, short: bool = False, *, fronting: bool = True) -> trees.Clause:
    kind = random.random()
    verbs = INTRANSITIVE if kind < 0.3 else TRANSITIVE if kind < 0.8 else DITRANSITIVE if kind < 0.92 else (GO,)
    verb = pick(random, verbs)
    who = subject(random, pick(random, sorted(verb.subjects)), short)
    tense = pick(random, tenses(verb, who))
    modal = pick(random, tuple(MODALS)) if tense == "present" and len(verb.tenses) > 2 and random.random() < 0.2 else ""
    polarity = pick(random, ("not", "not", "never")) if random.random() < 0.2 else ""
    if polarity == "never" and (modal or "progressive" in tense):
        polarity = "not"
    what = thing(random, verb, who, tense, short) if verb.objects else None
    whom = None
    if verb in DITRANSITIVE:
        whom = other(random, who, ("me", "us", "him", "her", "them")) if random.random() < 0.4 else None
        whom = whom or noun_phrase(random, "person", plain=True)
    where = None
    if not short and not whom and verb is not GO and verb.english.base not in WITHOUT_PLACE and random.random() < 0.25:
        where = place(random)
    adverb = ""
    if not polarity and not modal and random.random() < 0.15:
        adverb = {"present": pick(random, ("often", "always")), "past": "already"}.get(tense, "")
    time = pick(random, TIMES[tense]) if not (short or adverb or modal) and random.random() < 0.25 else ""
    if time and verb.tenses[:2] == ("present", "future"):
        time = ""
    fronted = bool(time) and fronting and random.random() < 0.5
    return trees.Clause(who, verb, tense, polarity, what, whom, where, modal, adverb, time, fronted)


def tenses(verb: Verb, who: trees.Subject) -> tuple[str, ...]:
    """Those in which English tells everything that French must know: participles with être agree with the subject."""
    if agreement(who).feminine is None and verb.french.etre:
        return tuple(tense for tense in verb.tenses if tense != "past")
    return verb.tenses


def thing(random: Random, verb: Verb, who: trees.Subject, tense: str, short: bool) -> trees.Object:
    """A direct object; of pronouns, only those with which a participle before which they stand can agree."""
    if verb is not GO and random.random() < 0.2:
        people = ("him", "her") if "person" in verb.objects else ()
        told = people if tense == "past" else (*people, "them", *(("me", "us") if people else ()))
        if verb in DITRANSITIVE and tense == "past":
            told = ()
        if told and (pronoun := other(random, who, told)):
            return pronoun
    kind = pick(random, sorted(verb.objects))
    if kind == "person" and random.random() < 0.4:
        return pick(random, NAMES)
    if verb is GO:
        return noun_phrase(random, kind, determiner=pick(random, ("the", "the", "this", *POSSESSIVES)), plain=True)
    return noun_phrase(random, kind, plain=short or verb in DITRANSITIVE)


def other(random: Random, who: trees.Subject, among: Sequence[str]) -> trees.Pronoun | None:
    """An object pronoun that is not the subject once more."""
    first = isinstance(who, trees.Pronoun) and who.text in ("I", "we")
    among = [text for text in among if not (first and text in ("me", "us"))]
    return trees.Pronoun(pick(random, among)) if among else None


def subject(random: Random, kind: str, short: bool = True) -> trees.Subject:
    at = random.random()
    if at < 0.35:
        return trees.Pronoun(pick(random, ("I", "we", "he", "she")))
    if kind == "person" and at < 0.55:
        first, second = pick(random, NAMES), pick(random, NAMES)
        return trees.Names(first, second) if at < 0.4 and first != second else first
    return noun_phrase(random, kind, plain=short)


def noun_phrase(
    random: Random, kind: str, *, plain: bool, determiner: trees.Determiner | None = None
) -> trees.NounPhrase:
    """plain: without a relative clause."""
    noun = pick(random, OF_KIND[kind])
    plural = determiner is None and kind not in ("mass", "place") and random.random() < 0.35
    if determiner is None:
        if kind != "mass" and random.random() < 0.08:
            person = trees.NounPhrase(pick(random, ("the", "my", "his", "her")), pick(random, OF_KIND["person"]))
            determiner = pick(random, NAMES) if random.random() < 0.6 else person
        else:
            determiner = pick(random, MASS if kind == "mass" else MANY if plural else ONE)
    adjectives = ()
    if random.random() < 0.35:
        first = pick(random, FITTING[kind])
        second = pick(random, FITTING[kind])
        both = first.before and not second.before and random.random() < 0.5
        adjectives = (first, second) if both else (first,)
    with_relative = not plain and isinstance(determiner, str) and kind != "mass" and random.random() < 0.15
    phrase = trees.NounPhrase(determiner, noun, plural, adjectives)
    return phrase._replace(relative=relative(random, phrase)) if with_relative else phrase


def relative(random: Random, phrase: trees.NounPhrase) -> trees.Relative:
    """A relative clause that fits the noun: about it as a subject, an object, a place or an owner."""
    kind = phrase.noun.kind
    possible = (["subject"] if kind in BOTH.split() else []) + (["place"] if kind == "place" else ["object"])
    role = pick(random, possible + (["owner"] if kind == "person" else []))
    if role == "object":
        verb = pick(random, [verb for verb in TRANSITIVE if kind in verb.objects])
        who = subject(random, "person")
    else:
        own = role == "subject"
        verb = pick(random, [verb for verb in INTRANSITIVE if not own or kind in verb.subjects])
        owned = trees.NounPhrase("the", pick(random, OF_KIND[kind]))
        who = phrase if own else owned if role == "owner" else subject(random, "person")
    tense = pick(random, tenses(verb, who))
    return trees.Relative(role, trees.Clause(None if role == "subject" else who, verb, tense))


def property_of(random: Random) -> trees.Property:
    """Of one whose gender is told."""
    kind = pick(random, ("person", "person", "animal", "object", "place", "food"))
    who = noun_phrase(random, kind, plain=True, determiner=None)._replace(adjectives=())
    if kind == "person" and random.random() < 0.6:
        pronoun = trees.Pronoun(pick(random, ("he", "she")))
        who = pick(random, (pick(random, NAMES), pronoun, trees.Names(*two(random))))
    adjective = pick(random, FITTING[kind])
    degree, compared = "", None
    if adjective.comparative and random.random() < 0.25:
        degree = pick(random, ("more", "as"))
        compared = noun_phrase(random, kind, plain=True)._replace(adjectives=())
    polarity = pick(random, ("", "", "", "not"))
    return trees.Property(who, adjective, pick(random, BE.tenses), polarity, degree, compared)


def two(random: Random) -> list:
    """Different names."""
    first = pick(random, NAMES)
    return [first, pick(random, [name for name in NAMES if name != first])]


def existence(random: Random) -> trees.Existence:
    kind = pick(random, ("person", "animal", "object"))
    plural = random.random() < 0.5
    determiner = pick(random, ("some", "two", "three", "many", "several") if plural else ("a",))
    what = noun_phrase(random, kind, plain=True, determiner=determiner)._replace(plural=plural)
    polarity = "not" if determiner in ("a", "some") and random.random() < 0.3 else ""
    return trees.Existence(what, place(random), pick(random, ("present", "past")), polarity)


def place(random: Random) -> trees.Place:
    determiner = pick(random, ("the", "the", "the", "a", "this", "my", "her", "our"))
    where = noun_phrase(random, "place", plain=True, determiner=determiner)
    preposition = where.noun.locative if random.random() < 0.6 else pick(random, NEARBY)
    return trees.Place(preposition, where)
