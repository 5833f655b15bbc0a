"""Files are written whole or not at all."""

import pytest

from deepx.files import whole, write


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    write(path, "café")
    with whole(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text(encoding="utf-8") == "café"
    assert path.read_bytes() == b"new"


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write(path, "old")
    with pytest.raises(ZeroDivisionError), whole(path) as file:
        file.write(b"half")
        1 / 0  # noqa: B018
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
