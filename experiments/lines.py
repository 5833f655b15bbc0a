"""Lines that are typed or piped, for `--mode=predict`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from deepx.engine.errors import UserError


def typed(invitation: str) -> Iterator[str]:
    """The lines of standard input; at a terminal, which is shown the invitation, until there is an end."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    print(invitation, file=sys.stderr)
    while True:
        try:
            yield input("> ")
        except EOFError:
            print()
            return


def answer(invitation: str, each: Callable[[str], None]) -> None:
    """Calls `each` with every line, until there are no more, or Ctrl-C; invitation: a sentence without its full stop.

    A ValueError is told, and the next line has its turn. Raises UserError where no line is piped.
    """
    given = sys.stdin.isatty()
    try:
        for line in typed(f"{invitation}. Ctrl-D ends."):
            given = True
            try:
                each(line.strip())
            except ValueError as error:
                print(error, file=sys.stderr)
    except KeyboardInterrupt:
        print(flush=True)
    if not given:
        raise UserError(f"There are no lines on standard input. {invitation}.")
