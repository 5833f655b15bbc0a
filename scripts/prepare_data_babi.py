"""What prepare_data does for bAbI, in the environment of the experiments: DATA_DIR SOURCE NAME..."""

from __future__ import annotations

import sys
from pathlib import Path

from deepx.data.babi import builder
from deepx.data.babi.story import TASKS
from deepx.data.errors import DataCorrupt


def main(data_dir: Path, source: Path | None, names: list[str]) -> int:
    """Prepares `babi/LANGUAGE`, or for `babi` every language that the source has. Returns the exit status."""
    if source is not None and not source.exists():
        print(f"There is no {source}. Name the official tar.gz, or the folder it unpacks to.", file=sys.stderr)
        return 2
    for name in names:
        _, _, language = name.partition("/")
        if language and language not in builder.LANGUAGES:
            print(f"bAbI has no {language!r}; it has {', '.join(builder.LANGUAGES)}.", file=sys.stderr)
            return 2
        try:
            for each in [language] if language else builder.languages(source):
                stories = builder.prepare(each, source, data_dir)
                tasks = {split.partition("_")[0] for split in stories}
                print(
                    f"babi/{each}: {sum(stories.values()):,} stories of {len(tasks)} tasks in {data_dir}.", flush=True
                )
                all_splits = [f"qa{task}_{part}" for task in TASKS for part in ("train", "test")]
                if gaps := [split for split in all_splits if split not in stories]:
                    print(f"  It has no {', '.join(gaps)}: the source has no such files.")
        except Exception as error:  # of a download, whatever TFDS raises
            if source is not None and not isinstance(error, DataCorrupt | OSError):
                raise
            reason = " ".join(str(error).split())[:1000]
            print(f"babi could not be prepared. {type(error).__name__}: {reason}", file=sys.stderr)
            if source is None:
                print(
                    f"If {builder.URL} cannot be reached from here, get it by other means and say where it is: "
                    "./scripts/prepare_data babi --source=FILE.tar.gz",
                    file=sys.stderr,
                )
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2] else None, sys.argv[3:]))
