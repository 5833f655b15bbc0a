// What a neural Turing machine's heads do to one example at a step: `interact` of deepx/nn/heads.py, and its
// vector-Jacobian product.
//
// Of an example, dense and row-major: what is emitted [F], weightings [H,N], the memory M[W,N], read vectors [R,W].
// Gradients are named as JAX names them: dx is the derivative of the loss with respect to x.
#pragma once

#include "heads.h"

namespace {

// ---- interact: weightings w, read vectors r and the next memory M'

// `next` may be `memory`.
class Interact : Example {
 public:
  Interact(const Sizes& sizes, Room& room) : Example(sizes, room), line_(room.row(s.slots)) {}

  void operator()(const float* emitted, const float* previous, const float* memory_rows, float* weightings, float* read,
                  float* next) {
    forward(emitted, previous, memory_rows);
    for (int64_t h = 0; h < s.heads; ++h)
      std::memcpy(weightings + h * s.slots, heads[h].w, sizeof(float) * s.slots);
    for (int64_t h = 0; h < s.reads; ++h)  // eq 2: r = M w
      for (int64_t w = 0; w < s.width; ++w)
        read[h * s.width + w] = inner(memory + w * s.pitch(), heads[h].w, s.slots);
    write(next);
  }

  // The next memory alone, where the weightings are known.
  void again(const float* emitted, const float* weightings, const float* memory_rows, float* next) {
    recall(emitted, weightings, memory_rows);
    write(next);
  }

 private:
  void write(float* next) const {
    for (int64_t w = 0; w < s.width; ++w)
      with_row(next + w * s.slots, line_, [&](float* row) { write_row(w, row); });
  }

  // Row w of M' = M prod over write heads (1 - e w) + sum over them a w: eq 3, 4.
  void write_row(int64_t w, float* row) const {
    keep(memory + w * s.pitch(), w, row);
    for (int64_t h = s.reads; h < s.heads; ++h) add_scaled(heads[h].add[w], heads[h].w, s.slots, row);
  }

  float* line_;
};

// ---- its vector-Jacobian product

// `dprevious` may be `dw`, and `dmemory` may be `dnext`.
class InteractVjp : Example {
 public:
  InteractVjp(const Sizes& sizes, Room& room)
      : Example(sizes, room), line_(room.row(s.slots)), self_(room.row(s.slots)),
        circle_(room.row(s.pitch() + 2 * s.reach())), d_(room.rows(s.heads, s.slots)),
        dnext_room_(room.rows(s.width, s.slots)) {}

  void operator()(const float* emitted, const float* previous, const float* memory_rows, const float* dw,
                  const float* dread, const float* dnext, float* demitted, float* dprevious, float* dmemory) {
    emitted_ = emitted, demitted_ = demitted, dread_ = dread;
    forward(emitted, previous, memory_rows);
    dnext_ = aligned(dnext, s.width, dnext_room_);
    for (int64_t h = 0; h < s.heads; ++h) copy(dw + h * s.slots, s.slots, d_ + h * s.pitch());

    for (int64_t h = 0; h < s.reads; ++h)  // eq 2: r = M w, dw += M^T dr
      add_combined(s, dread_ + h * s.width, memory, d_ + h * s.pitch());
    for (int64_t w = 0; w < s.width; ++w) write_back(w);
    std::fill_n(self_, s.pitch(), 0.0f);
    for (int64_t h = 0; h < s.heads; ++h) address_back(h, dprevious + h * s.slots);
    for (int64_t w = 0; w < s.width; ++w)
      with_row(dmemory + w * s.slots, line_, [&](float* row) { memory_back(w, row); });
  }

 private:
  // Of row w and every write head h, with D for dM':
  //     M'(w,n) = M(w,n) prod over heads f  c_f + sum over f  a_f(w) w_f(n),  c_f = 1 - e_f(w) w_f(n)     eq 3, 4
  //     da(w) = sum over n  D w                dw(n) += sum over w  D a
  //     dc(w,n) = D M  prod over f != h  c_f
  //     de(w) = - sum over n  dc w             dw(n) -= sum over w  dc e
  // What the head emitted goes through e = sigmoid(x), de/dx = e (1 - e), and a = tanh(y), da/dy = 1 - a^2.
  void write_back(int64_t w) {
    const float *dnext = dnext_ + w * s.pitch(), *m = memory + w * s.pitch();
    for (int64_t h = s.reads; h < s.heads; ++h) {
      const Head head = heads[h];
      const float e = head.erase[w], a = head.add[w], *others = s.writes() > 1 ? keep(m, w, line_, h) : m;
      float *dw = d_ + h * s.pitch(), *dx = demitted_ + s.heads * s.address() + (h - s.reads) * 2 * s.width;
      Vector de = {}, da = {};
      along(s.slots, [&](int64_t i) {
        const Vector where = load(head.w + i), d = load(dnext + i), dc = d * load(others + i);
        da += d * where;
        de -= dc * where;
        store(dw + i, load(dw + i) + (d * a - dc * e));
      });
      dx[w] = sum(de) * e * (1 - e);
      dx[s.width + w] = sum(da) * (1 - a * a);
    }
  }

  // From dw of head h, which is complete, to what it emitted and to its previous weighting; `d` becomes d(k . M).
  void address_back(int64_t h, float* dprevious) {
    const Head head = heads[h];
    const float *x = emitted_ + h * s.address() + s.width, *before = previous + h * s.pitch(), *inverse = norm;
    float *d = d_ + h * s.pitch(), *dkey = demitted_ + h * s.address(), *dx = dkey + s.width;
    float *self = self_, *circle = circle_;

    // eq 9: w = softmax(gamma l), l = log w~. With z = gamma l: dgamma = sum dz l; dw~ = gamma dz / w~, 0 below TINY.
    softmax_back(head.w, s.slots, d);
    dx[2] = inner(d, head.logarithm, s.slots) * sigmoid(x[2]);  // gamma = 1 + softplus(x2)
    along(s.slots, [&](int64_t i) {
      const Vector shifted = load(head.shifted + i);
      const Vector dshifted = shifted == TINY ? Vector{} : head.gamma * load(d + i) / shifted;
      store(d + i, dshifted);
      store(circle + s.reach() + i, dshifted);
    });
    close_circle(circle);

    // eq 8: w~(i) = sum over j  w_g(i - j) s(j).
    //     ds(j) = sum over i  dw~(i) w_g(i - j)   dw_g(i) = sum over j  dw~(i + j) s(j)
    float mean = 0;  // s = softmax(x3 ...): dx = s (ds - sum ds s)
    for (int64_t j = 0; j < s.shifts; ++j) {
      dx[3 + j] = inner(d, head.around + 2 * s.reach() - j, s.slots);
      mean += dx[3 + j] * head.shift[j];
    }
    for (int64_t j = 0; j < s.shifts; ++j) dx[3 + j] = head.shift[j] * (dx[3 + j] - mean);

    // eq 7: w_g = before + g (w_c - before). dg = sum dw_g (w_c - before); dbefore = (1 - g) dw_g; dw_c = g dw_g.
    const int64_t shifts = s.shifts;
    Vector dgate = {};
    with_row(dprevious, line_, [&](float* row) {
      along(s.slots, [&](int64_t i) {
        Vector dgated = {};
        for (int64_t j = 0; j < shifts; ++j) dgated += head.shift[j] * load(circle + j + i);
        dgate += dgated * (load(head.content + i) - load(before + i));
        store(row + i, (1 - head.gate) * dgated);
        store(d + i, head.gate * dgated);
      });
    });
    dx[1] = sum(dgate) * head.gate * (1 - head.gate);  // g = sigmoid(x1)

    // eq 5, 6: w_c = softmax(q), q = beta c / |k|, c = k . M / |M|. The gradient of 1 / |v| is -v / |v|^3.
    //     dc = beta dq / |k|                      dM += - dc c M / |M|^2  (summed over heads first, in self_)
    //     dbeta = sum dq c / |k|                  dk += - beta (sum dq c) k / |k|^3
    softmax_back(head.content, s.slots, d);
    const float total = inner(d, head.cosine, s.slots), scale = head.beta * head.norm;
    dx[0] = total * head.norm * sigmoid(x[0]);  // beta = softplus(x0)
    along(s.slots, [&](int64_t i) {
      const Vector n = load(inverse + i), dcosine = load(d + i) * scale;
      store(self + i, load(self + i) - dcosine * load(head.cosine + i) * n * n);
      store(d + i, dcosine * n);
    });
    const float shrink = scale * total * head.norm * head.norm;
    for (int64_t w = 0; w < s.width; ++w) {
      const float k = head.key[w], dk = inner(d, memory + w * s.pitch(), s.slots) - shrink * k;
      dkey[w] = dk * (1 - k * k);  // k = tanh(x)
    }
  }

  // Row w of dM = D prod c + sum over read heads  dr w + sum over heads  d(k . M) k + self M: by M', r, addresses.
  void memory_back(int64_t w, float* row) const {
    keep(dnext_ + w * s.pitch(), w, row);
    const float *m = memory + w * s.pitch(), *self = self_;
    along(s.slots, [&](int64_t i) { store(row + i, load(row + i) + load(self + i) * load(m + i)); });
    for (int64_t h = 0; h < s.reads; ++h) add_scaled(dread_[h * s.width + w], heads[h].w, s.slots, row);
    for (int64_t h = 0; h < s.heads; ++h) add_scaled(heads[h].key[w], d_ + h * s.pitch(), s.slots, row);
  }

  float *line_, *self_, *circle_, *d_, *dnext_room_;
  const float *emitted_, *dread_, *dnext_;
  float* demitted_;
};

}  // namespace
