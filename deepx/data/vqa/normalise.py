"""Answers as the official evaluation of VQA compares them (GT-Vision-Lab/VQA, vqaEval.py at commit a013f00).

Before it counts which of ten people gave an answer, it makes theirs and the answer alike, by `normalise`; unless all
ten said the same to the letter: then only white space is trimmed, and case, articles and punctuation count. `rule` is
that choice. It is a definition, quirks included:

- A punctuation mark is taken out everywhere in the answer if it stands beside a space anywhere in it as it was given,
  else a space comes in its place. If the answer has a comma between two digits, all marks are taken out, none leaves a
  space: "1,000-2,000" becomes "10002000". Apostrophes and colons are no marks.
- A period stays only where a digit follows ("3.5", ".5", "no.2"); the official pattern means to ask for a digit before
  it too, and does not. Of more than 32 periods the others stay: the flag re.UNICODE is given where the count belongs.
- "none" is the digit 0; numbers above ten stay words. "a" or "the" alone is the empty answer.
- Contractions are looked up in lower case, so the four with a capital I are never found ("im" stays "im"); "somebody'd"
  loses its apostrophe.

Earlier versions of that code (07aecec, c4e6a0e) normalise the answer always, and of people's answers, where they
differ, the punctuation only: what people called "none" or "the cat" cannot be met. Results of 2016 may be of these.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

MARKS = ';/[]"{}()=+\\_-><@`,?!'
COMMA = re.compile(r"\d,\d")
PERIOD = re.compile(r"\.(?!\d)")
PERIODS = 32  # the most that are taken out
NUMBERS = "zero one two three four five six seven eight nine ten".split()
DIGITS = {"none": "0"} | {word: str(number) for number, word in enumerate(NUMBERS)}
ARTICLES = {"a", "an", "the"}
CONTRACTIONS = dict(
    re.findall(
        r"(\S+)=(\S+)",
        """
    aint=ain't arent=aren't cant=can't couldve=could've couldnt=couldn't couldn'tve=couldn't've
    couldnt've=couldn't've didnt=didn't doesnt=doesn't dont=don't hadnt=hadn't hadnt've=hadn't've hadn'tve=hadn't've
    hasnt=hasn't havent=haven't hed=he'd hed've=he'd've he'dve=he'd've hes=he's howd=how'd howll=how'll hows=how's
    Id've=I'd've I'dve=I'd've Im=I'm Ive=I've isnt=isn't itd=it'd itd've=it'd've it'dve=it'd've itll=it'll
    let's=let's maam=ma'am mightnt=mightn't mightnt've=mightn't've mightn'tve=mightn't've mightve=might've
    mustnt=mustn't mustve=must've neednt=needn't notve=not've oclock=o'clock oughtnt=oughtn't ow's'at='ow's'at
    'ows'at='ow's'at 'ow'sat='ow's'at shant=shan't shed've=she'd've she'dve=she'd've she's=she's shouldve=should've
    shouldnt=shouldn't shouldnt've=shouldn't've shouldn'tve=shouldn't've somebody'd=somebodyd
    somebodyd've=somebody'd've somebody'dve=somebody'd've somebodyll=somebody'll somebodys=somebody's
    someoned=someone'd someoned've=someone'd've someone'dve=someone'd've someonell=someone'll someones=someone's
    somethingd=something'd somethingd've=something'd've something'dve=something'd've somethingll=something'll
    thats=that's thered=there'd thered've=there'd've there'dve=there'd've therere=there're theres=there's
    theyd=they'd theyd've=they'd've they'dve=they'd've theyll=they'll theyre=they're theyve=they've twas='twas
    wasnt=wasn't wed've=we'd've we'dve=we'd've weve=we've werent=weren't whatll=what'll whatre=what're whats=what's
    whatve=what've whens=when's whered=where'd wheres=where's whereve=where've whod=who'd whod've=who'd've
    who'dve=who'd've wholl=who'll whos=who's whove=who've whyll=why'll whyre=why're whys=why's wont=won't
    wouldve=would've wouldnt=wouldn't wouldnt've=wouldn't've wouldn'tve=wouldn't've yall=y'all yall'll=y'all'll
    y'allll=y'all'll yall'd've=y'all'd've y'alld've=y'all'd've y'all'dve=y'all'd've youd=you'd youd've=you'd've
    you'dve=you'd've youll=you'll youre=you're youve=you've
        """,
    )
)


def rule(answers: Sequence[str]) -> Callable[[str], str]:
    """What is done to an answer, and to those people gave, before they are compared: `normalise` or `trimmed`."""
    return normalise if len(set(map(trimmed, answers))) > 1 else trimmed


def normalised(answers: Sequence[str]) -> tuple[str, ...]:
    """People's answers to one question in the form in which they are compared; `rule` gives that of an answer."""
    return tuple(map(rule(answers), answers))


def normalise(answer: str) -> str:
    """The answer in lower case with digits for number words, without articles and punctuation; see the module."""
    words = [DIGITS.get(word, word) for word in _without_marks(trimmed(answer)).lower().split()]
    return " ".join(CONTRACTIONS.get(word, word) for word in words if word not in ARTICLES)


def trimmed(answer: str) -> str:
    """Without white space at the ends; new lines and tabs are spaces."""
    return answer.replace("\n", " ").replace("\t", " ").strip()


def _without_marks(answer: str) -> str:
    together = COMMA.search(answer) is not None
    text = answer
    for mark in MARKS:
        beside_space = f"{mark} " in answer or f" {mark}" in answer
        text = text.replace(mark, "" if together or beside_space else " ")
    return PERIOD.sub("", text, count=PERIODS)
