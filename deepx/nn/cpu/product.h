// Products of float32 matrices, by blocks of ROWS x COLUMNS results that stay in registers.
//
// Both operands are packed first, in panels of ROWS rows or COLUMNS columns; `multiply` takes one panel of each.
//
// Where the processor has tiles (AMX), a number is split into three of bfloat16, x = x1 + x2 + x3, each the rest rounded
// to 8 bits, which holds all 24 bits of it; and of the nine products of two such numbers the six largest are summed,
//
//     x y = x1 y1 + (x1 y2 + x2 y1) + (x1 y3 + x2 y2 + x3 y1),
//
// in float32. What is left out is below 2^-23 |x| |y|, as much as rounding the product itself would change (Henry, Tang,
// Heinecke 2019, arXiv 1904.06376). Tiles multiply bfloat16 sixteen times as fast as vectors multiply float32, so this is
// more than twice as fast. Numbers below 1e-33 lose accuracy, and a product with an infinite number is NaN.
//
// A sum's order depends on its length alone, so that rows and columns do not depend on what they are packed with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "vector.h"

namespace {

// Number (i, j) stands at p[i row + j column]; one of the two is 1.
struct Matrix {
  const float* p;
  int64_t row, column;

  Matrix from(int64_t i, int64_t j) const { return {p + i * row + j * column, row, column}; }
  Matrix transposed() const { return {p, column, row}; }
};

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

#ifdef __AMX_BF16__

// ---- by tiles of 16 rows of 16 words, each a number of float32 or a pair of bfloat16

constexpr int64_t SIDE = 16, ROWS = 2 * SIDE, COLUMNS = 2 * SIDE, DEPTH = 2 * SIDE, TILE = SIDE * SIDE, PIECES = 3;
constexpr bool FEWER_ROWS = false;

// While one lives, the thread's tiles are set up.
class Tiles {
 public:
  Tiles() {
    struct alignas(64) {
      uint8_t palette = 1, start = 0, reserved[14] = {};
      uint16_t bytes[16] = {};
      uint8_t rows[16] = {};
    } all;
    std::fill_n(all.bytes, 8, 4 * SIDE);
    std::fill_n(all.rows, 8, SIDE);
    _tile_loadconfig(&all);
  }
  ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
};

// Room for a panel, in numbers of float32: [step][piece][2][TILE], a step being DEPTH terms of the sums.
inline int64_t panel(int64_t depth) { return ceil_div(depth, DEPTH) * PIECES * 2 * TILE; }

using Words = __m512i;

// The three pieces of 32 numbers, as 32 of bfloat16 in the order low, high.
inline void split(__m512 low, __m512 high, Words pieces[PIECES]) {
  for (int64_t piece = 0; piece < PIECES; ++piece) {
    const Words both = (Words)_mm512_cvtne2ps_pbh(high, low);
    pieces[piece] = both;
    if (piece + 1 == PIECES) break;
    const auto wide = [](__m256i half) { return (__m512)_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16); };
    low -= wide(_mm512_castsi512_si256(both));
    high -= wide(_mm512_extracti64x4_epi64(both, 1));
  }
}

// Of a tile's rows and words, exchanges bit BIT: all four of them transpose it.
template <int BIT>
inline void exchange(Words row[SIDE]) {
  alignas(64) int32_t low[SIDE], high[SIDE];
  for (int l = 0; l < SIDE; ++l) {
    low[l] = l & BIT ? SIDE + (l ^ BIT) : l;
    high[l] = l & BIT ? SIDE + l : l ^ BIT;
  }
  const Words from_low = _mm512_load_si512(low), from_high = _mm512_load_si512(high);
#pragma GCC unroll 16
  for (int i = 0; i < SIDE; ++i)
    if (!(i & BIT)) {
      const Words a = row[i], b = row[i | BIT];
      row[i] = _mm512_permutex2var_epi32(a, from_low, b);
      row[i | BIT] = _mm512_permutex2var_epi32(a, from_high, b);
    }
}

inline void transpose(float* tile) {
  Words row[SIDE];
#pragma GCC unroll 16
  for (int i = 0; i < SIDE; ++i) row[i] = _mm512_load_si512(tile + i * SIDE);
  exchange<1>(row), exchange<2>(row), exchange<4>(row), exchange<8>(row);
#pragma GCC unroll 16
  for (int i = 0; i < SIDE; ++i) _mm512_store_si512(tile + i * SIDE, row[i]);
}

inline __mmask16 first(int64_t count) { return count >= SIDE ? 0xffff : count <= 0 ? 0 : (1 << count) - 1; }

// Packs `lines` (16 at most, of `depth` numbers, DEPTH at most) to a tile a piece, 2 TILE apart; zeros beyond. A line's
// pairs are words of a row of the tile, or, `down`, of a column.
inline void pack_tiles(const Matrix& from, int64_t lines, int64_t depth, bool down, float* tiles) {
  Words pieces[PIECES];
  if (from.column == 1) {
    const __mmask16 low = first(depth), high = first(depth - SIDE);
    for (int64_t line = 0; line < SIDE; ++line) {
      const float* p = from.p + line * from.row;
      const bool some = line < lines;
      split(some ? _mm512_maskz_loadu_ps(low, p) : __m512{}, some ? _mm512_maskz_loadu_ps(high, p + SIDE) : __m512{},
            pieces);
      for (int64_t piece = 0; piece < PIECES; ++piece)
        _mm512_store_si512(tiles + piece * 2 * TILE + line * SIDE, pieces[piece]);
    }
  } else {
    alignas(64) int16_t order[2 * SIDE];
    for (int64_t l = 0; l < 2 * SIDE; ++l) order[l] = l / 2 + l % 2 * SIDE;
    const Words pairs = _mm512_load_si512(order);
    const __mmask16 some = first(lines);
    for (int64_t k = 0; k < DEPTH; k += 2) {
      const float* p = from.p + k * from.column;
      _mm_prefetch(p + DEPTH * from.column, _MM_HINT_T0);  // lines as far apart as rows are not foreseen
      _mm_prefetch(p + (DEPTH + 1) * from.column, _MM_HINT_T0);
      split(k < depth ? _mm512_maskz_loadu_ps(some, p) : __m512{},
            k + 1 < depth ? _mm512_maskz_loadu_ps(some, p + from.column) : __m512{}, pieces);
      for (int64_t piece = 0; piece < PIECES; ++piece)
        _mm512_store_si512(tiles + piece * 2 * TILE + k / 2 * SIDE, _mm512_permutexvar_epi16(pairs, pieces[piece]));
    }
  }
  if ((from.column == 1) == down)
    for (int64_t piece = 0; piece < PIECES; ++piece) transpose(tiles + piece * 2 * TILE);
}

inline void pack(const Matrix& from, int64_t lines, int64_t depth, bool down, float* to) {
  for (int64_t k = 0; k < depth; k += DEPTH, to += PIECES * 2 * TILE)
    for (int64_t half = 0; half < 2; ++half)
      pack_tiles(from.from(half * SIDE, k), lines - half * SIDE, std::min(depth - k, DEPTH), down, to + half * TILE);
}

// c[ROWS][COLUMNS] = left right, or += it. Tiles 0 to 3 are sums, 4 and 5 of the left panel, 6 and 7 of the right one.
inline void multiply_block(const float* left, const float* right, int64_t depth, float* c, int64_t pitch, int64_t,
                           bool add) {
  constexpr int64_t LINE = 4 * SIDE, STEP = PIECES * 2 * TILE;
  const auto take_left = [&](int piece) {
    _tile_loadd(4, left + 2 * piece * TILE, LINE);
    _tile_loadd(5, left + (2 * piece + 1) * TILE, LINE);
  };
  const auto take_right = [&](int piece) {
    _tile_loadd(6, right + 2 * piece * TILE, LINE);
    _tile_loadd(7, right + (2 * piece + 1) * TILE, LINE);
  };
  const auto sum = [] {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  };
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (int64_t k = 0; k < depth; k += DEPTH, left += STEP, right += STEP) {
    take_left(1), take_right(1), sum();
    take_right(0), sum();
    take_left(2), sum();
    take_left(0), sum();
    take_right(1), sum();
    take_right(2), sum();
  }
  alignas(64) float block[ROWS * COLUMNS];
  float* sums = add ? block : c;
  const int64_t width = add ? COLUMNS : pitch;
  _tile_stored(0, sums, 4 * width);
  _tile_stored(1, sums + SIDE, 4 * width);
  _tile_stored(2, sums + SIDE * width, 4 * width);
  _tile_stored(3, sums + SIDE * width + SIDE, 4 * width);
  if (!add) return;
  for (int64_t i = 0; i < ROWS; ++i, c += pitch)
    for (int64_t j = 0; j < COLUMNS; j += LANES) store(c + j, load(c + j) + load(block + i * COLUMNS + j));
}

inline void pack_left(const Matrix& a, int64_t rows, int64_t depth, float* to) { pack(a, rows, depth, false, to); }
inline void pack_right(const Matrix& b, int64_t depth, int64_t columns, float* to) {
  pack(b.transposed(), columns, depth, true, to);
}

#else

// ---- by vectors

#ifdef __AVX512F__
constexpr int64_t ROWS = 12;
#else
constexpr int64_t ROWS = 6;
#endif
constexpr int64_t COLUMNS = 2 * LANES;
constexpr bool FEWER_ROWS = true;

struct Tiles {
  Tiles() {}
};

inline int64_t panel(int64_t depth) { return depth * COLUMNS; }  // [depth][ROWS] or [depth][COLUMNS]

inline void pack(const Matrix& from, int64_t lines, int64_t depth, int64_t width, float* to) {
  for (int64_t k = 0; k < depth; ++k, to += width) {
    for (int64_t line = 0; line < lines; ++line) to[line] = from.p[line * from.row + k * from.column];
    std::fill(to + lines, to + width, 0.0f);
  }
}

// c[rows][COLUMNS] = left right, or += it, of the first rows of the left panel: a program for each number of them.
template <int64_t MOST = ROWS>
inline void multiply_block(const float* left, const float* right, int64_t depth, float* c, int64_t pitch, int64_t rows,
                           bool add) {
  if constexpr (MOST > 1)
    if (rows < MOST) return multiply_block<MOST - 1>(left, right, depth, c, pitch, rows, add);
  Vector sum[MOST][2] = {};
  for (int64_t k = 0; k < depth; ++k, left += ROWS, right += COLUMNS) {
    const Vector low = load(right), high = load(right + LANES);
#pragma GCC unroll 16
    for (int i = 0; i < MOST; ++i) sum[i][0] += low * left[i], sum[i][1] += high * left[i];
  }
#pragma GCC unroll 16
  for (int i = 0; i < MOST; ++i, c += pitch) {
    store(c, add ? load(c) + sum[i][0] : sum[i][0]);
    store(c + LANES, add ? load(c + LANES) + sum[i][1] : sum[i][1]);
  }
}

inline void pack_left(const Matrix& a, int64_t rows, int64_t depth, float* to) {
  pack(a, std::min(rows, ROWS), depth, ROWS, to);
}
inline void pack_right(const Matrix& b, int64_t depth, int64_t columns, float* to) {
  pack(b.transposed(), std::min(columns, COLUMNS), depth, COLUMNS, to);
}

#endif

// c[rows][columns] = left right, or += it, of two panels: ROWS rows and COLUMNS columns at most.
inline void multiply(const float* left, const float* right, int64_t depth, float* c, int64_t pitch, int64_t rows,
                     int64_t columns, bool add) {
  rows = std::min(rows, ROWS), columns = std::min(columns, COLUMNS);
  if (columns == COLUMNS && (FEWER_ROWS || rows == ROWS))
    return multiply_block(left, right, depth, c, pitch, rows, add);
  alignas(64) float block[ROWS * COLUMNS];
  if (add) {
    std::memset(block, 0, sizeof block);
    for (int64_t i = 0; i < rows; ++i) std::memcpy(block + i * COLUMNS, c + i * pitch, sizeof(float) * columns);
  }
  multiply_block(left, right, depth, block, COLUMNS, rows, add);
  for (int64_t i = 0; i < rows; ++i) std::memcpy(c + i * pitch, block + i * COLUMNS, sizeof(float) * columns);
}

}  // namespace
