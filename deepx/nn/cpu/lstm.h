// The cells of an LSTM, from their gates to the next state and back: `advance` of deepx/nn/lstm.py, of one example.
//
// Gates z stand in the order i, f, g, o, each of all cells. Gradients are named as JAX names them: dx is the derivative
// of the loss with respect to x.
#pragma once

#include <algorithm>
#include <cstdint>

#include "vector.h"

namespace {

// f(j, count) for every vector of cells begin to end, of which `count` are LANES or, of the last, fewer.
template <class F>
inline void along(int64_t begin, int64_t end, F f) {
  for (int64_t j = begin; j < end; j += LANES) f(j, std::min<int64_t>(LANES, end - j));
}

// The activated gates of `count` cells from j on.
struct Gates {
  Vector i, f, g, o;
  Gates(const float* z, int64_t cells, int64_t j, int64_t count)
      : i(sigmoid(load(z + j, count))), f(sigmoid(load(z + cells + j, count))),
        g(tanh(load(z + 2 * cells + j, count))), o(sigmoid(load(z + 3 * cells + j, count))) {}
};

// Of cells begin to end: c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c').
inline void advance(const float* z, const float* c, int64_t cells, int64_t begin, int64_t end, float* h_after,
                    float* c_after) {
  along(begin, end, [&](int64_t j, int64_t count) {
    const Gates a(z, cells, j, count);
    const Vector after = a.f * load(c + j, count) + a.i * a.g;
    store(c_after + j, after, count);
    store(h_after + j, a.o * tanh(after), count);
  });
}

// From dh' and dc' to dz and dc, which takes the place of dc'.
inline void advance_back(const float* z, const float* c, const float* c_after, int64_t cells, const float* dh_after,
                         float* dz, float* dc) {
  along(0, cells, [&](int64_t j, int64_t count) {
    const Gates a(z, cells, j, count);
    const Vector squashed = tanh(load(c_after + j, count)), dafter = load(dh_after + j, count);
    const Vector d = load(dc + j, count) + dafter * a.o * (1.0f - squashed * squashed);
    store(dz + j, d * a.g * a.i * (1.0f - a.i), count);
    store(dz + cells + j, d * load(c + j, count) * a.f * (1.0f - a.f), count);
    store(dz + 2 * cells + j, d * a.i * (1.0f - a.g * a.g), count);
    store(dz + 3 * cells + j, dafter * squashed * a.o * (1.0f - a.o), count);
    store(dc + j, d * a.f, count);
  });
}

}  // namespace
