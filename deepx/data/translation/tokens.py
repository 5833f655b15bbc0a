"""Text as words and marks, from which the text can be put together again.

A mark that has no space beside it says so by a JOINER on that side, so that words themselves are always written alike:

    L'homme n'a pas dit "non".    L' + homme n' + a pas dit " + non + " + .        (+: JOINER)
    Anne's dog doesn't bark.      Anne + 's dog doesn + 't bark + .

A word is letters and digits. An apostrophe between letters stays with what is before it, as the French elide, but with
an English ending ('s, 't, 're, 've, 'll, 'd, 'm) behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

JOINER = "￭"
ENDING = r"(?:s|t|re|ve|ll|d|m)\b"
TOKEN = re.compile(
    rf"(?P<ending>(?<=\w)['’]{ENDING})|(?P<elided>\w+['’](?=\w)(?!{ENDING}))|(?P<word>\w+)|(?P<mark>[^\w\s])",
    re.IGNORECASE,
)


def tokens(text: str) -> list[str]:
    """The tokens of a text. A JOINER in the text itself is left out."""
    found: list[str] = []
    end = None  # of the token before, where a join is still to be marked
    text = text.replace(JOINER, "")
    for match in TOKEN.finditer(text):
        token, kind = match[0], match.lastgroup
        joined = end == match.start()
        if joined and not found[-1].endswith(JOINER):
            token = JOINER + token
        followed = match.end() < len(text) and not text[match.end()].isspace()
        if followed and (kind == "elided" or kind == "mark" and text[match.end()].isalnum()):
            token += JOINER
        found.append(token)
        end = match.end()
    return found


def text(tokens: Iterable[str]) -> str:
    """The text of tokens; of those of a text, that text with single spaces."""
    said = " ".join(tokens)
    return said.replace(f" {JOINER}", "").replace(f"{JOINER} ", "").replace(JOINER, "")
