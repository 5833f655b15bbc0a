// Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") for XLA's CPU backend,
// called through its foreign function interface: JAX's random bits. Integers only, so that numbers are XLA's own.

#include <algorithm>
#include <cstdint>

#include "parallel.h"

namespace {

namespace ffi = xla::ffi;

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

// ---- what XLA calls

using Numbers = ffi::Buffer<ffi::U32>;
using Result = ffi::Result<Numbers>;

// Number n of N has the n / (N / K)-th of K keys, and the n % C-th of C counters.
ffi::ErrorOr<bool> check(const Numbers& key0, const Numbers& key1, const Numbers& count0, const Numbers& count1, int64_t N) {
  const int64_t K = key0.element_count(), C = count0.element_count();
  if (key1.element_count() != size_t(K) || count1.element_count() != size_t(C) || K < 1 || C < 1 || N % K || N % C)
    return ffi::Unexpected(ffi::Error::InvalidArgument("deepx threefry: sizes do not fit"));
  return true;
}

ffi::Error hash_all(ffi::ThreadPool pool, Numbers key0, Numbers key1, Numbers count0, Numbers count1, Result out0,
                    Result out1) {
  const int64_t N = out0->element_count();
  if (N == 0) return ffi::Error::Success();
  auto fit = check(key0, key1, count0, count1, N);
  if (!fit) return fit.error();
  const int64_t each = N / int64_t(key0.element_count()), C = count0.element_count();
  const uint32_t *k0 = key0.typed_data(), *k1 = key1.typed_data(), *c0 = count0.typed_data(), *c1 = count1.typed_data();
  uint32_t *x = out0->typed_data(), *y = out1->typed_data();
  const int64_t tasks = (N + TASK - 1) / TASK;
  auto some = [=](int64_t task) {
    for (int64_t n = N * task / tasks, end = N * (task + 1) / tasks; n < end;) {
      const int64_t c = n % C;
      int64_t run = std::min(end - n, C - c);  // of numbers whose counters lie in a row,
      if (each > 1) run = std::min(run, each - n % each);  // and that have one key, or keys in a row
      const uint32_t *a = c0 + c, *b = c1 + c;
      uint32_t *x_n = x + n, *y_n = y + n;
      if (each > 1) {
        const uint32_t key_0 = k0[n / each], key_1 = k1[n / each];
#pragma GCC ivdep
        for (int64_t i = 0; i < run; ++i) {
          uint32_t p = a[i], q = b[i];
          hash(key_0, key_1, p, q);
          x_n[i] = p;
          y_n[i] = q;
        }
      } else {
        const uint32_t *key_0 = k0 + n, *key_1 = k1 + n;
#pragma GCC ivdep
        for (int64_t i = 0; i < run; ++i) {
          uint32_t p = a[i], q = b[i];
          hash(key_0[i], key_1[i], p, q);
          x_n[i] = p;
          y_n[i] = q;
        }
      }
      n += run;
    }
  };
  if (tasks == 1)
    some(0);
  else
    parallel(pool, tasks, some);
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxThreefry, hash_all,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Numbers>()
                                  .Arg<Numbers>()
                                  .Arg<Numbers>()
                                  .Arg<Numbers>()
                                  .Ret<Numbers>()
                                  .Ret<Numbers>());
