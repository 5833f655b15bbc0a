// One example of a neural Turing machine's heads, in scratch: from what is emitted to weightings.
//
// Everything runs along the slots. Rows are padded to whole vectors; padding is zero but where said otherwise.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "vector.h"

namespace {

constexpr float EPSILON = 1e-6f, TINY = 1e-30f;  // as addressing.py has them

int64_t padded(int64_t count) { return (count + LANES - 1) / LANES * LANES; }

struct Sizes {
  int64_t reads, heads, slots, width, shifts;  // R, H, N, W, S

  int64_t writes() const { return heads - reads; }
  int64_t address() const { return width + 3 + shifts; }
  int64_t emitted() const { return heads * address() + writes() * 2 * width; }
  int64_t weightings() const { return heads * slots; }
  int64_t read() const { return reads * width; }
  int64_t memory() const { return width * slots; }
  int64_t pitch() const { return padded(slots); }
  int64_t reach() const { return shifts / 2; }
};

// ---- rows

// f(i) for every vector of a padded row of `count` numbers.
template <class F>
inline void along(int64_t count, F f) {
  for (int64_t i = 0; i < count; i += LANES) f(i);
}

void copy(const float* from, int64_t count, float* row) {
  std::memcpy(row, from, sizeof(float) * count);
  std::memset(row + count, 0, sizeof(float) * (padded(count) - count));
}

float inner(const float* a, const float* b, int64_t count) {
  Vector total = {};
  along(count, [&](int64_t i) { total += load(a + i) * load(b + i); });
  return sum(total);
}

// row += a x
inline void add_scaled(float a, const float* x, int64_t count, float* row) {
  along(count, [&](int64_t i) { store(row + i, load(row + i) + a * load(x + i)); });
}

// row += sum over w  a[w] rows[w]
void add_combined(const Sizes& s, const float* a, const float* rows, float* row) {
  const int64_t width = s.width, pitch = s.pitch();
  along(s.slots, [&](int64_t i) {
    Vector total = load(row + i);
    for (int64_t w = 0; w < width; ++w) total += a[w] * load(rows + w * pitch + i);
    store(row + i, total);
  });
}

// row = softmax(row); its padding becomes zero
void softmax(float* row, int64_t count) {
  std::fill(row + count, row + padded(count), -INFINITY);
  Vector most = load(row), total = {};
  along(count, [&](int64_t i) { most = load(row + i) > most ? load(row + i) : most; });
  const float shift = largest(most);
  along(count, [&](int64_t i) {
    const Vector e = exp(load(row + i) - shift);
    store(row + i, e);
    total += e;
  });
  const float scale = 1 / sum(total);
  along(count, [&](int64_t i) { store(row + i, load(row + i) * scale); });
}

// d := dx of y = softmax(x), d being dy:  dx = y (dy - sum dy y)
void softmax_back(const float* y, int64_t count, float* d) {
  const float mean = inner(d, y, count);
  along(count, [&](int64_t i) { store(d + i, load(y + i) * (load(d + i) - mean)); });
}

// ---- one example

struct Head {
  float beta, gate, gamma, norm;  // norm: 1 / |k|
  float *key, *shift;             // k[W], s[S]
  float* content;                 // w_c, eq 5
  float* cosine;                  // k . M(n) / |M(n)|, where |k| is still missing
  float* around;                  // w_g, eq 7, and at either end what is neighbour to it around the circle
  float* shifted;                 // w~, eq 8, not below TINY
  float* logarithm;               // log w~
  float* w;                       // eq 9
  float *erase, *add;             // e[W], a[W]; of write heads
};

// Hands out rows of a piece of memory; where there is none yet, it only counts.
class Room {
 public:
  explicit Room(float* memory) : memory_(memory) {}
  float* row(int64_t count) { return rows(1, count); }
  float* rows(int64_t rows, int64_t count) {
    const int64_t begin = taken_;
    taken_ += rows * padded(count);
    return memory_ ? memory_ + begin : nullptr;
  }
  int64_t taken() const { return taken_; }

 private:
  float* memory_;
  int64_t taken_ = 0;
};

// What is computed of an example on the way forward, and `memory` and `previous` in padded rows.
class Example {
 public:
  Example(const Sizes& sizes, Room& room) : s(sizes), heads(sizes.heads) {
    for (Head& head : heads) {
      for (float** row : {&head.cosine, &head.content, &head.shifted, &head.logarithm, &head.w})
        *row = room.row(s.slots);
      head.around = room.row(s.pitch() + 2 * s.reach());
      for (float** row : {&head.key, &head.erase, &head.add}) *row = room.row(s.width);
      head.shift = room.row(s.shifts);
    }
    norm = room.row(s.slots);
    memory_room_ = room.rows(s.width, s.slots);
    previous_room_ = room.rows(s.heads, s.slots);
  }

  void forward(const float* emitted, const float* previous_rows, const float* memory_rows) {
    memory = aligned(memory_rows, s.width, memory_room_);
    previous = aligned(previous_rows, s.heads, previous_room_);
    emit(emitted);
    address();
  }

  // The same of the write heads alone, as far as writing asks for it, where all weightings are known.
  void recall(const float* emitted, const float* weightings, const float* memory_rows) {
    memory = aligned(memory_rows, s.width, memory_room_);
    emit_vectors(emitted);
    for (int64_t h = s.reads; h < s.heads; ++h) copy(weightings + h * s.slots, s.slots, heads[h].w);
  }

  // row = what the write heads leave of row w of a memory, `from` prod (1 - e w): all of them but `but`.
  const float* keep(const float* from, int64_t w, float* row, int64_t but = -1) const {
    for (int64_t h = s.reads; h < s.heads; ++h) {
      if (h == but) continue;
      const float e = heads[h].erase[w], *where = heads[h].w;
      along(s.slots, [&](int64_t i) { store(row + i, load(from + i) * (1.0f - e * load(where + i))); });
      from = row;
    }
    return row;
  }

  // Rows of `slots` numbers in padded rows: themselves where they are whole vectors, or else copied to `room`.
  const float* aligned(const float* rows, int64_t count, float* room) const {
    if (s.slots == s.pitch()) return rows;
    for (int64_t row = 0; row < count; ++row) copy(rows + row * s.slots, s.slots, room + row * s.pitch());
    return room;
  }

  // f(row) for a row of `slots` numbers that is wanted at `out`: made there if it is whole vectors, or else in `line`.
  template <class F>
  void with_row(float* out, float* line, F f) const {
    if (s.slots == s.pitch()) return f(out);
    f(line);
    std::memcpy(out, line, sizeof(float) * s.slots);
  }

  // A row in the middle of `around`, continued around the circle at either end; zeros beyond.
  void close_circle(float* around) const {
    float* row = around + s.reach();
    std::memset(row + s.slots, 0, sizeof(float) * (padded(s.pitch() + 2 * s.reach()) - s.reach() - s.slots));
    std::memcpy(around, row + s.slots - s.reach(), sizeof(float) * s.reach());
    std::memcpy(row + s.slots, row, sizeof(float) * s.reach());
  }

  const Sizes s;
  std::vector<Head> heads;
  const float *memory, *previous;
  float* norm;  // 1 / |M(n)|

 private:
  // heads.py, emit
  void emit(const float* emitted) {
    const float* a = emitted;
    for (int64_t h = 0; h < s.heads; ++h, a += s.address()) {
      Head& head = heads[h];
      copy(a, s.width, head.key);
      along(s.width, [&](int64_t i) { store(head.key + i, tanh(load(head.key + i))); });
      head.beta = softplus(a[s.width]);
      head.gate = sigmoid(a[s.width + 1]);
      head.gamma = 1 + softplus(a[s.width + 2]);
      copy(a + s.width + 3, s.shifts, head.shift);
      softmax(head.shift, s.shifts);
      head.norm = 1 / std::sqrt(inner(head.key, head.key, s.width) + EPSILON);
    }
    emit_vectors(emitted);
  }

  void emit_vectors(const float* emitted) {
    const float* a = emitted + s.heads * s.address();
    for (int64_t h = s.reads; h < s.heads; ++h, a += 2 * s.width) {
      Head& head = heads[h];
      copy(a, s.width, head.erase);
      along(s.width, [&](int64_t i) { store(head.erase + i, sigmoid(load(head.erase + i))); });
      copy(a + s.width, s.width, head.add);
      along(s.width, [&](int64_t i) { store(head.add + i, tanh(load(head.add + i))); });
    }
  }

  // addressing.py
  void address() {
    // What a loop needs is in variables of its own: for all the compiler knows, a store may change any other.
    const int64_t slots = s.slots, width = s.width, shifts = s.shifts, reach = s.reach(), pitch = s.pitch();
    const float* rows = memory;
    float* inverse = norm;
    along(slots, [&](int64_t i) {
      Vector square = Vector{} + EPSILON;
      for (int64_t w = 0; w < width; ++w) {
        const Vector m = load(rows + w * pitch + i);
        square += m * m;
      }
      store(inverse + i, 1.0f / root(square));
    });
    for (int64_t h = 0; h < s.heads; ++h) {
      const Head head = heads[h];
      const float* before = previous + h * pitch;
      std::fill_n(head.cosine, pitch, 0.0f);
      add_combined(s, head.key, memory, head.cosine);
      const float scale = head.beta * head.norm;
      along(slots, [&](int64_t i) {
        const Vector cosine = load(head.cosine + i) * load(inverse + i);
        store(head.cosine + i, cosine);
        store(head.content + i, cosine * scale);
      });
      softmax(head.content, s.slots);
      along(slots, [&](int64_t i) {
        const Vector was = load(before + i);
        store(head.around + reach + i, was + head.gate * (load(head.content + i) - was));
      });
      close_circle(head.around);
      along(slots, [&](int64_t i) {
        Vector shifted = {};
        for (int64_t j = 0; j < shifts; ++j) shifted += head.shift[j] * load(head.around + 2 * reach - j + i);
        shifted = shifted < TINY ? Vector{} + TINY : shifted;
        const Vector l = log(shifted);
        store(head.shifted + i, shifted);
        store(head.logarithm + i, l);
        store(head.w + i, head.gamma * l);
      });
      softmax(head.w, s.slots);
    }
  }

  float *memory_room_, *previous_room_;
};

}  // namespace
