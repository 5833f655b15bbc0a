"""The verbs of the grammar and their forms."""

from __future__ import annotations

from typing import NamedTuple

from deepx.data.translation.grammar_enfr.words import english_plural

TENSES = ("present", "progressive", "past", "past progressive", "future")
STATE = ("present", "future")  # of a state, French has two pasts and English one
EVENT = ("present", "past", "future")  # seen as a whole


class English(NamedTuple):
    base: str
    third: str
    past: str
    ing: str
    particle: str = ""


class French(NamedTuple):
    """present: je, il, nous, ils. imperfect, future: stems. etre: être is its auxiliary, as of reflexive verbs."""

    infinitive: str
    present: tuple[str, str, str, str]
    imperfect: str
    future: str
    participle: str
    etre: bool = False
    reflexive: bool = False


class Verb(NamedTuple):
    """subjects, objects: the kinds of nouns that it may have; none where it has no object."""

    english: English
    french: French
    subjects: frozenset[str]
    objects: frozenset[str] = frozenset()
    tenses: tuple[str, ...] = TENSES


def english(text: str) -> English:
    """Of "BASE", or "BASE PAST ING" where these are irregular; "BASE+PARTICLE" as in look+for."""
    base, *irregular = text.split()
    base, _, particle = base.partition("+")
    if irregular:
        past, ing = irregular
    else:
        stem = base.removesuffix("e")
        past = base[:-1] + "ied" if base.endswith("y") and base[-2] not in "aeiou" else stem + "ed"
        ing = stem + "ing"
    return English(base, english_plural(base), past, ing, particle)


def french(text: str) -> French:
    """Of "INFINITIVE" in -er, or "INFINITIVE JE IL NOUS ILS FUTURE PARTICIPLE"; "+" or "se " before it: with être."""
    reflexive, etre = text.startswith("se "), text.startswith(("se ", "+"))
    infinitive, *forms = text.removeprefix("se ").removeprefix("+").split()
    if not forms:
        stem = infinitive.removesuffix("er")
        nous = stem + ("eons" if stem.endswith("g") else "ons")
        forms = [stem + "e", stem + "e", nous, stem + "ent", infinitive, stem + "é"]
    je, il, nous, ils, future, participle = forms
    imperfect = nous.removesuffix("ons")
    return French(infinitive, (je, il, nous, ils), imperfect, future, participle, etre, reflexive)


def verb(said: str, translated: str, subjects: str = "person", objects: str = "", tenses: tuple = TENSES) -> Verb:
    return Verb(english(said), french(translated), frozenset(subjects.split()), frozenset(objects.split()), tenses)


BOTH = "person animal"
INTRANSITIVE = (
    verb("sleep slept sleeping", "dormir dors dort dormons dorment dormir dormi", BOTH),
    verb("run ran running", "courir cours court courons courent courr couru", BOTH),
    verb("swim swam swimming", "nager", BOTH),
    verb("work", "travailler"),
    verb("sing sang singing", "chanter"),
    verb("dance", "danser"),
    verb("cry", "pleurer"),
    verb("laugh", "rire ris rit rions rient rir ri"),
    verb("arrive", "+arriver", BOTH),
    verb("fall fell falling", "+tomber", BOTH, tenses=EVENT),
    verb("stay", "+rester", BOTH, tenses=EVENT),
    verb("leave left leaving", "+partir pars part partons partent partir parti"),
    verb("come+back came coming", "+revenir reviens revient revenons reviennent reviendr revenu", BOTH),
    verb("rest", "se reposer", BOTH),
    verb("wake+up woke waking", "se réveiller", BOTH),
    verb("get+up got getting", "se lever lève lève levons lèvent lèver levé"),
)
ALL = "person animal object place"
TRANSITIVE = (
    verb("see saw seeing", "voir vois voit voyons voient verr vu", BOTH, ALL, EVENT),
    verb("love", "aimer", objects=ALL + " food mass", tenses=STATE),
    verb("hate", "détester", objects=ALL + " food mass", tenses=STATE),
    verb(
        "know knew knowing",
        "connaître connais connaît connaissons connaissent connaîtr connu",
        "person",
        "person place",
        STATE,
    ),
    verb("eat ate eating", "manger", BOTH, "food mass"),
    verb(
        "buy bought buying", "acheter achète achète achetons achètent achèter acheté", objects="animal object food mass"
    ),
    verb("sell sold selling", "vendre vends vend vendons vendent vendr vendu", objects="animal object food mass"),
    verb("look+for looked looking", "chercher", BOTH, "person animal object food"),
    verb("find found finding", "trouver", BOTH, "person animal object food", EVENT),
    verb("wash", "laver", objects="animal object food"),
    verb("carry", "porter", objects="animal object food"),
    verb("draw drew drawing", "dessiner", objects=ALL + " food"),
    verb(
        "choose chose choosing",
        "choisir choisis choisit choisissons choisissent choisir choisi",
        objects="animal object food",
    ),
    verb("take took taking", "prendre prends prend prenons prennent prendr pris", objects="object food"),
    verb("lose lost losing", "perdre perds perd perdons perdent perdr perdu", objects="object", tenses=EVENT),
    verb("forget forgot forgetting", "oublier", objects="person object food", tenses=EVENT),
    verb("help", "aider", objects="person animal"),
    verb("wait+for", "attendre attends attend attendons attendent attendr attendu", BOTH, "person animal"),
    verb("follow", "suivre suis suit suivons suivent suivr suivi", BOTH, "person animal"),
    verb("listen+to listened listening", "écouter", objects="person"),
    verb("invite", "inviter", objects="person"),
    verb("visit visited visiting", "visiter", objects="place"),
    verb("admire", "admirer", objects=ALL),
)
DITRANSITIVE = (
    verb("give gave giving", "donner", objects="object food"),
    verb("show showed showing", "montrer", objects="animal object food place"),
    verb("send sent sending", "envoyer envoie envoie envoyons envoient enverr envoyé", objects="object"),
    verb("lend lent lending", "prêter", objects="object"),
    verb("offer offered offering", "offrir offre offre offrons offrent offrir offert", objects="object food"),
    verb("bring brought bringing", "apporter", objects="object food"),
)
REPORTING = (
    verb("think thought thinking", "penser"),
    verb("say said saying", "dire dis dit disons disent dir dit"),
    verb("know knew knowing", "savoir sais sait savons savent saur su"),
    verb("believe", "croire crois croit croyons croient croir cru"),
)
GO = verb("go went going", "+aller vais va allons vont ir allé", objects="place")
BE = Verb(
    English("be", "is", "was", "being"),
    French("être", ("suis", "est", "sommes", "sont"), "ét", "ser", "été"),
    frozenset(),
    tenses=EVENT,
)
HAVE = French("avoir", ("ai", "a", "avons", "ont"), "av", "aur", "eu")
# By the English modal, what French conjugates.
MODALS = {
    "can": french("pouvoir peux peut pouvons peuvent pourr pu"),
    "must": french("devoir dois doit devons doivent devr dû"),
    "want to": french("vouloir veux veut voulons veulent voudr voulu"),
}
