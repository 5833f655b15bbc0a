// Float32 convolutions of images for XLA's CPU backend, called through its foreign function interface.
//
// Images are x[N,H,W,C], kernels w[KH,KW,C,K] and results y[N,OH,OW,K], dense and row-major. Along an axis, output
// position o and tap q of the kernel meet at input position
//
//     i(o, q) = (stride o + reach q - pad) / dilation                (lax: window strides, rhs dilation, low padding,
//                                                                     lhs dilation)
//
// and terms where that is not a whole number, or outside the image, are zero. There are two passes:
//
//     convolve           y[n,o,k] = sum over q, c  x[n,i(o,q),c] w[q,c,k]
//     weight_gradient    w[q,c,k] = sum over n, o  x[n,i(o,q),c] y[n,o,k]                           (dilation 1)
//
// convolve serves the forward pass, the gradient with respect to the image, and transposed convolutions.
//
// Blocking. Both are direct: there is no matrix of patches, which would write each pixel KH KW times. A task copies a band
// of rows of one image into a frame of zeros that fits a core's cache, so that the loops below know no borders. The
// innermost loop keeps a block of results in registers: in `convolve` up to 16 neighbouring pixels by one or two vectors of
// output channels, in `weight_gradient` up to 24 neighbouring numbers of x by a vector of output channels. Each step of it
// loads a vector or two, and multiplies them by one number of x per row of the block. The loops around it walk over taps and
// input channels (`convolve`) or pixels (`weight_gradient`), and the block is stored once, after the last of them.
// The taps of a row of the kernel are neighbours in memory wherever reach is 1, so they and the channels are one loop.
//
// Every sum is taken in an order that depends on shapes alone: numbers do not depend on how many threads there are.

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "handler.h"
#include "parallel.h"
#include "vector.h"

namespace {

// Register blocks. AVX-512 has 32 registers of 16 numbers, AVX2 16 of 8; one or two are needed besides the block.
#ifdef __AVX512F__
constexpr int PIXELS_BY_1 = 16, PIXELS_BY_2 = 8, NUMBERS = 24;
#else
constexpr int PIXELS_BY_1 = 8, PIXELS_BY_2 = 4, NUMBERS = 12;
#endif
constexpr int64_t BAND = 1 << 16;         // numbers of a band: 256 KiB, a part of a core's second-level cache
constexpr int64_t TASKS = 16;            // of a weight gradient, at most
constexpr int64_t PIXELS_OF_PART = 512;  // of a partial sum of one, at least

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -ceil_div(-a, b); }

// One axis of a convolution. Output positions phase + dilation t, t = 0, 1, ..., of one phase meet the same taps, and
// neighbouring ones meet inputs `step` apart. (Where the input is dilated, the stride is 1.)
struct Axis {
  int64_t input, output, taps, stride, dilation, reach, pad;

  int64_t phases() const { return std::min(dilation, output); }
  int64_t positions(int64_t phase) const { return ceil_div(output - phase, dilation); }
  int64_t step() const { return dilation == 1 ? stride : 1; }
  bool meets(int64_t phase, int64_t tap) const { return (phase + reach * tap - pad) % dilation == 0; }
  int64_t source(int64_t phase, int64_t tap) const { return floor_div(phase + reach * tap - pad, dilation); }
  int64_t first() const { return source(0, 0); }
  // Inputs, from the first on, that `count` neighbouring positions of any phase meet.
  int64_t extent(int64_t count) const { return source(phases() - 1, taps - 1) - first() + step() * (count - 1) + 1; }
};

struct Shape {
  int64_t images, channels, features;  // N, C, K
  Axis h, w;

  const float* image(const float* x, int64_t n) const { return x + n * h.input * w.input * channels; }
  int64_t frame_width() const { return w.extent(w.positions(0)); }
  // From one pixel of a frame to the next. Were it a large power of two, neighbours would contend for the same cache set.
  int64_t pitch() const { return channels % 64 ? channels : channels + 16; }
  int64_t frame_row() const { return frame_width() * pitch(); }
  int64_t frame(int64_t positions) const { return h.extent(positions) * frame_row(); }
  // Positions of a band that fits in BAND, as equal as can be.
  int64_t band() const {
    const int64_t all = h.positions(0);
    int64_t fitting = all;
    while (fitting > 1 && frame(fitting) > BAND) fitting = ceil_div(fitting, 2);
    return fitting;
  }
};

// Copies what positions from `position` on, `count` of them, see of an image; zeros where they look outside it.
void copy_frame(const Shape& s, const float* image, int64_t position, int64_t count, float* frame) {
  const int64_t channels = s.channels, pitch = s.pitch(), width = s.frame_width(), left = s.w.first();
  const int64_t begin = std::clamp<int64_t>(-left, 0, width);
  const int64_t end = std::clamp<int64_t>(s.w.input - left, begin, width);
  int64_t row = s.h.first() + s.h.step() * position;
  for (int64_t rows = s.h.extent(count); rows > 0; --rows, ++row, frame += width * pitch) {
    if (row < 0 || row >= s.h.input) {
      std::memset(frame, 0, sizeof(float) * width * pitch);
      continue;
    }
    const float* pixels = image + (row * s.w.input + left + begin) * channels;
    std::memset(frame, 0, sizeof(float) * begin * pitch);
    if (pitch == channels) {
      std::memcpy(frame + begin * pitch, pixels, sizeof(float) * (end - begin) * channels);
    } else {
      for (int64_t i = begin; i < end; ++i, pixels += channels)
        std::memcpy(frame + i * pitch, pixels, sizeof(float) * channels);
    }
    std::memset(frame + end * pitch, 0, sizeof(float) * (width - end) * pitch);
  }
}

// ---- convolve

// Numbers of x that are neighbours in the frame, and the vectors of packed weights that multiply them.
struct Run {
  int64_t offset, length;
  const float* weights;
};

// y[pixel][0 .. V vectors) = sum over runs; stores `features` of them. Pixels are `x_step` and `y_step` apart.
template <int V, int PIXELS>
void convolve_block(const float* x, int64_t x_step, const std::vector<Run>& runs, float* y, int64_t y_step,
                    int64_t features) {
  Vector sum[PIXELS][V] = {};
  for (const Run& run : runs) {
    const float* from = x + run.offset;
    const float* weights = run.weights;
    for (int64_t i = 0; i < run.length; ++i, weights += V * LANES) {
      Vector w[V];
      for (int v = 0; v < V; ++v) w[v] = load(weights + v * LANES);
#pragma GCC unroll 16
      for (int p = 0; p < PIXELS; ++p) {
        const float number = from[p * x_step + i];
#pragma GCC unroll 2
        for (int v = 0; v < V; ++v) sum[p][v] += w[v] * number;
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < PIXELS; ++p) {
    if (features >= V * LANES) {
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) store(y + p * y_step + v * LANES, sum[p][v]);
    } else {
      std::memcpy(y + p * y_step, sum[p], sizeof(float) * features);
    }
  }
}

using ConvolveBlock = decltype(&convolve_block<1, 1>);

template <int V, int PIXELS>
ConvolveBlock convolve_block_of(int64_t pixels) {
  if constexpr (PIXELS > 1) {
    if (pixels < PIXELS) return convolve_block_of<V, PIXELS - 1>(pixels);
  }
  return convolve_block<V, PIXELS>;
}

// A row of `count` pixels, in register blocks as equal as can be.
template <int V>
void convolve_row(const float* x, int64_t x_step, const std::vector<Run>& runs, float* y, int64_t y_step,
                  int64_t features, int64_t count) {
  constexpr int MOST = V == 1 ? PIXELS_BY_1 : PIXELS_BY_2;
  for (int64_t blocks = ceil_div(count, MOST); blocks > 0; --blocks) {
    const int64_t pixels = ceil_div(count, blocks);
    convolve_block_of<V, MOST>(pixels)(x, x_step, runs, y, y_step, features);
    x += pixels * x_step, y += pixels * y_step, count -= pixels;
  }
}

void convolve(ffi::ThreadPool& pool, const Shape& s, const float* x, const float* weights, float* y) {
  const int64_t taps = s.h.taps * s.w.taps, channels = s.channels, features = s.features;
  const int64_t vectors = ceil_div(features, LANES), blocks = ceil_div(vectors, 2);

  // Weights packed [block][tap][channel][one or two vectors], filled with zeros where K ends within a vector.
  const Floats packed = floats(taps * channels * vectors * LANES);
  auto packed_block = [&](int64_t block) { return packed.get() + block * taps * channels * 2 * LANES; };
  parallel(pool, blocks, [&](int64_t block) {
    const int64_t width = std::min<int64_t>(2, vectors - 2 * block) * LANES, begin = 2 * block * LANES;
    const int64_t some = std::min(width, features - begin);
    float* to = packed_block(block);
    for (int64_t row = 0; row < taps * channels; ++row, to += width) {
      std::memcpy(to, weights + row * features + begin, sizeof(float) * some);
      std::memset(to + some, 0, sizeof(float) * (width - some));
    }
  });

  const int64_t all = s.h.positions(0), threads = std::max<int64_t>(1, pool.num_threads());
  const int64_t band = std::min(s.band(), std::max<int64_t>(1, all * s.images / (2 * threads)));
  const int64_t bands = ceil_div(all, band), frame_row = s.frame_row(), pitch = s.pitch();
  parallel(pool, s.images * bands, [&](int64_t task) {
    const int64_t n = task / bands, begin = task % bands * band, count = std::min(band, all - begin);
    float* frame = scratch<0>(s.frame(count));
    copy_frame(s, s.image(x, n), begin, count, frame);
    std::vector<Run> runs;
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t width = std::min<int64_t>(2, vectors - 2 * block) * LANES;
      for (int64_t a = 0; a < s.h.phases(); ++a)
        for (int64_t b = 0; b < s.w.phases(); ++b) {
          runs.clear();
          for (int64_t p = 0; p < s.h.taps; ++p)
            for (int64_t q = 0; q < s.w.taps; ++q) {
              if (!s.h.meets(a, p) || !s.w.meets(b, q)) continue;
              const int64_t row = s.h.source(a, p) - s.h.first(), column = s.w.source(b, q) - s.w.first();
              const int64_t offset = row * frame_row + column * pitch;
              const float* from = packed_block(block) + (p * s.w.taps + q) * channels * width;
              if (!runs.empty() && runs.back().offset + runs.back().length == offset &&
                  runs.back().weights + runs.back().length * width == from)
                runs.back().length += channels;
              else
                runs.push_back({offset, channels, from});
            }
          const int64_t end = std::min(begin + count, s.h.positions(a));
          for (int64_t t = begin; t < end; ++t) {
            const float* from = frame + (t - begin) * s.h.step() * frame_row;
            const int64_t row = n * s.h.output + a + t * s.h.dilation;
            float* to = y + (row * s.w.output + b) * features + 2 * block * LANES;
            (width == LANES ? convolve_row<1> : convolve_row<2>)(
                from, s.w.step() * pitch, runs, to, s.w.dilation * features, features - 2 * block * LANES,
                s.w.positions(b));
          }
        }
    }
  });
}

// ---- weight_gradient

// Frames of some images, or a band of one, and a vector of y for each of their output pixels.
struct Patch {
  const float *x, *y;
  int64_t images, rows, columns;     // output pixels
  int64_t x_image, x_row, x_column;  // from one of them to the next, in x; in y they are neighbours
};

// sum[i][0 .. LANES) += sum over images and pixels of x[pixel + offset + i] y[pixel][0 .. LANES)
template <int COUNT>
void gradient_block(const Patch& patch, int64_t offset, float* into) {
  Vector sum[COUNT] = {};
  const float* y = patch.y;
  for (int64_t n = 0; n < patch.images; ++n)
    for (int64_t row = 0; row < patch.rows; ++row) {
      const float* x = patch.x + n * patch.x_image + row * patch.x_row + offset;
      for (int64_t column = 0; column < patch.columns; ++column, x += patch.x_column, y += LANES) {
        const Vector g = load(y);
#pragma GCC unroll 24
        for (int i = 0; i < COUNT; ++i) sum[i] += g * x[i];
      }
    }
#pragma GCC unroll 24
  for (int i = 0; i < COUNT; ++i) store(into + i * LANES, load(into + i * LANES) + sum[i]);
}

using GradientBlock = decltype(&gradient_block<1>);

template <int COUNT>
GradientBlock gradient_block_of(int64_t count) {
  if constexpr (COUNT > 1) {
    if (count < COUNT) return gradient_block_of<COUNT - 1>(count);
  }
  return gradient_block<COUNT>;
}

// Copies vectors `begin` to `end` of pixels y[pixel][features] to out[vector][pixel][LANES], zeros where K ends within one.
void copy_vectors(const float* y, int64_t pixels, int64_t features, int64_t begin, int64_t end, float* out) {
  for (int64_t v = begin; v < end; ++v) {
    const int64_t some = std::min<int64_t>(LANES, features - v * LANES);
    for (int64_t i = 0; i < pixels; ++i, out += LANES) {
      const float* from = y + i * features + v * LANES;
      if (some == LANES) {
        store(out, load(from));
      } else {
        std::memcpy(out, from, sizeof(float) * some);
        std::memset(out + some, 0, sizeof(float) * (LANES - some));
      }
    }
  }
}

void weight_gradient(ffi::ThreadPool& pool, const Shape& s, const float* x, const float* y, float* gradient) {
  const int64_t channels = s.channels, features = s.features, vectors = ceil_div(features, LANES);
  const int64_t rows = s.h.taps * s.w.taps * channels, pixels = s.h.output * s.w.output;
  // A task sums over a part of the images, for a share of the features where there are too few images for parts enough.
  const int64_t parts = std::clamp<int64_t>(s.images * pixels / PIXELS_OF_PART, 1, std::min(TASKS, s.images));
  const int64_t shares = std::min(vectors, ceil_div(TASKS / 2, parts));
  const int64_t band = s.band(), frame = s.frame(band), frame_row = s.frame_row(), pitch = s.pitch();
  const int64_t together = band < s.h.output ? 1 : std::max<int64_t>(1, BAND / frame);  // images in a patch
  // Numbers of x that are neighbours, and stay so from pixel to pixel: of all taps of a row of the kernel, or of one.
  const int64_t merged = s.w.reach == 1 && pitch == channels ? s.w.taps : 1, length = merged * channels;

  const Floats partial = floats(parts * vectors * rows * LANES);  // [part][vector][tap][channel][LANES]
  parallel(pool, parts * shares, [&](int64_t task) {
    const int64_t part = task / shares, share = task % shares;
    const int64_t v0 = vectors * share / shares, v1 = vectors * (share + 1) / shares;
    float* sums = partial.get() + (part * vectors + v0) * rows * LANES;
    std::memset(sums, 0, sizeof(float) * (v1 - v0) * rows * LANES);
    const int64_t last = s.images * (part + 1) / parts;
    for (int64_t n = s.images * part / parts; n < last; n += together)
      for (int64_t begin = 0; begin < s.h.output; begin += band) {
        Patch patch;
        patch.images = std::min(together, last - n);
        patch.rows = std::min(band, s.h.output - begin);
        patch.columns = s.w.output;
        patch.x_image = frame, patch.x_row = s.h.stride * frame_row, patch.x_column = s.w.stride * pitch;
        float* frames = scratch<0>(patch.images * frame);
        for (int64_t i = 0; i < patch.images; ++i)
          copy_frame(s, s.image(x, n + i), begin, patch.rows, frames + i * frame);
        const float* ys = y + (n * pixels + begin * s.w.output) * features;
        const int64_t count = patch.images * patch.rows * patch.columns;  // pixels of a band, or of whole images
        if (features != LANES) {
          float* copied = scratch<1>((v1 - v0) * count * LANES);
          copy_vectors(ys, count, features, v0, v1, copied);
          ys = copied;
        }
        patch.x = frames;
        for (int64_t p = 0; p < s.h.taps; ++p)
          for (int64_t q = 0; q < s.w.taps; q += merged) {
            const int64_t offset = p * s.h.reach * frame_row + q * s.w.reach * pitch;
            for (int64_t i = 0, some; i < length; i += some) {
              some = ceil_div(length - i, ceil_div(length - i, NUMBERS));  // blocks as equal as can be
              const GradientBlock block = gradient_block_of<NUMBERS>(some);
              float* into = sums + ((p * s.w.taps + q) * channels + i) * LANES;
              for (int64_t v = 0; v < v1 - v0; ++v) {  // innermost: what is read of x stays in the first-level cache
                patch.y = ys + v * count * LANES;
                block(patch, offset + i, into + v * rows * LANES);
              }
            }
          }
      }
  });
  const int64_t slices = std::min<int64_t>(rows, 64);
  parallel(pool, slices, [&](int64_t slice) {
    for (int64_t row = rows * slice / slices; row < rows * (slice + 1) / slices; ++row)
      for (int64_t v = 0; v < vectors; ++v) {
        const float* from = partial.get() + (v * rows + row) * LANES;
        Vector sum = load(from);
        for (int64_t part = 1; part < parts; ++part) sum += load(from += vectors * rows * LANES);
        const int64_t some = std::min<int64_t>(LANES, features - v * LANES);
        std::memcpy(gradient + row * features + v * LANES, &sum, sizeof(float) * some);
      }
  });
}

// ---- what XLA calls

using Operand = ffi::Buffer<ffi::F32, 4>;
using Numbers = ffi::Span<const int64_t>;  // one for the height, one for the width
constexpr char STRIDE[] = "stride", DILATION[] = "dilation", REACH[] = "reach", PAD[] = "pad";
using Stride = ffi::Attr<Numbers, STRIDE>;
using Dilation = ffi::Attr<Numbers, DILATION>;
using Reach = ffi::Attr<Numbers, REACH>;
using Pad = ffi::Attr<Numbers, PAD>;

ffi::ErrorOr<Shape> shape_of(const Operand& x, const Operand& w, const Operand& y, Numbers stride, Numbers dilation,
                             Numbers reach, Numbers pad) {
  auto xs = x.dimensions(), ws = w.dimensions(), ys = y.dimensions();
  if (xs[0] != ys[0] || xs[3] != ws[2] || ws[3] != ys[3] || stride.size() != 2 || dilation.size() != 2 ||
      reach.size() != 2 || pad.size() != 2)
    return ffi::Unexpected(unfit("convolution"));
  std::array<Axis, 2> axes;
  for (int i = 0; i < 2; ++i) {
    axes[i] = {xs[1 + i], ys[1 + i], ws[i], stride[i], dilation[i], reach[i], pad[i]};
    if (axes[i].dilation > 1 && axes[i].stride > 1) return ffi::Unexpected(unfit("convolution"));
  }
  return Shape{xs[0], xs[3], ys[3], axes[0], axes[1]};
}

ffi::Error Convolve(ffi::ThreadPool pool, Operand x, Operand w, ffi::Result<Operand> y, Stride stride,
                    Dilation dilation, Reach reach, Pad pad) {
  auto shape = shape_of(x, w, *y, *stride, *dilation, *reach, *pad);
  if (!shape) return shape.error();
  convolve(pool, *shape, x.typed_data(), w.typed_data(), y->typed_data());
  return ffi::Error::Success();
}

ffi::Error WeightGradient(ffi::ThreadPool pool, Operand x, Operand y, ffi::Result<Operand> w, Stride stride,
                          Reach reach, Pad pad) {
  const int64_t one[] = {1, 1};
  auto shape = shape_of(x, *w, y, *stride, Numbers(one, 2), *reach, *pad);
  if (!shape) return shape.error();
  weight_gradient(pool, *shape, x.typed_data(), y.typed_data(), w->typed_data());
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxConvolve, Convolve);
XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxWeightGradient, WeightGradient);
