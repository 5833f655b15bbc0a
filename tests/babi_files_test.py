"""The official text format: read, written, refused; the data set that is prepared from it; questions as arrays."""

import tarfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepx.data.babi import builder, files
from deepx.data.babi.encode import Vocabulary, encode, words
from deepx.data.babi.story import Line, examples
from deepx.data.errors import DataCorrupt, DataNotPrepared

TEXT = """\
1 Mary went to the office.
2 John took the milk there.
3 Where is Mary? \toffice\t1
4 John went back to the garden.
5 Where is the milk?\tgarden\t2 4
1 The hall is south of the park.
2 How do you go there?\tn,e\t1
"""
STORIES = [
    (
        Line("Mary went to the office."),
        Line("John took the milk there."),
        Line("Where is Mary?", "office", (1,)),
        Line("John went back to the garden."),
        Line("Where is the milk?", "garden", (2, 4)),
    ),
    (Line("The hall is south of the park."), Line("How do you go there?", "n,e", (1,))),
]


def test_stories_are_read():
    assert files.parse(TEXT.encode(), "a file") == STORIES
    assert files.parse(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode(), "a file") == STORIES


def test_questions_know_the_sentences_above_them():
    first, second, third = examples(STORIES)
    assert first.sentences == ("Mary went to the office.", "John took the milk there.") and first.supports == (0,)
    assert second.sentences[2] == "John went back to the garden." and second.supports == (1, 2)
    assert third.sentences == ("The hall is south of the park.",) and third.answer == "n,e"


TEXTS = st.text("abz é?.,ह", min_size=1).map(str.strip).filter(bool)


@st.composite
def stories(draw):
    lines = [Line(draw(TEXTS))]
    for _ in range(draw(st.integers(0, 5))):
        known = [n for n, line in enumerate(lines, start=1) if line.answer is None]
        asked = draw(st.booleans())
        supports = tuple(draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))) if asked else ()
        lines.append(Line(draw(TEXTS), draw(TEXTS) if asked else None, supports))
    return tuple(lines)


@settings(max_examples=50, deadline=None)
@given(st.lists(stories(), min_size=1, max_size=4))
def test_what_is_written_is_read_again(written):
    assert files.parse(files.format(written).encode(), "a file") == written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "a file is empty"),
        (b"1 A.\nB.\n", "line 2: it is no numbered sentence or question: 'B.'"),
        (b"1 A.\n3 B.\n", "line 2 is numbered 3, where 2 or 1 must follow"),
        (b"2 A.\n", "line 1 is numbered 2, where 1 or 1 must follow"),
        (b"1 A.\n2 B?\tyes\n", "line 2: a question must have an answer and the numbers of its supports"),
        (b"1 A.\n2 B?\tyes\tone\n", "line 2: a question must have"),
        (b"1 A.\n2 B?\t\t1\n", "line 2: a question must have"),
        (b"1 A.\n2 B?\tyes\t2\n", "line 2: its support 2 is no sentence above it"),
        (b"1 A.\n2 B?\tno\t1\n3 C?\tno\t2\n", "line 3: its support 2 is no sentence above it"),
        ("1 Caf\xe9.\n".encode("latin-1"), "line 1: byte 6 is not UTF-8"),
    ],
)
def test_what_is_not_in_the_format_is_refused_with_file_and_line(text, words):
    with pytest.raises(DataCorrupt, match="a file.*" + words.removeprefix("a file")):
        files.parse(text, "a file")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "tasks" / "en"
    folder.mkdir(parents=True)
    (folder / "qa1_single-supporting-fact_train.txt").write_text(TEXT)
    (folder / "qa1_single-supporting-fact_test.txt").write_text(TEXT[TEXT.index("1 The") :])
    (folder / "qa2_two-supporting-facts_test.txt").write_text(TEXT)
    (folder / "LICENSE.txt").write_text("not a story")
    return tmp_path / "tasks"


@pytest.mark.parametrize("kind", ["folder", "language", "archive"])
def test_a_data_set_is_prepared_from_a_folder_or_an_archive(folder, kind, tmp_path):
    source = folder / "en" if kind == "language" else folder
    if kind == "archive":
        source = tmp_path / "tasks.tar.gz"
        with tarfile.open(source, "w:gz") as archive:
            archive.add(folder, "tasks_1-20_v1-2")
    assert builder.languages(source) == ["en"]
    counts = builder.prepare("en", source, tmp_path / "data")
    assert counts == {"qa1_train": 2, "qa1_test": 1, "qa2_test": 2}
    assert builder.load(1, "train", "en", tmp_path / "data") == STORIES
    assert builder.load(1, "test", "en", tmp_path / "data") == STORIES[1:]
    assert builder.has(2, "test", "en", tmp_path / "data")
    with pytest.raises(DataNotPrepared, match="had no file qa2_..._train.txt"):
        builder.load(2, "train", "en", tmp_path / "data")
    with pytest.raises(DataNotPrepared, match="'babi/hn' is not prepared.*prepare_data babi/hn"):
        builder.load(1, "train", "hn", tmp_path / "data")


def test_an_archive_that_is_cut_short_or_has_no_stories_is_refused(folder, tmp_path):
    source = tmp_path / "tasks.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        archive.add(folder, "tasks")
    source.write_bytes(source.read_bytes()[:-60])
    with pytest.raises(DataCorrupt, match="tasks.tar.gz is not a complete tar.gz archive"):
        builder.languages(source)
    with pytest.raises(DataCorrupt, match="holds none of bAbI's folders"):
        (tmp_path / "empty").mkdir()
        builder.languages(tmp_path / "empty")


def test_words():
    assert words("Is the pink box, Mary's?") == ["is", "the", "pink", "box,", "mary's"]
    assert words("रमेश कहाँ है ।") == ["रमेश", "कहाँ", "है"]


def test_questions_as_arrays():
    known, unknown = (
        list(examples(STORIES)),
        list(examples([(Line("Mary flew off."), Line("Where is Bob?", "up", (1,)))])),
    )
    vocabulary = Vocabulary.of(known)
    assert vocabulary.known[:4] == ("back", "do", "e", "garden") and {"n", "n,e", "where"} < set(vocabulary.known)
    encoded = encode({"train": known, "test": unknown}, vocabulary, memories=2)
    train, test = encoded.questions["train"], encoded.questions["test"]

    def text(row):
        return " ".join(vocabulary.known[n - 1] if n else "_" for n in encoded.sentences_UJ[row]).rstrip(" _")

    assert [text(row) for row in train["story"][0]] == ["mary went to the office", "john took the milk there"]
    assert [text(row) for row in train["story"][1]] == ["john took the milk there", "john went back to the garden"]
    assert train["length"].tolist() == [2, 2, 1] and train["story"][2, 1] == 0 and text(0) == ""
    assert train["supports"].tolist() == [[0, -1], [0, 1], [0, -1]]
    assert [vocabulary.known[a - 1] for a in train["answer"]] == ["office", "garden", "n,e"]
    assert text(test["story"][0, 0]) == "mary" and text(test["question"][0]) == "where is" and test["answer"][0] == -1
    forgotten = encode({"train": known}, vocabulary, memories=1).questions["train"]
    assert forgotten["supports"].tolist() == [[-1, -1], [-1, 0], [0, -1]]
    assert all(a.dtype == np.int32 for a in train.values())
