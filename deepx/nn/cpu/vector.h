// Vectors as wide as the machine's, and elementary functions of them.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#ifdef __AVX512F__
constexpr int LANES = 16;
#else
constexpr int LANES = 8;
#endif

typedef float Vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t Integers __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

inline Vector load(const float* p) { return *reinterpret_cast<const Vector*>(p); }
inline void store(float* p, Vector v) { *reinterpret_cast<Vector*>(p) = v; }

// The same for the first `count` numbers of a vector; zeros beyond.
inline Vector load(const float* p, int64_t count) {
  if (count == LANES) return load(p);
  Vector v = {};
  std::memcpy(&v, p, sizeof(float) * count);
  return v;
}

inline void store(float* p, Vector v, int64_t count) {
  if (count == LANES) return store(p, v);
  std::memcpy(p, &v, sizeof(float) * count);
}

inline Integers bits_of(Vector v) { return reinterpret_cast<Integers>(v); }
inline Vector float_of(Integers bits) { return reinterpret_cast<Vector>(bits); }

// The sum and the maximum of a vector's numbers, halving it until four, two and one are left.
#ifdef __AVX512F__
inline __m256 low(__m512 v) { return _mm512_castps512_ps256(v); }
inline __m256 high(__m512 v) { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1)); }
inline __m256 halves_sum(Vector v) { return _mm256_add_ps(low((__m512)v), high((__m512)v)); }
inline __m256 halves_max(Vector v) { return _mm256_max_ps(low((__m512)v), high((__m512)v)); }
inline Vector root(Vector v) { return (Vector)_mm512_sqrt_ps((__m512)v); }
#else
inline __m256 halves_sum(Vector v) { return (__m256)v; }
inline __m256 halves_max(Vector v) { return (__m256)v; }
inline Vector root(Vector v) { return (Vector)_mm256_sqrt_ps((__m256)v); }
#endif

inline float sum(Vector v) {
  const __m256 eight = halves_sum(v);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

inline float largest(Vector v) {
  const __m256 eight = halves_max(v);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

// Functions of vectors: relative error below 1e-6, NaN for NaN (comparisons are written so that it passes them).

// e^x = 2^n e^r, n the whole number nearest to x / ln 2, |r| <= ln 2 / 2, and e^r a polynomial (Cephes, expf). Results
// that no normal number holds are 0, and above the largest one the largest of them.
inline Vector exp(Vector x) {
  constexpr float LEAST = -87.3365f, MOST = 88.3762f, LOG2_E = 1.44269504f;
  constexpr float LN2_HIGH = 0.693359375f, LN2_LOW = -2.12194440e-4f;
  constexpr float ROUND = 12582912.0f;  // 1.5 2^23: added, it leaves the whole part of a number in the lowest bits
  Vector within = x > MOST ? Vector{} + MOST : x;
  within = within < LEAST ? Vector{} + LEAST : within;
  const Vector rounded = within * LOG2_E + ROUND, n = rounded - ROUND;
  const Vector r = within - n * LN2_HIGH - n * LN2_LOW;
  Vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const Vector power = float_of((bits_of(rounded) + 127) << 23);
  return x < LEAST ? Vector{} : (p * r * r + r + 1.0f) * power;
}

// log x = n ln 2 + log(1 + f), x = 2^n (1 + f), sqrt(1/2) <= 1 + f < sqrt 2 (Cephes, logf). For normal x > 0.
inline Vector log(Vector x) {
  constexpr int32_t ROOT_HALF = 0x3f3504f3;
  const Integers exponent = (bits_of(x) - ROOT_HALF) >> 23;
  const Vector f = float_of(bits_of(x) - (exponent << 23)) - 1.0f, n = __builtin_convertvector(exponent, Vector);
  Vector p = f * 7.0376836292e-2f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const Vector small = p * f * f * f - n * 2.12194440e-4f - f * f * 0.5f;
  return x < INFINITY ? n * 0.693359375f + (small + f) : x;
}

inline Vector sigmoid(Vector x) { return 1.0f / (1.0f + exp(-x)); }
inline float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }
inline float softplus(float x) { return std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x))); }

// A quotient of polynomials (Eigen, and XLA after it); beyond 9 the result is 1 in single precision.
inline Vector tanh(Vector x) {
  constexpr float MOST = 7.90531110763549805f, ONE = 9;
  Vector a = x > MOST ? Vector{} + MOST : x;
  a = a < -MOST ? Vector{} - MOST : a;
  const Vector s = a * a;
  Vector p = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
  p = p * s - 8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  Vector q = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  const Vector y = a * p / q;
  return x > ONE ? Vector{} + 1.0f : x < -ONE ? Vector{} - 1.0f : y;
}
