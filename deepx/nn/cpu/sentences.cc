// Sentences of word numbers for XLA's CPU backend, called through its foreign function interface: `look_up` and `count` of
// deepx/nn/sentences.py. Of an example, row-major: words [S,J], a table [2,V] or counts [2,V], scores or shares [S]; of
// all, weights [N,J,2], N = J + 1. A table, or counts, stay in the first-level cache while the sentences are walked.
//
// Every example is computed alike, in the order of its words: numbers do not depend on how many threads there are.

#include <algorithm>
#include <cstdint>

#include "parallel.h"

namespace {

namespace ffi = xla::ffi;

constexpr int64_t TASK = 1 << 14;  // words that are worth a task: about 20 us

typedef float Pair __attribute__((vector_size(8), may_alias));  // of a word: its weights, or numbers of a table

struct Sizes {
  int64_t examples, sentences, places, vocabulary;  // S, J, V

  int64_t words() const { return sentences * places; }
};

// f(word, its two weights) for every place of a sentence. Numbers that are not in the vocabulary are 0, which is no word:
// what f does with it is made up for afterwards, so that every sentence takes the same path.
template <class F>
inline void each(const Sizes& s, const int32_t* words, const Pair* weights, F f) {
  int64_t present = 0;
  for (int64_t j = 0; j < s.places; ++j) present += words[j] > 0;
  weights += present * s.places;
  for (int64_t j = 0; j < s.places; ++j) {
    const uint32_t word = words[j];
    f(word < s.vocabulary ? word : 0, weights[j]);
  }
}

void look_up(const Sizes& s, const int32_t* words, const Pair* weights, const float* table, float* scores) {
  Pair* pairs = reinterpret_cast<Pair*>(scratch<0>(2 * s.vocabulary));
  for (int64_t v = 0; v < s.vocabulary; ++v) pairs[v] = Pair{table[v], table[s.vocabulary + v]};
  pairs[0] = Pair{};
  for (int64_t i = 0; i < s.sentences; ++i) {
    Pair total = {};
    each(s, words + i * s.places, weights, [&](uint32_t word, Pair weight) { total += weight * pairs[word]; });
    scores[i] = total[0] + total[1];
  }
}

void count(const Sizes& s, const int32_t* words, const Pair* weights, const float* shares, float* counts) {
  Pair* pairs = reinterpret_cast<Pair*>(scratch<0>(2 * s.vocabulary));
  std::fill_n(pairs, s.vocabulary, Pair{});
  for (int64_t i = 0; i < s.sentences; ++i) {
    const float share = shares[i];
    each(s, words + i * s.places, weights, [&](uint32_t word, Pair weight) { pairs[word] += weight * share; });
  }
  pairs[0] = Pair{};
  for (int64_t v = 0; v < s.vocabulary; ++v) {
    counts[v] = pairs[v][0];
    counts[s.vocabulary + v] = pairs[v][1];
  }
}

// task(n) for every example n.
template <class Task>
void for_each(ffi::ThreadPool& pool, const Sizes& s, Task task) {
  if (s.examples == 0) return;
  const int64_t tasks = std::clamp<int64_t>(s.examples * s.words() / TASK, 1, s.examples);
  auto some = [&](int64_t i) {
    for (int64_t n = s.examples * i / tasks; n < s.examples * (i + 1) / tasks; ++n) task(n);
  };
  if (tasks == 1)
    some(0);
  else
    parallel(pool, tasks, some);
}

// ---- what XLA calls

using Words = ffi::Buffer<ffi::S32>;
using Buffer = ffi::Buffer<ffi::F32>;
using Result = ffi::Result<Buffer>;

// The sizes of these operands and of a table, or counts, [..., 2, V]; `sentences` is scores or shares [..., S].
ffi::ErrorOr<Sizes> sizes_of(const Words& words, const Buffer& weights, const Buffer& sentences, const Buffer& table) {
  const auto x = words.dimensions(), w = weights.dimensions(), p = sentences.dimensions(), t = table.dimensions();
  const size_t axes = x.size();
  if (axes < 2 || w.size() != 3 || p.size() != axes - 1 || t.size() != axes)
    return ffi::Unexpected(ffi::Error::InvalidArgument("deepx sentences: ranks do not fit"));
  Sizes s{1, x[axes - 2], x[axes - 1], t[axes - 1]};
  bool fit = w[0] == s.places + 1 && w[1] == s.places && w[2] == 2 && p[axes - 2] == s.sentences && t[axes - 2] == 2;
  for (size_t axis = 0; axis + 2 < axes; ++axis) {
    s.examples *= x[axis];
    fit = fit && p[axis] == x[axis] && t[axis] == x[axis];
  }
  if (!fit || s.vocabulary < 1)
    return ffi::Unexpected(ffi::Error::InvalidArgument("deepx sentences: shapes do not fit"));
  return s;
}

ffi::Error look_up_all(ffi::ThreadPool pool, Words words, Buffer weights, Buffer table, Result scores) {
  auto s = sizes_of(words, weights, *scores, table);
  if (!s) return s.error();
  const auto pairs = reinterpret_cast<const Pair*>(weights.typed_data());
  for_each(pool, *s, [&](int64_t n) {
    look_up(*s, words.typed_data() + n * s->words(), pairs, table.typed_data() + n * 2 * s->vocabulary,
            scores->typed_data() + n * s->sentences);
  });
  return ffi::Error::Success();
}

ffi::Error count_all(ffi::ThreadPool pool, Words words, Buffer weights, Buffer shares, Result counts) {
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

XLA_FFI_DEFINE_HANDLER_SYMBOL(
    DeepxLookUp, look_up_all,
    ffi::Ffi::Bind().Ctx<ffi::ThreadPool>().Arg<Words>().Arg<Buffer>().Arg<Buffer>().Ret<Buffer>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(
    DeepxCount, count_all,
    ffi::Ffi::Bind().Ctx<ffi::ThreadPool>().Arg<Words>().Arg<Buffer>().Arg<Buffer>().Ret<Buffer>());
