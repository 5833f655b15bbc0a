"""The second half of prepare_data, run in the environment that has TensorFlow: DATA_DIR NAME..."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

import tensorflow_datasets as tfds
from array_record.python.array_record_module import ArrayRecordReader


class Failure(Exception):
    """A data set cannot be had; the message says why and what to do."""


def main(data_dir: Path, names: list[str]) -> int:
    """Prepares one data set after the other; one that fails does not stop the next. Returns the exit status."""
    failed = 0
    try:
        known(names)
        for name in names:
            try:
                builder = prepared(name, data_dir)
                counts = ", ".join(f"{count:,} {split}" for split, count in checked(builder).items())
                print(f"{name}: {counts} examples in {builder.data_dir}, checked.", flush=True)
            except Failure as failure:
                print(f"\n{failure}", file=sys.stderr, flush=True)
                failed += 1
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nInterrupted. Finished downloads are kept in {data_dir}; the same command goes on.", file=sys.stderr)
        return 130
    if failed < len(names):
        print(f"The experiments find this with: export TFDS_DATA_DIR={data_dir}")
    return 2 if failed else 0


def known(names: list[str]):
    """Raises Failure for the first name that TFDS does not have."""
    have = tfds.list_builders(with_community_datasets=False)
    for name in names:
        plain = name.partition("/")[0].partition(":")[0]  # NAME/CONFIG:VERSION
        if plain not in have:
            near = difflib.get_close_matches(plain, have, n=3)
            hint = f" Near it: {', '.join(near)}." if near else ""
            raise Failure(
                f"TFDS has no data set {name!r}.{hint} Nothing was prepared. "
                "All names: https://www.tensorflow.org/datasets/catalog"
            )


def prepared(name: str, data_dir: Path) -> tfds.core.DatasetBuilder:
    """The data set, downloaded and written if it was not there."""
    try:
        builder = tfds.builder(name, data_dir=data_dir)
        if not builder.is_prepared():
            print(f"{name}: preparing it in {builder.data_dir}. A download is tried for some minutes.", flush=True)
            builder = tfds.builder(name, data_dir=data_dir, file_format="array_record")
            builder.download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))
    except Exception as error:  # whatever the network, the disk, or any of TFDS's thousand builders raises
        raise Failure(
            f"{name} could not be prepared. {type(error).__name__}: {_one_line(error)} Nothing that was finished is "
            f"lost: the same command goes on from there. A file that cannot be downloaded from here may be put, under "
            f"its own name, in {data_dir / 'downloads' / 'manual'}."
        ) from error
    if builder.info.file_format is not tfds.core.FileFormat.ARRAY_RECORD:
        raise Failure(
            f"{name} is in {builder.data_dir} already, but in the form {builder.info.file_format.value}, which the "
            f"experiments cannot read. Choose another --data_dir, or remove that folder; the download is kept."
        )
    return builder


def checked(builder: tfds.core.DatasetBuilder) -> dict[str, int]:
    """Examples by split, counted in the files and compared with what dataset_info.json says; both ends are decoded."""
    again = f"Remove {builder.data_dir} and call again: the download is kept."
    for split, info in builder.info.splits.items():
        for file, count in zip(info.filepaths, info.shard_lengths, strict=True):
            found = ArrayRecordReader(str(file)).num_records()  # 0 for a file that is missing or cut short
            if found != count:
                raise Failure(f"{file} holds {found:,} records, and {count:,} were written. {again}")
        source = builder.as_data_source(split)
        try:
            for row in {0, len(source) - 1} if len(source) else ():
                source[row]
        except Exception as error:  # the file's, the parser's, the decoder's
            raise Failure(
                f"The split {split} in {builder.data_dir} cannot be read: {_one_line(error)} {again}"
            ) from error
    return {split: info.num_examples for split, info in builder.info.splits.items()}


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())[:1000]
    return text if text.endswith(".") else text + "."


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
