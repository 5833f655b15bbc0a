// Products of two large float32 matrices for XLA's CPU backend, called through its foreign function interface.
//
//     c[m,n] = sum over k  a[m,k] b[k,n]
//
// Either operand may stand transposed in memory. A task makes a part of the result: it packs some rows of `a`, DEEP terms
// of the sums at a time, as many as a core's second-level cache holds, and takes them to one panel of `b` after another.

#include "parallel.h"
#include "product.h"

namespace {

namespace ffi = xla::ffi;

constexpr int64_t DEEP = 512;         // terms of the sums, at most
constexpr int64_t PACKED = 1 << 18;   // numbers of the packed rows' room: 1 MiB
constexpr int64_t BROAD = 1024;       // columns of a task, at most

// `whole` in parts of `most` at most, as equal as can be and, but for the last, multiples of `unit`.
int64_t part(int64_t whole, int64_t most, int64_t unit) {
  return ceil_div(ceil_div(whole, ceil_div(whole, most)), unit) * unit;
}

void product(ffi::ThreadPool& pool, const Matrix& a, const Matrix& b, int64_t m, int64_t n, int64_t k, float* c) {
  const int64_t deep = part(k, DEEP, 32), threads = std::max<int64_t>(1, pool.num_threads());
  const int64_t fitting = std::max<int64_t>(1, PACKED / panel(deep)) * ROWS;
  const int64_t tall = part(m, std::min(fitting, ceil_div(m, threads)), ROWS), broad = part(n, BROAD, COLUMNS);
  const int64_t across = ceil_div(n, broad);
  parallel(pool, ceil_div(m, tall) * across, [&](int64_t task) {
    const Tiles tiles;
    const int64_t i0 = task / across * tall, i1 = std::min(m, i0 + tall);
    const int64_t j0 = task % across * broad, j1 = std::min(n, j0 + broad);
    float *left = scratch<0>(ceil_div(tall, ROWS) * panel(deep)), *right = scratch<1>(panel(deep));
    for (int64_t k0 = 0; k0 < k; k0 += deep) {
      const int64_t depth = std::min(deep, k - k0);
      for (int64_t i = i0; i < i1; i += ROWS)
        pack_left(a.from(i, k0), i1 - i, depth, left + (i - i0) / ROWS * panel(deep));
      for (int64_t j = j0; j < j1; j += COLUMNS) {
        pack_right(b.from(k0, j), depth, j1 - j, right);
        for (int64_t i = i0; i < i1; i += ROWS)
          multiply(left + (i - i0) / ROWS * panel(deep), right, depth, c + i * n + j, n, i1 - i, j1 - j, k0 > 0);
      }
    }
  });
}

using Buffer = ffi::Buffer<ffi::F32, 2>;
using Result = ffi::Result<Buffer>;

// a [m,k], or [k,m] where it stands transposed; b [k,n], or [n,k]; c [m,n].
ffi::Error Product(ffi::ThreadPool pool, Buffer a, Buffer b, Result c, bool a_transposed,
                   bool b_transposed) {
  const auto as = a.dimensions(), bs = b.dimensions(), cs = c->dimensions();
  const int64_t m = as[a_transposed], k = as[!a_transposed], n = bs[!b_transposed];
  if (bs[b_transposed] != k || cs[0] != m || cs[1] != n)
    return ffi::Error::InvalidArgument("deepx product: shapes do not fit");
  Matrix left{a.typed_data(), as[1], 1}, right{b.typed_data(), bs[1], 1};
  if (a_transposed) left = left.transposed();
  if (b_transposed) right = right.transposed();
  product(pool, left, right, m, n, k, c->typed_data());
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxProduct, Product,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Buffer>()
                                  .Arg<Buffer>()
                                  .Ret<Buffer>()
                                  .Attr<bool>("a_transposed")
                                  .Attr<bool>("b_transposed"));
