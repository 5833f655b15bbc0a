"""The official bAbI stories as a data set of TensorFlow Datasets: prepared once, from the archive or from a folder.

`./scripts/prepare_data babi --source=...` makes it, `load` reads it. TensorFlow is not needed for either. Splits are
named `qa1_train`; an example is a story as it stands in its file, and examples keep the files' order, so that "the
first thousand questions" means what it says.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import tensorflow_datasets as tfds

from deepx.data.babi import files
from deepx.data.babi.story import Story
from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.prepared import data_directory, prepared, rows

URL = "http://www.thespermwhale.com/jaseweston/babi/tasks_1-20_v1-2.tar.gz"
LANGUAGES = ("en", "en-10k", "hn", "hn-10k", "shuffled", "shuffled-10k")
FILE = re.compile(r"qa(\d{1,2})_[a-z-]+_(train|test)\.txt")
DESCRIPTION = "bAbI tasks v1.2 of Weston and others (2015, arXiv 1502.05698), CC BY 3.0"


class Babi(tfds.core.GeneratorBasedBuilder):
    """A configuration for each folder of the archive. source: a folder, a .tar.gz, or None, which downloads it."""

    VERSION = tfds.core.Version("1.2.0")
    BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=name) for name in LANGUAGES]

    def __init__(self, *, source: Path | None = None, **options):
        self.source = source
        super().__init__(file_format="array_record", **options)

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=DESCRIPTION,
            features=tfds.features.FeaturesDict({"story": tfds.features.Text()}),
            disable_shuffling=True,
        )

    def _split_generators(self, downloads: tfds.download.DownloadManager):
        source = self.source or downloads.download(URL)
        found = dict(contents(Path(source), self.builder_config.name))
        if not found:
            raise DataCorrupt(f"{source} holds no files {self.builder_config.name}/qa1_..._train.txt of bAbI.")
        stories = {split: files.parse(data, name) for split, (name, data) in sorted(found.items())}
        return {split: self._generate_examples(of_split) for split, of_split in stories.items()}

    def _generate_examples(self, stories: list[Story]):
        for number, story in enumerate(stories):
            yield number, {"story": files.format([story])}


def contents(source: Path, language: str) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """By split, name and content of every file of a language in a folder or .tar.gz; nothing is unpacked.

    A folder may be the archive's own, the language's, or one that holds the archive's.
    """
    if source.is_dir():
        for path in sorted(source.rglob("qa*.txt")):
            match = FILE.fullmatch(path.name)
            if match and path.resolve().parent.name == language:
                yield f"qa{match[1]}_{match[2]}", (str(path), path.read_bytes())
    else:
        try:
            with tarfile.open(source) as archive:
                for member in archive:
                    *_, folder, name = ["", "", *member.name.split("/")]
                    match = FILE.fullmatch(name)
                    if match and folder == language and member.isfile() and (file := archive.extractfile(member)):
                        yield f"qa{match[1]}_{match[2]}", (f"{source}:{member.name}", file.read())
        except (tarfile.TarError, EOFError, OSError) as error:
            raise DataCorrupt(f"{source} is not a complete tar.gz archive: {error}.") from error


def languages(source: Path | None) -> list[str]:
    """The languages that a source has files of; all, where it is to be downloaded. Raises DataCorrupt for none."""
    found = [language for language in LANGUAGES if source is None or any(contents(source, language))]
    if not found:
        raise DataCorrupt(f"{source} holds none of bAbI's folders {', '.join(LANGUAGES)} with files qa1_..._train.txt.")
    return found


def prepare(language: str, source: Path | None, data_dir: str | os.PathLike[str] | None = None) -> dict[str, int]:
    """Writes the data set of a language where it is not there yet; stories by split. Raises DataCorrupt."""
    builder = Babi(config=language, source=source, data_dir=data_directory(data_dir))
    builder.download_and_prepare()
    return {split: info.num_examples for split, info in builder.info.splits.items()}


def load(task: int, part: str, language: str, data_dir: str | os.PathLike[str] | None = None) -> list[Story]:
    """The stories of a task, `part` 'train' or 'test', in the file's order. Raises DataNotPrepared, DataCorrupt."""
    dataset, split = prepared(f"babi/{language}", data_dir), f"qa{task}_{part}"
    if split not in dataset.info.splits:
        raise DataNotPrepared(
            f"What {dataset.data_dir} was prepared from had no file {split.replace('_', '_..._')}.txt."
        )
    return [files.parse(row["story"], f"{dataset.data_dir} {split}")[0] for row in rows(dataset, split)]


def has(task: int, part: str, language: str, data_dir: str | os.PathLike[str] | None = None) -> bool:
    """Whether the prepared data set has this file's stories. Raises DataNotPrepared where there is no data set."""
    return f"qa{task}_{part}" in prepared(f"babi/{language}", data_dir).info.splits
