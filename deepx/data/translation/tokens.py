"""Text as words and marks, from which the text can be put together again.

A mark that has no space beside it says so by a JOINER on that side, so that words themselves are always written alike:

    L'homme n'a pas dit "non".    L' + homme n' + a pas dit " + non + " + .        (+: JOINER)
    Anne's dog doesn't bark.      Anne + 's dog doesn + 't bark + .

A word is letters and digits. An apostrophe between letters stays with what is before it, as the French elide, but with
an English ending ('s, 't, 're, 've, 'll, 'd, 'm) behind it.
"""

from __future__ import annotations

import functools
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
    return [token for chunk in text.replace(JOINER, "").split() for token in _of_chunk(chunk)]


@functools.lru_cache(maxsize=100_000)  # what is between spaces is the same again and again
def _of_chunk(chunk: str) -> tuple[str, ...]:
    """The tokens of what has no space in it."""
    found: list[str] = []
    for match in TOKEN.finditer(chunk):
        token, kind = match[0], match.lastgroup
        if found and not found[-1].endswith(JOINER):
            token = JOINER + token
        after = chunk[match.end() : match.end() + 1]
        if after and (kind == "elided" or kind == "mark" and after.isalnum()):
            token += JOINER
        found.append(token)
    return tuple(found)


def text(tokens: Iterable[str]) -> str:
    """The text of tokens; of those of a text, that text with single spaces."""
    said = " ".join(tokens)
    return said.replace(f" {JOINER}", "").replace(f"{JOINER} ", "").replace(JOINER, "")
