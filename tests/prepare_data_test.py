"""scripts/prepare_data as far as it goes without TensorFlow: its help, and its check of what was written."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import prepare_data_tfds
import pytest
import tensorflow_datasets as tfds
import tfds_folder

SCRIPT = Path(prepare_data_tfds.__file__).with_name("prepare_data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a data set of three numbers, in one file."""
    features = tfds.features.FeaturesDict({"number": tfds.features.Scalar(np.int64)})
    return tfds_folder.write(tmp_path, "three", features, {"train": ({"number": n} for n in range(3))})


def replace(file: Path, old: str, new: str):
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_help_fits_a_screen_has_examples_and_makes_no_environment():
    told = subprocess.run([sys.executable, SCRIPT, "--help"], capture_output=True, text=True, check=True)
    assert len(told.stdout.splitlines()) <= 24 and max(map(len, told.stdout.splitlines())) <= 120
    assert "./scripts/prepare_data cifar10" in told.stdout and not told.stderr


def test_a_finished_data_set_is_only_checked_and_counted(folder):
    builder = prepare_data_tfds.prepared("three", folder.parent.parent)
    assert prepare_data_tfds.checked(builder) == {"train": 3}


def test_a_file_with_too_few_records_is_told(folder):
    replace(folder / "dataset_info.json", '["3"]', '["4"]')
    builder = prepare_data_tfds.prepared("three", folder.parent.parent)
    with pytest.raises(prepare_data_tfds.Failure, match="three-train.* holds 3 records, and 4 were written. Remove"):
        prepare_data_tfds.checked(builder)


def test_a_damaged_file_is_told(folder):
    file = folder / "three-train.array_record-00000-of-00001"
    written = file.read_bytes()
    file.write_bytes(written.replace(b"number", b"figure"))
    builder = prepare_data_tfds.prepared("three", folder.parent.parent)
    with pytest.raises(prepare_data_tfds.Failure, match=f"split train in {folder} cannot be read.*Remove"):
        prepare_data_tfds.checked(builder)
    file.unlink()
    with pytest.raises(prepare_data_tfds.Failure, match=f"{file} holds 0 records"):
        prepare_data_tfds.checked(builder)


def test_a_data_set_in_another_form_is_told_and_left_alone(folder):
    replace(folder / "dataset_info.json", "array_record", "tfrecord")
    with pytest.raises(prepare_data_tfds.Failure, match="in the form tfrecord"):
        prepare_data_tfds.prepared("three", folder.parent.parent)


def test_an_unknown_name_is_told_with_the_nearest_before_anything_is_prepared(tmp_path, capsys):
    assert prepare_data_tfds.main(tmp_path, ["mnist", "cifra10"]) == 2
    message = capsys.readouterr().err
    assert "'cifra10'. Near it: cifar10" in message and len(message.splitlines()) == 1
    assert not any(tmp_path.iterdir())


def test_what_fails_is_told_in_one_paragraph_and_the_next_one_still_prepared(folder, capsys, monkeypatch):
    monkeypatch.setattr(prepare_data_tfds, "known", lambda names: None)
    assert prepare_data_tfds.main(folder.parent.parent, ["no_such_set", "three"]) == 2
    told = capsys.readouterr()
    assert "no_such_set could not be prepared" in told.err and len(told.err.strip().splitlines()) == 1
    assert "three: 3 train examples" in told.out and f"TFDS_DATA_DIR={folder.parent.parent}" in told.out
