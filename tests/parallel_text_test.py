"""Parallel text: two files, a folder of Multi30k's, WMT'14 through TFDS, and what is left out."""

import gzip

import pytest
import tensorflow_datasets as tfds
import tfds_folder

from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.translation import files, wmt14
from deepx.data.translation.pairs import Pair, Skips, counted


@pytest.fixture
def write(tmp_path):
    def write(name: str, content: bytes | str):
        content = content.encode() if isinstance(content, str) else content
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


def test_plain_and_gzipped_files_are_read_alike(write):
    english, french = "The cat.\nA\u2028dog. \n", "Le chat.\r\nUn chien.\r\n"
    expected = [("The cat.", "Le chat."), ("A\u2028dog. ", "Un chien.")]  # a line separator ends no line
    assert list(files.read(write("a.en", english), write("a.fr", french))) == expected
    assert list(files.read(write("a.en.gz", "\ufeff" + english), write("a.fr.gz", french))) == expected
    moses = files.read(write("b.en", "It &apos;s A &amp; B"), write("b.fr", "C&apos; est A &amp; B"), escaped=True)
    assert list(moses) == [("It 's A & B", "C' est A & B")]


def test_reading_streams(write):
    """The first pair is there before the mistake in the second line is met."""
    reading = files.read(write("a.en", b"good\nb\xffd\n"), write("a.fr", "bon\nmauvais\n"))
    assert next(reading) == ("good", "bon")
    with pytest.raises(DataCorrupt, match=r"a.en, line 2: byte 2 is not UTF-8: b'b\\xffd\\n'"):
        next(reading)


@pytest.mark.parametrize(("left", "right"), [("a\nb\nc\n", "a\nb\n"), ("a\nb\n", "a\nb\nc\n")])
def test_files_of_unequal_line_counts_are_refused(write, left, right):
    longer, shorter = ("en", "fr") if left > right else ("fr", "en")
    with pytest.raises(DataCorrupt, match=rf"a.{shorter} has 2 lines and .*a.{longer} has more"):
        list(files.read(write("a.en", left), write("a.fr", right)))


def test_files_that_are_missing_empty_or_cut_short_are_told(write, tmp_path):
    good = write("good.en", "a\n" * 2000)
    with pytest.raises(DataNotPrepared, match="no file .*nothing.fr"):
        list(files.read(good, tmp_path / "nothing.fr"))
    with pytest.raises(DataCorrupt, match="are empty"):
        list(files.read(write("e.en", ""), write("e.fr", "")))
    whole = gzip.compress(bytes(range(97, 123)) * 1000 + b"\n")
    cut, damaged, plain = tmp_path / "cut.gz", tmp_path / "damaged.gz", tmp_path / "plain.gz"
    cut.write_bytes(whole[:-9])
    damaged.write_bytes(whole[:20] + b"\xff\xff\xff\xff" + whole[24:])
    plain.write_bytes(b"not gzip\n")
    for path in (cut, damaged, plain):
        with pytest.raises(DataCorrupt, match=f"{path.name} is no whole gzip file"):
            list(files.lines(path))


def test_what_is_left_out_is_counted_with_its_first_line():
    pairs = [("a b", "c"), ("", "c"), ("a", " \t"), ("a b c", "d"), ("a", "b c d e"), ("a ", " b")]
    skips = Skips("news")
    assert list(counted((Pair(*pair) for pair in pairs), skips, most_words=2)) == [("a b", "c"), ("a", "b")]
    assert str(skips) == (
        "news: 2 of 6 pairs (left out: 2 with an empty side, first in line 2; 2 longer than 2 words, first in line 4)"
    )
    assert skips.kept == 2
    assert list(counted([Pair("a", "b")], fine := Skips("short"))) == [("a", "b")]
    assert str(fine) == "short: 1 of 1 pairs"


def test_multi30k_is_found_in_its_folder(write, tmp_path):
    write("train.en.gz", "A man.\n")
    write("train.de", "Ein Mann.\n")
    write("test_2016_flickr.en", "A dog.\n")
    assert list(files.multi30k(tmp_path, "en", "de", "train")) == [("A man.", "Ein Mann.")]
    assert list(files.multi30k(tmp_path, "de", "en", "train")) == [("Ein Mann.", "A man.")]
    with pytest.raises(DataNotPrepared, match="no test_2016_flickr.de or test_2016_flickr.de.gz in"):
        next(files.multi30k(tmp_path, "en", "de", "test"))
    with pytest.raises(ValueError, match="train, valid, test, not 'val'"):
        next(files.multi30k(tmp_path, "en", "de", "val"))


@pytest.fixture
def wmt(tmp_path):
    """A data directory with five pairs of wmt14_translate/fr-en, as TFDS prepares it."""
    features = tfds.features.Translation(languages=("en", "fr"))
    pairs = [{"en": f"the {n}th", "fr": f"le {n}ème"} for n in range(5)]
    tfds_folder.write(tmp_path, "wmt14_translate/fr-en", features, {"train": pairs})
    return tmp_path


def test_wmt14_is_read_as_tfds_prepares_it(wmt):
    assert list(wmt14.pairs("en", "fr", "train", data_dir=wmt))[4] == ("the 4th", "le 4ème")
    first = list(wmt14.pairs("fr", "en", "train", first=2, data_dir=wmt))
    assert first == [("le 0ème", "the 0th"), ("le 1ème", "the 1th")]


def test_wmt14_that_is_not_there_is_told(wmt, tmp_path):
    with pytest.raises(DataNotPrepared, match="'wmt14_translate/de-en:1.0.0' is not prepared .*prepare_data wmt14_tr"):
        next(wmt14.pairs("en", "de", "train", data_dir=tmp_path))
    with pytest.raises(ValueError, match="en with one of de, fr, not 'en' with 'cs'"):
        next(wmt14.pairs("en", "cs", "train"))
    file = next(wmt.rglob("*array_record-*"))
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(DataCorrupt, match="missing, cut short or damaged"):
        list(wmt14.pairs("en", "fr", "train", data_dir=wmt))
