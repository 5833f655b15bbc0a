"""A tree said in French."""

from __future__ import annotations

from deepx.data.translation.grammar_enfr import trees
from deepx.data.translation.grammar_enfr.french_nouns import (
    PRONOUNS,
    Agreement,
    agreeing,
    agreement,
    determiner,
    participle,
)
from deepx.data.translation.grammar_enfr.sound import NOT, OF, THAT, TO, spoken, written
from deepx.data.translation.grammar_enfr.verbs import BE, HAVE, MODALS, French
from deepx.data.translation.grammar_enfr.words import Name

PREPOSITIONS = {
    "in": ["dans"],
    "on": ["sur"],
    "at": [TO],
    "near": ["près", OF],
    "behind": ["derrière"],
    "in front of": ["devant"],
    "next to": [TO, "côté", OF],
    "with": ["avec"],
}
CONJUNCTIONS = {"and": ["et"], "but": ["mais"], "because": ["parce", THAT], "while": ["pendant", THAT]}
TIMES = {
    "every day": ["tous", "les", "jours"],
    "now": ["maintenant"],
    "yesterday": ["hier"],
    "last week": ["la", "semaine", "dernière"],
    "tomorrow": ["demain"],
    "next week": ["la", "semaine", "prochaine"],
}
ADVERBS = {"often": "souvent", "always": "toujours", "already": "déjà"}
NEGATIONS = {"not": "pas", "never": "jamais"}
# Persons: je 0, il and elle 1, nous 2, ils and elles 3.
IMPERFECT = ("ais", "ait", "ions", "aient")
FUTURE = ("ai", "a", "ons", "ont")
REFLEXIVE = ("me|m'", "se|s'", "nous", "se|s'")
DIRECT = {"me": "me|m'", "us": "nous", "him": "le|l'", "her": "la|l'", "them": "les"}
INDIRECT = {"me": "me|m'", "us": "nous", "him": "lui", "her": "lui", "them": "leur"}


def say(sentence: trees.Sentence) -> str:
    """The sentence as it is written, with its full stop or question mark."""
    if isinstance(sentence, trees.Question):
        words = ["est-ce", THAT, *statement(sentence.clause), "?"]
    else:
        words = [*statement(sentence), "."]
    text = written(spoken(words))
    return text[0].upper() + text[1:]


def statement(said: trees.Statement | trees.Report | trees.Joined) -> list[str]:
    match said:
        case trees.Joined():
            return [*statement(said.first), *CONJUNCTIONS[said.conjunction], *statement(said.second)]
        case trees.Report():
            person = agreement(said.subject).person
            return [*noun_phrase(said.subject), said.verb.french.present[person], THAT, *statement(said.clause)]
        case trees.Existence():
            verb = finite(HAVE, said.tense, 1)
            there = ["il", NOT, "y", verb, "pas"] if said.polarity else ["il", "y", verb]
            return [*there, *noun_phrase(said.what, bool(said.polarity)), *place(said.where)]
        case trees.Property():
            return [*noun_phrase(said.subject), *property_of(said)]
    assert said.subject is not None  # only relative clauses have none
    time = TIMES.get(said.time, [])
    front, back = ([*time, ","], []) if said.fronted else ([], time)
    return [*front, *noun_phrase(said.subject), *predicate(said, agreement(said.subject)), *back]


def predicate(clause: trees.Clause, subject: Agreement, before: Agreement | None = None) -> list[str]:
    """What is said of the subject, up to the time. before: a direct object that the relative pronoun stands for."""
    verb = clause.verb
    direct, indirect = clause.object, clause.indirect
    clitics = [REFLEXIVE[subject.person]] if verb.french.reflexive else []
    rest = []
    if isinstance(direct, trees.Pronoun):
        before = agreement(direct)
        clitics.append(DIRECT[direct.text])
    elif direct is not None:
        rest += [TO] if verb.english.base == "go" else []
        rest += noun_phrase(direct, bool(clause.polarity) and verb.english.base != "go")
    if isinstance(indirect, trees.Pronoun):
        clitics.insert(0 if indirect.text in ("me", "us") else len(clitics), INDIRECT[indirect.text])
    elif indirect is not None:
        rest += [TO, *noun_phrase(indirect)]
    if clause.place:
        rest += place(clause.place)
    return [*group(clause, clitics, subject, before), *rest]


def group(clause: trees.Clause, clitics: list[str], subject: Agreement, before: Agreement | None) -> list[str]:
    """The verb with its pronouns, auxiliary, negation and adverb.

    A participle agrees with the subject where its auxiliary is être, else with a direct object that precedes it.
    """
    verb, person = clause.verb.french, subject.person
    ne, pas = ([NOT], [NEGATIONS[clause.polarity]]) if clause.polarity else ([], [])
    pas = pas + ([ADVERBS[clause.adverb]] if clause.adverb else [])
    if clause.modal:
        return [*ne, MODALS[clause.modal].present[person], *pas, *clitics, verb.infinitive]
    if clause.tense == "past":
        agrees = subject if verb.etre else before
        auxiliary = (BE.french if verb.etre else HAVE).present[person]
        return [*ne, *clitics, auxiliary, *pas, participle(verb.participle, agrees)]
    return [*ne, *clitics, finite(verb, clause.tense, person), *pas]


def finite(verb: French, tense: str, person: int) -> str:
    """A form of the verb itself; `past` is the imperfect here, too, as être and `il y a` have it."""
    match tense:
        case "present" | "progressive":
            return verb.present[person]
        case "future":
            return verb.future + FUTURE[person]
    ending = IMPERFECT[person]
    return (verb.imperfect.removesuffix("e") if ending == "ions" else verb.imperfect) + ending


def property_of(said: trees.Property) -> list[str]:
    subject = agreement(said.subject)
    verb = finite(BE.french, said.tense, subject.person)
    adjective = agreeing(said.adjective, subject)
    if said.other is not None:
        adjective = ["plus" if said.degree == "more" else "aussi", adjective, THAT, *noun_phrase(said.other)]
    else:
        adjective = [adjective]
    return [NOT, verb, NEGATIONS[said.polarity], *adjective] if said.polarity else [verb, *adjective]


def place(said: trees.Place) -> list[str]:
    return [*PREPOSITIONS[said.preposition], *noun_phrase(said.where)]


def noun_phrase(phrase: trees.Subject, negated: bool = False) -> list[str]:
    """negated: it is the direct object of a negated verb, where indefinite articles are `de`."""
    match phrase:
        case trees.Pronoun():
            return [PRONOUNS[phrase.text]]
        case Name():
            return [phrase.text]
        case trees.Names():
            return [phrase.first.text, "et", phrase.second.text]
    before = [adjective for adjective in phrase.adjectives if adjective.before]
    after = [adjective for adjective in phrase.adjectives if not adjective.before]
    with_ = agreement(phrase)
    words = determiner(phrase, negated, bool(before))
    for adjective in before:
        form = agreeing(adjective, with_)
        single = not with_.feminine and not phrase.plural
        words.append(f"{form}|{adjective.bel}" if single and adjective.bel != form else form)
    words += [phrase.noun.french[phrase.plural], *(agreeing(adjective, with_) for adjective in after)]
    if not isinstance(phrase.determiner, str):
        words += [OF, *noun_phrase(phrase.determiner)]
    return words + (relative(phrase, phrase.relative) if phrase.relative else [])


def relative(phrase: trees.NounPhrase, said: trees.Relative) -> list[str]:
    role, clause = said
    if clause.subject is None:
        return ["qui", *predicate(clause, agreement(phrase))]
    before = agreement(phrase) if role == "object" else None
    pronoun = {"object": THAT, "place": "où", "owner": "dont"}[role]
    return [pronoun, *noun_phrase(clause.subject), *predicate(clause, agreement(clause.subject), before)]
