"""The nouns, adjectives and names of the grammar, with the inflections that their spelling gives.

English must determine French: no word has two translations here, and none stands for persons of either gender.
"""

from __future__ import annotations

from typing import NamedTuple


class Noun(NamedTuple):
    """singular and plural of both languages; gender: m, f. kind: person, animal, object, food, mass, place.

    locative: of a place, where one is that is there: in, on, at.
    """

    english: tuple[str, str]
    french: tuple[str, str]
    gender: str
    kind: str
    locative: str = "in"


class Adjective(NamedTuple):
    """french: masculine, feminine and their plurals; `bel` is beau before a vowel. before: it precedes its noun.

    comparative: "" where French has an irregular one, which the grammar does without.
    """

    english: str
    comparative: str
    french: tuple[str, str, str, str]
    bel: str
    before: bool
    kinds: frozenset[str]


class Name(NamedTuple):
    text: str
    gender: str


def english_plural(word: str) -> str:
    """Of a regular noun; also a regular verb's third person."""
    if word.endswith(("s", "sh", "ch", "x", "o")):
        return word + "es"
    return word[:-1] + "ies" if word.endswith("y") and word[-2] not in "aeiou" else word + "s"


def french_plural(word: str) -> str:
    """Of a regular noun or adjective."""
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith("al"):
        return word[:-2] + "aux"
    return word + ("x" if word.endswith("au") else "s")


def french_feminine(word: str) -> str:
    """Of a regular adjective."""
    for ending, feminine in (("e", "e"), ("eux", "euse"), ("er", "ère"), ("en", "enne"), ("on", "onne")):
        if word.endswith(ending):
            return word.removesuffix(ending) + feminine
    return word + "e"


def nouns(kind: str, text: str, locative: str = "in") -> list[Noun]:
    """Of "ENGLISH[/PLURAL] FRENCH[/PLURAL] GENDER, ..."."""
    found = []
    for entry in text.split(","):
        english, french, gender = entry.split()
        one, _, many = english.partition("/")
        un, _, des = french.partition("/")
        found.append(Noun((one, many or english_plural(one)), (un, des or french_plural(un)), gender, kind, locative))
    return found


def adjectives(kinds: str, text: str, before: bool = False) -> list[Adjective]:
    """Of "ENGLISH[:COMPARATIVE or :-] FRENCH[/FEMININE[/BEFORE A VOWEL]], ..."."""
    found = []
    for entry in text.split(","):
        english, french = entry.split()
        english, _, comparative = english.partition(":")
        m, f, bel = (french.split("/") + ["", ""])[:3]
        f = f or french_feminine(m)
        forms = (m, f, french_plural(m), french_plural(f))
        than = "" if comparative == "-" else comparative or f"more {english}"
        found.append(Adjective(english, than, forms, bel or m, before, frozenset(kinds.split())))
    return found


NOUNS = (
    nouns(
        "person",
        "man/men homme m, woman/women femme f, boy garçon m, girl fille f, brother frère m, sister sœur f,"
        "father père m, mother mère f, uncle oncle m, aunt tante f, king roi m,"
        "queen reine f, actor acteur m, actress actrice f",
    )
    + nouns(
        "animal",
        "cat chat m, dog chien m, horse cheval m, bird oiseau m, cow vache f, mouse/mice souris f, owl hibou/hiboux m,"
        "donkey âne m, turtle tortue f, bee abeille f",
    )
    + nouns(
        "object",
        "book livre m, letter lettre f, car voiture f, chair chaise f, key clé f, hat chapeau m,"
        "umbrella parapluie m, bottle bouteille f, picture image f, bicycle vélo m, dress robe f,"
        "tree arbre m, flower fleur f,"
        "newspaper journal m, gift cadeau m, knife/knives couteau m, lamp lampe f, coat manteau m, tool outil m",
    )
    + nouns("food", "apple pomme f, orange orange f, cake gâteau m, egg œuf m, pear poire f")
    + nouns("mass", "bread pain m, soup soupe f, water eau f, milk lait m, honey miel m, meat viande f, oil huile f")
    + nouns(
        "place",
        "house maison f, garden jardin m, school école f, kitchen cuisine f, hospital hôpital m, church église f,"
        "hotel hôtel m, forest forêt f, city ville f, park parc m, shop magasin m, castle château m",
    )
    + nouns("place", "beach plage f, island île f", "on")
    + nouns("place", "market marché m, station gare f", "at")
)
ADJECTIVES = (
    adjectives("person animal object place food", "small:smaller petit, beautiful beau/belle/bel", before=True)
    + adjectives("person animal object place", "old:older vieux/vieille/vieil", before=True)
    + adjectives("animal object place", "big:bigger grand", before=True)
    + adjectives("person animal", "young:younger jeune", before=True)
    + adjectives("object food mass", "good:- bon", before=True)
    + adjectives("object place", "new:newer nouveau/nouvelle/nouvel", before=True)
    + adjectives("animal object", "white:whiter blanc/blanche, black:blacker noir, grey:greyer gris")
    + adjectives("object food", "red:redder rouge, green:greener vert, blue:bluer bleu, yellow jaune")
    + adjectives("object food mass", "expensive cher")
    + adjectives("object", "heavy:heavier lourd, empty:emptier vide, ugly:uglier laid")
    + adjectives("place", "quiet:quieter calme, famous célèbre, dangerous dangereux")
    + adjectives("food mass", "cold:colder froid, hot:hotter chaud")
    + adjectives("person animal", "tired fatigué, happy:happier heureux, sick:sicker malade, strong:stronger fort")
    + adjectives("person", "rich:richer riche, shy:shyer timide, Italian:- italien")
)
NAMES = tuple(Name(text, "f") for text in ("Marie", "Anne", "Julie", "Alice", "Sophie")) + tuple(
    Name(text, "m") for text in ("Paul", "Pierre", "Antoine", "Thomas", "Marc")
)
