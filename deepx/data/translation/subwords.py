"""Parts of words as numbers: byte-pair encoding (Sennrich et al. 2016) over bytes, by the library `tokenizers`.

Every text can be written, so nothing is unknown. It needs the package `tokenizers`, which is imported only here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from deepx.data.translation.vocabulary import RESERVED, until_end

BYTES = 256


@dataclass(frozen=True)
class Subwords:
    """tokenizer: what the library says of itself, parsed JSON; its number n is n + 3 here. lowercase: see `Words`."""

    tokenizer: Mapping[str, Any]
    lowercase: bool = False
    _library: Tokenizer = field(init=False, repr=False, compare=False)  # follows from `tokenizer`

    @classmethod
    def of(cls, texts: Iterable[str], size: int, *, lowercase: bool = False) -> Subwords:
        """Merges learnt from the texts until there are `size` numbers with the reserved ones.

        The same texts give the same. For one vocabulary of both languages, give the texts of both. Raises ValueError
        where `size` holds not even the bytes.
        """
        if size < BYTES + len(RESERVED):
            raise ValueError(f"sub-words need at least {BYTES + len(RESERVED)} numbers, for every byte, not {size}")
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size - len(RESERVED),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        said = (text.lower() for text in texts) if lowercase else texts
        tokenizer.train_from_iterator(said, trainer)
        return cls(json.loads(tokenizer.to_str()), lowercase)

    def __post_init__(self):
        try:
            library = Tokenizer.from_str(json.dumps(self.tokenizer))
        except Exception as error:  # the library raises no kind of its own
            raise ValueError(f"the library `tokenizers` cannot read it: {error}") from error
        object.__setattr__(self, "_library", library)

    @property
    def size(self) -> int:
        return self._library.get_vocab_size() + len(RESERVED)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        said = [text.lower() for text in texts] if self.lowercase else list(texts)
        return [[n + len(RESERVED) for n in found.ids] for found in self._library.encode_batch_fast(said)]

    def decode(self, numbers: Iterable[int]) -> str:
        known = [number - len(RESERVED) for number in until_end(numbers) if number >= len(RESERVED)]
        return self._library.decode(known).removeprefix(" ")

    def content(self) -> Mapping[str, Any]:
        return {"kind": "subwords", "lowercase": self.lowercase, "tokenizer": self.tokenizer}
