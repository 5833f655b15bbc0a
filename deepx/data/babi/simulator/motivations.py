"""bAbI task 20, agents' motivations: where somebody in some state will go, and the reasons for what is done.

The laws of chance are inferred from the official files.
"""

from __future__ import annotations

from random import Random

from deepx.data.babi.story import Line, Story

NAMES = ("Sumit", "Yann", "Jason", "Antoine")
AIMS = {  # of a state: the place and the object
    "hungry": ("kitchen", "apple"),
    "thirsty": ("kitchen", "milk"),
    "bored": ("garden", "football"),
    "tired": ("bedroom", "pajamas"),
}
WENT = ("went", "went back", "travelled", "journeyed", "moved")
TOOK = ("took", "got", "grabbed", "picked up")


def agents_motivations(random: Random) -> Story:
    """Everybody gets into a state, goes where it drives to, and takes what it wants unless somebody has taken it.

    Who is next is drawn; each sentence is followed by its question, in which names are lower-cased. The support is
    always the sentence that tells the state.
    """
    story: list[Line] = []
    state: dict[str, str] = {}
    since: dict[str, int] = {}  # the number of the line that tells the state
    gone: set[str] = set()
    taken: set[str] = set()

    def tell(sentence: str, question: str, answer: str, name: str) -> None:
        story.append(Line(sentence))
        story.append(Line(question, answer, (since.setdefault(name, len(story)),)))

    waiting = list(NAMES)  # who has still something to do
    while waiting:
        name = random.choice(waiting)
        if name not in state:
            state[name] = random.choice(list(AIMS))
            tell(f"{name} is {state[name]}.", f"Where will {name.lower()} go?", AIMS[state[name]][0], name)
            continue
        place, thing = AIMS[state[name]]
        if name not in gone:
            gone.add(name)
            why = f"Why did {name.lower()} go to the {place}?"
            tell(f"{name} {random.choice(WENT)} to the {place}.", why, state[name], name)
        else:
            taken.add(thing)
            why = f"Why did {name.lower()} get the {thing}?"
            tell(f"{name} {random.choice(TOOK)} the {thing} there.", why, state[name], name)
        waiting = [n for n in NAMES if n not in gone or AIMS[state[n]][1] not in taken]
    return tuple(story)


TASKS = {20: agents_motivations}
