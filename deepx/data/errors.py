"""What can be wrong with a data set on a disk; the messages say where, and what to do."""

from __future__ import annotations


class DataNotPrepared(FileNotFoundError):
    """The data set is not in the data directory. The message says how to get it there."""


class DataCorrupt(ValueError):
    """A file of the data set is missing, cut short or damaged. The message names it."""
