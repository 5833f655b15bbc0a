// Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") for XLA's CPU backend,
// called through its foreign function interface: JAX's random bits. Integers only, so that numbers are XLA's own.

#include <algorithm>
#include <cstdint>

#include "handler.h"
#include "parallel.h"

namespace {

constexpr int64_t TASK = 1 << 14;  // numbers that are worth a task: about 20 us

inline uint32_t rotated(uint32_t x, int by) { return x << by | x >> (32 - by); }

inline void hash(uint32_t k0, uint32_t k1, uint32_t& x, uint32_t& y) {
  const uint32_t keys[] = {k0, k1, k0 ^ k1 ^ 0x1BD11BDAu};
  constexpr int ROTATIONS[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  x += k0;
  y += k1;
#pragma GCC unroll 5
  for (uint32_t i = 0; i < 5; ++i) {
#pragma GCC unroll 4
    for (int r = 0; r < 4; ++r) {
      x += y;
      y = x ^ rotated(y, ROTATIONS[i % 2][r]);
    }
    x += keys[(i + 1) % 3];
    y += keys[(i + 2) % 3] + i + 1;
  }
}

// Hashes counters in a row, x y = hash of a b: with keys in a row (each 1), or with one (0).
template <int64_t each>
void hash_row(const uint32_t* k0, const uint32_t* k1, const uint32_t* a, const uint32_t* b, int64_t count, uint32_t* x,
              uint32_t* y) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) {
    uint32_t p = a[i], q = b[i];
    hash(k0[each * i], k1[each * i], p, q);
    x[i] = p;
    y[i] = q;
  }
}

// ---- what XLA calls

using Numbers = ffi::Buffer<ffi::U32>;

// Number n of N has the n / (N / K)-th of K keys, and the n % C-th of C counters.
ffi::Error hash_all(ffi::ThreadPool pool, Numbers key0, Numbers key1, Numbers count0, Numbers count1,
                    ffi::Result<Numbers> out0, ffi::Result<Numbers> out1) {
  const int64_t N = out0->element_count(), K = key0.element_count(), C = count0.element_count();
  if (N == 0) return ffi::Error::Success();
  if (key1.element_count() != size_t(K) || count1.element_count() != size_t(C) || K < 1 || C < 1 || N % K || N % C)
    return unfit("threefry");
  const int64_t each = N / K;
  const uint32_t *k0 = key0.typed_data(), *k1 = key1.typed_data(), *c0 = count0.typed_data(), *c1 = count1.typed_data();
  uint32_t *x = out0->typed_data(), *y = out1->typed_data();
  in_parts(pool, N, 1, TASK, [=](int64_t begin, int64_t end) {
    for (int64_t n = begin, run; n < end; n += run) {
      const int64_t c = n % C;
      run = std::min(end - n, C - c);  // of numbers whose counters lie in a row,
      if (each > 1) run = std::min(run, each - n % each);  // and that have one key, or keys in a row
      const auto row = each > 1 ? hash_row<0> : hash_row<1>;
      row(k0 + n / each, k1 + n / each, c0 + c, c1 + c, run, x + n, y + n);
    }
  });
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxThreefry, hash_all);
