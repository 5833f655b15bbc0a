// Sentences of word numbers for XLA's CPU backend, called through its foreign function interface: `look_up` and `count` of
// deepx/nn/sentences.py. Of an example, row-major: words [S,J], a table [2,V] or counts [2,V], scores or shares [S]; of
// all, weights [N,J,2], N = J + 1. A table, or counts, stay in the first-level cache while the sentences are walked.
//
// Every example is computed alike, in the order of its words: numbers do not depend on how many threads there are.

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "handler.h"
#include "parallel.h"

namespace {

constexpr int64_t TASK = 1 << 14;  // words that are worth a task: about 20 us
constexpr int64_t LONGEST = 12;    // places of a sentence and its time in bAbI's stories, at most

typedef float Pair __attribute__((vector_size(8), may_alias));  // of a word: its weights, or numbers of a table

struct Sizes {
  int64_t examples, sentences, places, vocabulary;  // S, J, V

  int64_t words() const { return sentences * places; }
};

// f(J), J a constant where sentences are as short as stories have them: walks over their places are then unrolled.
template <int64_t J = 1, class F>
inline void with_places(int64_t places, F f) {
  if constexpr (J > LONGEST)
    f(places);
  else if (places == J)
    f(std::integral_constant<int64_t, J>{});
  else
    with_places<J + 1>(places, f);
}

// f(word, its two weights) for every one of J places of a sentence. Numbers that are not in the vocabulary are 0, which
// is no word: what f does with it is made up for afterwards, so that every sentence takes the same path.
template <class Places, class F>
inline void each(Places J, const Sizes& s, const int32_t* words, const Pair* weights, F f) {
  int64_t present = 0;
  for (int64_t j = 0; j < J; ++j) present += words[j] > 0;
  weights += present * J;
  for (int64_t j = 0; j < J; ++j) {
    const uint32_t word = words[j];
    f(word < s.vocabulary ? word : 0, weights[j]);
  }
}

void look_up(const Sizes& s, const int32_t* words, const Pair* weights, const float* table, float* scores) {
  Pair* pairs = reinterpret_cast<Pair*>(scratch<0>(2 * s.vocabulary));
  for (int64_t v = 0; v < s.vocabulary; ++v) pairs[v] = Pair{table[v], table[s.vocabulary + v]};
  pairs[0] = Pair{};
  with_places(s.places, [&](auto J) {
    for (int64_t i = 0; i < s.sentences; ++i) {
      Pair total = {};
      each(J, s, words + i * J, weights, [&](uint32_t word, Pair weight) { total += weight * pairs[word]; });
      scores[i] = total[0] + total[1];
    }
  });
}

void count(const Sizes& s, const int32_t* words, const Pair* weights, const float* shares, float* counts) {
  Pair* pairs = reinterpret_cast<Pair*>(scratch<0>(2 * s.vocabulary));
  std::fill_n(pairs, s.vocabulary, Pair{});
  with_places(s.places, [&](auto J) {
    for (int64_t i = 0; i < s.sentences; ++i) {
      const float share = shares[i];
      each(J, s, words + i * J, weights, [&](uint32_t word, Pair weight) { pairs[word] += weight * share; });
    }
  });
  pairs[0] = Pair{};
  for (int64_t v = 0; v < s.vocabulary; ++v) {
    counts[v] = pairs[v][0];
    counts[s.vocabulary + v] = pairs[v][1];
  }
}

// task(n) for every example n.
template <class Task>
void for_each(ffi::ThreadPool& pool, const Sizes& s, Task task) {
  in_parts(pool, s.examples, s.words(), TASK, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) task(n);
  });
}

// ---- what XLA calls

using Words = ffi::Buffer<ffi::S32>;
using Weights = ffi::Buffer<ffi::F32, 3>;

// The sizes of these operands and of a table, or counts, [..., 2, V]; `sentences` is scores or shares [..., S].
ffi::ErrorOr<Sizes> sizes_of(const Words& words, const Weights& weights, const Buffer& sentences, const Buffer& table) {
  const Axes x(words.dimensions(), 2), p(sentences.dimensions(), 1), t(table.dimensions(), 2);
  const auto w = weights.dimensions();
  const auto examples = examples_of({x, p, t});
  if (!examples) return ffi::Unexpected(unfit("sentences"));
  const Sizes s{*examples, x[0], x[1], t[1]};
  if (w[0] != s.places + 1 || w[1] != s.places || w[2] != 2 || p[0] != s.sentences || t[0] != 2 || s.vocabulary < 1)
    return ffi::Unexpected(unfit("sentences"));
  return s;
}

ffi::Error look_up_all(ffi::ThreadPool pool, Words words, Weights weights, Buffer table, Result scores) {
  auto s = sizes_of(words, weights, *scores, table);
  if (!s) return s.error();
  const auto pairs = reinterpret_cast<const Pair*>(weights.typed_data());
  for_each(pool, *s, [&](int64_t n) {
    look_up(*s, words.typed_data() + n * s->words(), pairs, table.typed_data() + n * 2 * s->vocabulary,
            scores->typed_data() + n * s->sentences);
  });
  return ffi::Error::Success();
}

ffi::Error count_all(ffi::ThreadPool pool, Words words, Weights weights, Buffer shares, Result counts) {
  auto s = sizes_of(words, weights, shares, *counts);
  if (!s) return s.error();
  const auto pairs = reinterpret_cast<const Pair*>(weights.typed_data());
  for_each(pool, *s, [&](int64_t n) {
    count(*s, words.typed_data() + n * s->words(), pairs, shares.typed_data() + n * s->sentences,
          counts->typed_data() + n * 2 * s->vocabulary);
  });
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxLookUp, look_up_all);
XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxCount, count_all);
