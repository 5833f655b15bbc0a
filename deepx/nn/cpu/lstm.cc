// An LSTM's loop through time for XLA's CPU backend, called through its foreign function interface: `forward` and
// `backward` of deepx/nn/cpu/lstm.py. XLA packs the recurrent kernel anew at every step; here it is packed once, and the
// gates' non-linearities are taken of a block of cells as soon as its four products are in the first-level cache.
//
// E nets (axes that were mapped over), T steps, B examples, C cells, G = 4C gates in the order i, f, g, o; all arrays
// dense and row-major. Gradients are named as JAX names them: dx is the derivative of the loss with respect to x.
//
// Rows of a batch never meet, so a task takes some of them through all of time, and numbers do not depend on how many
// threads there are.

#include "handler.h"
#include "lstm.h"
#include "parallel.h"
#include "product.h"

namespace {

struct Sizes {
  int64_t nets, steps, batch, cells;  // E, T, B, C

  int64_t gates() const { return 4 * cells; }
  int64_t blocks() const { return ceil_div(cells, COLUMNS); }  // of cells
};

// task(rows of the batch, packed kernel of their net) for all of them; `pack` packs a panel of it, of `panels`.
template <class Pack, class Task>
void for_rows(ffi::ThreadPool& pool, const Sizes& s, int64_t panels, int64_t depth, Pack pack, Task task) {
  const Floats packed = floats(panels * panel(depth));
  const int64_t threads = std::max<int64_t>(1, pool.num_threads());
  const int64_t rows = ceil_div(ceil_div(s.batch, threads), ROWS) * ROWS;
  for (int64_t net = 0; net < s.nets; ++net) {
    parallel(pool, panels, [&](int64_t i) { pack(net, i, packed.get() + i * panel(depth)); });
    parallel(pool, ceil_div(s.batch, rows), [&](int64_t i) {
      const Tiles tiles;
      task(net, i * rows, std::min(s.batch, (i + 1) * rows), packed.get());
    });
  }
}

// left := panels of rows [begin, end) of a[B][depth].
void pack_rows(const float* a, int64_t begin, int64_t end, int64_t depth, float* left) {
  for (int64_t row = begin; row < end; row += ROWS, left += panel(depth))
    pack_left({a + row * depth, depth, 1}, end - row, depth, left);
}

// ---- forward

struct Forward {
  const float *kernel, *gates, *h0, *c0;
  const bool* there;
  float *z, *h, *c;
};

// z = gates + h W, then the next state where there is an input.
void forward(ffi::ThreadPool& pool, const Sizes& s, const Forward& all) {
  const int64_t cells = s.cells, step = s.batch * cells, depth = cells;
  if (all.z != all.gates) std::memcpy(all.z, all.gates, sizeof(float) * s.nets * s.steps * 4 * step);
  auto pack = [&](int64_t net, int64_t i, float* to) {  // panels [block of cells][gate]
    const int64_t j = i / 4 * COLUMNS;
    const Matrix kernel{all.kernel + net * cells * s.gates(), s.gates(), 1};
    pack_right(kernel.from(0, i % 4 * cells + j), depth, cells - j, to);
  };
  for_rows(pool, s, 4 * s.blocks(), depth, pack, [&](int64_t net, int64_t begin, int64_t end, const float* packed) {
    float* left = scratch<0>(ceil_div(end - begin, ROWS) * panel(depth));
    for (int64_t t = 0; t < s.steps; ++t) {
      const int64_t now = net * s.steps + t;
      const float* h_before = t ? all.h + (now - 1) * step : all.h0 + net * step;
      const float* c_before = t ? all.c + (now - 1) * step : all.c0 + net * step;
      pack_rows(h_before, begin, end, depth, left);
      for (int64_t block = 0; block < s.blocks(); ++block) {
        const int64_t first = block * COLUMNS, last = std::min(cells, first + COLUMNS);
        for (int64_t row = begin; row < end; row += ROWS) {
          for (int64_t gate = 0; gate < 4; ++gate)
            multiply(left + (row - begin) / ROWS * panel(depth), packed + (4 * block + gate) * panel(depth), depth,
                     all.z + now * 4 * step + row * s.gates() + gate * cells + first, s.gates(), end - row,
                     last - first, true);
          for (int64_t b = row; b < std::min(row + ROWS, end); ++b) {
            const float *z = all.z + now * 4 * step + b * s.gates(), *h = h_before + b * cells, *c = c_before + b * cells;
            float *h_after = all.h + now * step + b * cells, *c_after = all.c + now * step + b * cells;
            if (!all.there[now * s.batch + b]) {
              std::memcpy(h_after + first, h + first, sizeof(float) * (last - first));
              std::memcpy(c_after + first, c + first, sizeof(float) * (last - first));
              continue;
            }
            advance(z, c, cells, first, last, h_after, c_after);
          }
        }
      }
    }
  });
}

// ---- backward

struct Backward {
  const float *kernel, *z, *c0, *c;
  const bool* there;
  const float *dh, *dh_last, *dc_last;
  float *dz, *dh0, *dc0;
};

// From dh of every step, and dh and dc after the last, to dz of every step, and dh and dc before the first. dh0 and dc0
// hold what the loop carries.
void backward(ffi::ThreadPool& pool, const Sizes& s, const Backward& all) {
  const int64_t cells = s.cells, step = s.batch * cells, depth = s.gates();
  std::memcpy(all.dh0, all.dh_last, sizeof(float) * s.nets * step);
  std::memcpy(all.dc0, all.dc_last, sizeof(float) * s.nets * step);
  auto pack = [&](int64_t net, int64_t i, float* to) {  // panels of the kernel transposed, [G][C]
    const Matrix kernel{all.kernel + net * cells * s.gates(), s.gates(), 1};
    pack_right(kernel.transposed().from(0, i * COLUMNS), depth, cells - i * COLUMNS, to);
  };
  for_rows(pool, s, s.blocks(), depth, pack, [&](int64_t net, int64_t begin, int64_t end, const float* packed) {
    float* left = scratch<0>(ceil_div(end - begin, ROWS) * panel(depth));
    for (int64_t t = s.steps - 1; t >= 0; --t) {
      const int64_t now = net * s.steps + t;
      const float* c_before = t ? all.c + (now - 1) * step : all.c0 + net * step;
      for (int64_t b = begin; b < end; ++b) {
        const int64_t row = now * step + b * cells;
        float *dz = all.dz + 4 * row, *dh = all.dh0 + net * step + b * cells, *dc = all.dc0 + net * step + b * cells;
        for (int64_t j = 0; j < cells; ++j) dh[j] += all.dh[row + j];
        if (!all.there[now * s.batch + b]) {
          std::memset(dz, 0, sizeof(float) * s.gates());
          continue;
        }
        advance_back(all.z + 4 * row, c_before + b * cells, all.c + row, cells, dh, dz, dc);
        std::memset(dh, 0, sizeof(float) * cells);
      }
      pack_rows(all.dz + now * 4 * step, begin, end, depth, left);
      for (int64_t block = 0; block < s.blocks(); ++block)
        for (int64_t row = begin; row < end; row += ROWS)
          multiply(left + (row - begin) / ROWS * panel(depth), packed + block * panel(depth), depth,
                   all.dh0 + net * step + row * cells + block * COLUMNS, cells, end - row, cells - block * COLUMNS,
                   true);
    }
  });
}

// ---- what XLA calls

using Flags = ffi::Buffer<ffi::PRED>;

// The sizes of a kernel [..., C, G] and of z [..., T, B, G]. The caller answers for the other arrays' shapes.
ffi::ErrorOr<Sizes> sizes_of(const Buffer& kernel, const Buffer& z) {
  const Axes w(kernel.dimensions(), 2), x(z.dimensions(), 3);
  const auto nets = examples_of({w, x});
  if (!nets) return ffi::Unexpected(unfit("lstm"));
  const Sizes s{*nets, x[0], x[1], w[0]};
  if (w[1] != s.gates() || x[2] != s.gates()) return ffi::Unexpected(unfit("lstm"));
  return s;
}

ffi::Error forward_all(ffi::ThreadPool pool, Buffer kernel, Buffer gates, Buffer h0, Buffer c0, Flags there, Result z,
                       Result h, Result c) {
  auto s = sizes_of(kernel, gates);
  if (!s) return s.error();
  forward(pool, *s, {kernel.typed_data(), gates.typed_data(), h0.typed_data(), c0.typed_data(), there.typed_data(),
                     z->typed_data(), h->typed_data(), c->typed_data()});
  return ffi::Error::Success();
}

ffi::Error backward_all(ffi::ThreadPool pool, Buffer kernel, Buffer z, Buffer c0, Buffer c, Flags there, Buffer dh,
                        Buffer dh_last, Buffer dc_last, Result dz, Result dh0, Result dc0) {
  auto s = sizes_of(kernel, z);
  if (!s) return s.error();
  backward(pool, *s, {kernel.typed_data(), z.typed_data(), c0.typed_data(), c.typed_data(), there.typed_data(),
                      dh.typed_data(), dh_last.typed_data(), dc_last.typed_data(), dz->typed_data(), dh0->typed_data(),
                      dc0->typed_data()});
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxLstm, forward_all);
XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxLstmBackward, backward_all);
