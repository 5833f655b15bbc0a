"""Conversations: their files, their pairs, their splits."""

import gzip

import pytest

from deepx.data import dialogue
from deepx.data.dialogue import chatterbot, files
from deepx.data.errors import DataCorrupt, DataNotPrepared


@pytest.fixture
def write(tmp_path):
    def write(content: bytes | str, name: str = "talk.txt"):
        path = tmp_path / name
        content = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


def test_every_turn_is_answered_by_the_next():
    turns = [("Hi", "Hello", "How are you?", "Fine"), ("alone",)]
    assert list(dialogue.pairs(turns)) == [("Hi", "Hello"), ("Hello", "How are you?"), ("How are you?", "Fine")]
    assert list(dialogue.pairs(turns, context=2)) == [
        ("Hi", "Hello"),
        ("Hi\nHello", "How are you?"),
        ("Hello\nHow are you?", "Fine"),
    ]


def test_files_with_separators(write):
    text = "\nHi there . __eou__ Hello __eou__ \t1 0\nA __eou__ B __eou__ C\n"
    expected = [("Hi there .", "Hello"), ("A", "B", "C")]
    assert list(files.read(write(text))) == expected
    assert list(files.read(write(text, "talk.txt.gz"))) == expected


def test_files_with_one_turn_a_line(write):
    assert list(files.read(write("\n\nHi\nHello \n\n \nA\nB\nC\n"))) == [("Hi", "Hello"), ("A", "B", "C")]
    assert list(files.read(write("Hi\nHello"))) == [("Hi", "Hello")]


def test_subtitles_are_cut_into_scenes(write):
    text = "\n".join(str(n) for n in range(250))
    scenes = list(files.subtitles(write(text.replace("7\n", "7\n\n"))))
    assert [len(scene) for scene in scenes] == [100, 100, 50]
    assert scenes[1][0] == "100" and scenes[2][-1] == "249"
    assert len(list(files.subtitles(write("a\n" * 100)))) == 1


def test_files_that_cannot_be_read_are_told(write, tmp_path):
    for read in (files.read, files.subtitles):
        with pytest.raises(DataCorrupt, match="talk.txt has no line with words"):
            list(read(write(" \n\n")))
        with pytest.raises(DataCorrupt, match="talk.txt, line 2: byte 1 is not UTF-8"):
            list(read(write(b"Hi\n\xe9\n")))
        with pytest.raises(DataNotPrepared, match="no file .*absent.txt"):
            list(read(tmp_path / "absent.txt"))


def test_splits_are_of_whole_conversations():
    conversations = [(f"question {n % 200}", "answer", f"reply {n % 200}") for n in range(400)]  # each twice
    parts = {name: list(dialogue.split(conversations, name)) for name in dialogue.SPLITS}
    assert sum(map(len, parts.values())) == 400
    assert not set(parts["train"]) & set(parts["test"]) and not set(parts["train"]) & set(parts["valid"])
    assert 300 < len(parts["train"]) < 340 and min(len(part) for part in parts.values()) > 20
    with pytest.raises(ValueError, match="train, valid, test, not 'dev'"):
        next(dialogue.split(conversations, "dev"))


def test_chatterbots_form(write, tmp_path):
    write("categories: [x]\nconversations:\n- - Are you real?\n  - No\n- - '1 + 1'\n  - 2\n  -\n- lost\n", "a.yml")
    write("conversations:\n- - How?\n  - |\n    Like\n    this.\n", "b.yml")
    expected = [("Are you real?", "No"), ("1 + 1", "2"), ("lost",), ("How?", "Like this.")]
    assert list(chatterbot.conversations(tmp_path)) == expected


@pytest.mark.parametrize("content", ["a: [", "- x", "categories: [a]\n", "conversations:\n- - [a]\n", b"\xff\xfe\xff"])
def test_what_is_not_chatterbots_form_is_told(write, tmp_path, content):
    write(content, "bad.yml")
    with pytest.raises(DataCorrupt, match="bad.yml is no file of conversations"):
        list(chatterbot.conversations(tmp_path))


def test_chatterbots_own_files():
    pytest.importorskip("chatterbot_corpus")
    conversations = list(chatterbot.conversations())
    assert len(conversations) > 1000 and ("Hello", "Hi") in conversations
    assert all(turn for turns in conversations for turn in turns)


def test_without_the_package_it_is_told_how_to_get_it(monkeypatch, tmp_path):
    with pytest.raises(DataNotPrepared, match="no conversations"):
        list(chatterbot.conversations(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataNotPrepared, match="pip install chatterbot-corpus"):
        list(chatterbot.conversations())
