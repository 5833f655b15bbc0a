"""Tokens of text and their numbers; vocabularies in files, and those that do not fit."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepx.data.errors import DataCorrupt, DataNotPrepared
from deepx.data.translation import tokens, vocabulary_files
from deepx.data.translation.subwords import Subwords
from deepx.data.translation.vocabulary import EOS, PAD, UNK, Words

TEXTS = ["The cat sleeps.", "The cat eats the fish.", "L'âne dort.", "Die Kinder spielen, wenn's regnet."] * 3
SOME_TEXT = st.text(max_size=30) | st.text(alphabet="abs t'’-.,(\u0301_\n", max_size=30)


def once_spaced(text: str) -> str:
    return " ".join(text.replace(tokens.JOINER, "").split())


@given(SOME_TEXT)
def test_tokens_are_put_together_again(text):
    assert tokens.text(tokens.tokens(text)) == once_spaced(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'homme n'a pas dit « non ».", "L'+ homme n'+ a pas dit « non » +."),
        ("Anne's dog doesn't \"bark\".", "Anne +'s dog doesn +'t \"+ bark +\" +."),
        ("(3.5%, a well-known man)", "(+ 3 +.+ 5 +% +, a well +-+ known man +)"),
        ("l'ménage t'sais", "l'+ ménage t'+ sais"),  # no English endings
        ("aujourd'hui , he said .", "aujourd'+ hui , he said ."),
    ],
)
def test_words_are_written_alike_wherever_they_stand(text, expected):
    assert tokens.tokens(text) == [token.replace("+", tokens.JOINER) for token in expected.split()]


def test_the_most_frequent_words_are_known():
    words = Words.of(["d b a a", "c a b"], size=6)
    assert words.known == ("a", "b", "c") and words.size == 6  # of c and d, equally frequent, the first
    assert words.encode(["a d c", ""]) == [[3, UNK, 5], []]
    assert words.decode([5, 3, UNK, PAD, EOS, 4]) == "c a <unk>"
    assert Words.of(["A a b"]).known == ("A", "a", "b")
    lower = Words.of(["A a b"], lowercase=True)
    assert lower.known == ("a", "b") and lower.encode(["B A"]) == [[4, 3]]
    assert words.encode(["<eos> <pad>"])[0].count(EOS) == 0  # what is in a text is never one of ours


@pytest.fixture(scope="module")
def subwords():
    return Subwords.of(TEXTS, 300)


def test_subwords_are_learnt_alike_and_frequent_words_are_whole(subwords):
    assert subwords.size == 300
    assert subwords == Subwords.of(TEXTS, 300)
    assert len(subwords.encode(["The cat"])[0]) < 5 < len(subwords.encode(["qwertz"])[0])
    with pytest.raises(ValueError, match="at least 259 numbers, for every byte, not 258"):
        Subwords.of(TEXTS, 258)


@given(text=st.text(max_size=30))
def test_subwords_write_every_text(subwords, text):
    text = text.strip()
    (numbers,) = subwords.encode([text])
    assert all(3 <= number < subwords.size for number in numbers)
    assert subwords.decode([*numbers, EOS, 5]) == text


@given(st.lists(SOME_TEXT, min_size=1, max_size=5), st.booleans())
def test_words_are_saved_and_loaded(tmp_path_factory, texts, lowercase):
    path = tmp_path_factory.mktemp("words") / "vocabulary.json"
    words = Words.of(texts, lowercase=lowercase)
    vocabulary_files.save(words, path)
    loaded = vocabulary_files.load(path)
    assert loaded == words and vocabulary_files.fingerprint(loaded) == vocabulary_files.fingerprint(words)
    assert [loaded.decode(row) for row in loaded.encode(texts)] == [
        once_spaced(text.lower() if lowercase else text) for text in texts
    ]


def test_subwords_are_saved_and_loaded(subwords, tmp_path):
    vocabulary_files.save(subwords, tmp_path / "v.json")
    loaded = vocabulary_files.load(tmp_path / "v.json")
    assert loaded == subwords and loaded.encode(TEXTS) == subwords.encode(TEXTS)
    assert vocabulary_files.fingerprint(loaded) == vocabulary_files.fingerprint(subwords)
    assert [path.name for path in tmp_path.iterdir()] == ["v.json"]


def test_a_vocabulary_that_does_not_fit_the_checkpoint_is_told():
    words = Words(("a", "b"))
    print_ = vocabulary_files.fingerprint(words)
    vocabulary_files.check(words, print_, 5, "v.json")
    with pytest.raises(vocabulary_files.VocabularyMismatch, match="v.json does not fit .* has 4 entries .* with 5"):
        vocabulary_files.check(Words(("a",)), print_, 5, "v.json")
    with pytest.raises(vocabulary_files.VocabularyMismatch, match="as many, but others"):
        vocabulary_files.check(Words(("b", "a")), print_, 5, "v.json")  # in another order
    with pytest.raises(vocabulary_files.VocabularyMismatch):
        vocabulary_files.check(Words(("a", "b"), lowercase=True), print_, 5, "v.json")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff{}",
        b"[1]",
        b'{"kind": "letters"}',
        b'{"kind": "words", "words": ["a"]}',
        b'{"kind": "words", "lowercase": false, "words": [1]}',
        b'{"kind": "subwords", "lowercase": false, "tokenizer": {"model": 1}}',
        json.dumps({"kind": "words", "lowercase": False, "words": ["a"]}).encode()[:-9],
    ],
)
def test_files_that_are_no_vocabularies_are_told(tmp_path, content):
    path = tmp_path / "v.json"
    path.write_bytes(content)
    with pytest.raises(DataCorrupt, match="v.json is no vocabulary that this project wrote"):
        vocabulary_files.load(path)


def test_a_missing_vocabulary_is_told(tmp_path):
    with pytest.raises(DataNotPrepared, match="no vocabulary .*v.json"):
        vocabulary_files.load(tmp_path / "v.json")
