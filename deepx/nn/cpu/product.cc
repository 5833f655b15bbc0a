// Products of two large float32 matrices for XLA's CPU backend, called through its foreign function interface.
//
//     c[m,n] = sum over k  a[m,k] b[k,n]
//
// Either operand may stand transposed in memory. A task makes a part of the result, DEEP terms of the sums at a time: it
// packs so many rows of some columns of `b`; then as many rows of `a` as a core's second-level cache holds, and takes them
// to one packed panel of `b` after another, until all its rows are done.

#include "handler.h"
#include "parallel.h"
#include "product.h"

namespace {

constexpr int64_t DEEP = 512;        // terms of the sums, at most
constexpr int64_t PACKED = 1 << 18;  // numbers of the packed rows' room: 1 MiB
constexpr int64_t BROAD = 1024;      // columns of a task, at most

// `whole` in parts of `most` at most, as equal as can be and, but for the last, multiples of `unit`.
int64_t part(int64_t whole, int64_t most, int64_t unit) {
  return ceil_div(ceil_div(whole, ceil_div(whole, most)), unit) * unit;
}

void product(ffi::ThreadPool& pool, const Matrix& a, const Matrix& b, int64_t m, int64_t n, int64_t k, float* c) {
  const int64_t deep = part(k, DEEP, 32), broad = part(n, BROAD, COLUMNS), across = ceil_div(n, broad);
  const int64_t threads = std::max<int64_t>(1, pool.num_threads()), high = part(m, ceil_div(m * across, threads), ROWS);
  const int64_t tall = part(high, std::max<int64_t>(1, PACKED / panel(deep)) * ROWS, ROWS);
  parallel(pool, ceil_div(m, high) * across, [&](int64_t task) {
    const Tiles tiles;
    const int64_t i0 = task / across * high, i1 = std::min(m, i0 + high);
    const int64_t j0 = task % across * broad, j1 = std::min(n, j0 + broad);
    float* left = scratch<0>(ceil_div(tall, ROWS) * panel(deep));
    float* right = scratch<1>(ceil_div(broad, COLUMNS) * panel(deep));
    for (int64_t k0 = 0; k0 < k; k0 += deep) {
      const int64_t depth = std::min(deep, k - k0);
      for (int64_t j = j0; j < j1; j += COLUMNS)
        pack_right(b.from(k0, j), depth, j1 - j, right + (j - j0) / COLUMNS * panel(deep));
      for (int64_t top = i0; top < i1; top += tall) {
        const int64_t end = std::min(i1, top + tall);
        for (int64_t i = top; i < end; i += ROWS)
          pack_left(a.from(i, k0), end - i, depth, left + (i - top) / ROWS * panel(deep));
        for (int64_t j = j0; j < j1; j += COLUMNS)
          for (int64_t i = top; i < end; i += ROWS)
            multiply(left + (i - top) / ROWS * panel(deep), right + (j - j0) / COLUMNS * panel(deep), depth,
                     c + i * n + j, n, end - i, j1 - j, k0 > 0);
      }
    }
  });
}

// ---- what XLA calls

using Operand = ffi::Buffer<ffi::F32, 2>;
constexpr char A_TRANSPOSED[] = "a_transposed", B_TRANSPOSED[] = "b_transposed";

// a [m,k], or [k,m] where it stands transposed; b [k,n], or [n,k]; c [m,n].
ffi::Error Product(ffi::ThreadPool pool, Operand a, Operand b, ffi::Result<Operand> c,
                   ffi::Attr<bool, A_TRANSPOSED> a_transposed, ffi::Attr<bool, B_TRANSPOSED> b_transposed) {
  const auto as = a.dimensions(), bs = b.dimensions(), cs = c->dimensions();
  const int64_t m = as[*a_transposed], k = as[!*a_transposed], n = bs[!*b_transposed];
  if (bs[*b_transposed] != k || cs[0] != m || cs[1] != n) return unfit("product");
  Matrix left{a.typed_data(), as[1], 1}, right{b.typed_data(), bs[1], 1};
  if (*a_transposed) left = left.transposed();
  if (*b_transposed) right = right.transposed();
  product(pool, left, right, m, n, k, c->typed_data());
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxProduct, Product);
