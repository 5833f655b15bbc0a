// A memory machine's loop through time for XLA's CPU backend, called through its foreign function interface: `forward`
// and `backward` of deepx/nn/cpu/memory_machine.py. A step is a few products, each of a few rows, and the heads' work on
// memories that are many times as large. Here a block of rows goes through all of time with its memories in a core's
// caches, and weights are packed once.
//
// E nets (axes that were mapped over), T steps, B examples; L layers of C cells, side by side in h and c [LC] and in the
// gates z [LG], G = 4C in the order i, f, g, o. What layer l multiplies with its kernel is what was read, h of the layer
// below where there is one, and its own h before; the kernels of all layers stand one below the other. Heads as in
// interact.h. All arrays are dense and row-major. Gradients are named as JAX names them: dx is the derivative of the
// loss with respect to x.
//
// Rows of a batch never meet, so that numbers do not depend on how many threads there are.

#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "handler.h"
#include "interact.h"
#include "lstm.h"
#include "parallel.h"
#include "product.h"

namespace {

struct Machine {
  int64_t nets, steps, batch, layers, cells;
  Sizes heads;

  int64_t gates() const { return 4 * cells; }
  int64_t all_cells() const { return layers * cells; }
  int64_t all_gates() const { return layers * gates(); }
  int64_t entering(int64_t layer) const { return heads.read() + (layer ? 2 : 1) * cells; }  // a layer's kernel
  int64_t above(int64_t layer) const { return layer * heads.read() + (layer ? 2 * layer - 1 : 0) * cells; }
};

// An array of every step, [E,T,B,width], and of the time before the first, [E,B,width].
template <class T>
struct Series {
  T* steps;
  const float* first;
  int64_t width;

  T* at(const Machine& m, int64_t net, int64_t t, int64_t row) const {
    return steps + ((net * m.steps + t) * m.batch + row) * width;
  }
  const float* before(const Machine& m, int64_t net, int64_t t, int64_t row) const {
    return t ? at(m, net, t - 1, row) : first + (net * m.batch + row) * width;
  }
};

// Weights [depth, columns] that rows are multiplied with.
struct Weights {
  Matrix from;
  int64_t depth, columns;
  float* packed;

  int64_t size() const { return ceil_div(columns, COLUMNS) * panel(depth); }
  void pack() const {
    for (int64_t j = 0; j < columns; j += COLUMNS)
      pack_right(from.from(0, j), depth, columns - j, packed + j / COLUMNS * panel(depth));
  }
  // c[rows][columns] = a W, or += it, of ROWS rows at most; `left` is room for a panel.
  void multiply(const float* a, int64_t pitch, int64_t rows, float* left, float* c, int64_t c_pitch, bool add) const {
    pack_left({a, pitch, 1}, rows, depth, left);
    for (int64_t j = 0; j < columns; j += COLUMNS)
      ::multiply(left, packed + j / COLUMNS * panel(depth), depth, c + j, c_pitch, rows, columns - j, add);
  }
};

// The kernels of every layer, then that of the heads.
using Kernels = std::vector<Weights>;

Kernels kernels_of(const Machine& m, const float* layers, const float* heads, int64_t net) {
  Kernels all;
  const int64_t rows = m.above(m.layers), emitted = m.heads.emitted();
  for (int64_t l = 0; l < m.layers; ++l)
    all.push_back({{layers + (net * rows + m.above(l)) * m.gates(), m.gates(), 1}, m.entering(l), m.gates(), nullptr});
  all.push_back({{heads + net * m.cells * emitted, emitted, 1}, m.cells, emitted, nullptr});
  return all;
}

Kernels transposed(Kernels all) {
  for (Weights& w : all) w.from = w.from.transposed(), std::swap(w.depth, w.columns);
  return all;
}

int64_t deepest(const Kernels& all) {
  return std::max_element(all.begin(), all.end(), [](auto& a, auto& b) { return a.depth < b.depth; })->depth;
}

// block(net, its kernels, begin, end) for all rows of every net's batch, ROWS at most, and of_net(net) its kernels.
//
// There are as many blocks for one thread as for another, if the batch has so many rows.
template <class OfNet, class Block>
void for_blocks(ffi::ThreadPool& pool, const Machine& m, OfNet of_net, Block block) {
  std::vector<Kernels> kernels;
  int64_t size = 0;
  for (int64_t net = 0; net < m.nets; ++net) {
    kernels.push_back(of_net(net));
    for (const Weights& w : kernels.back()) size += w.size();
  }
  const Floats packed = floats(size);
  float* next = packed.get();
  for (Kernels& all : kernels)
    for (Weights& w : all) w.packed = next, next += w.size();
  parallel(pool, m.nets, [&](int64_t net) {
    for (const Weights& w : kernels[net]) w.pack();
  });
  const int64_t threads = std::max<int64_t>(1, pool.num_threads()), least = m.nets * ceil_div(m.batch, ROWS);
  const int64_t blocks = std::min(m.batch, ceil_div(ceil_div(least, threads) * threads, m.nets));  // of a net
  parallel(pool, m.nets * blocks, [&](int64_t i) {
    const Tiles tiles;
    const int64_t net = i / blocks, part = i % blocks;
    block(net, kernels[net], m.batch * part / blocks, m.batch * (part + 1) / blocks);
  });
}

// ---- forward

struct Forward {
  const float *layers, *heads, *bias, *gates;
  Series<float> z, h, c, emitted, read, w;
  const float* memory;
};

class ThroughTime {
 public:
  ThroughTime(const Machine& machine, const Forward& arrays, const Kernels& kernels, Room& room)
      : m(machine), all(arrays), kernels_(kernels), interact_(m.heads, room), memory_(room.rows(ROWS, m.heads.memory())),
        entering_(room.rows(ROWS, m.entering(1))), left_(room.row(panel(deepest(kernels)))) {}

  void operator()(int64_t net, int64_t begin, int64_t end) {
    const int64_t rows = end - begin, size = m.heads.memory(), emitted = m.heads.emitted();
    std::memcpy(memory_, all.memory + (net * m.batch + begin) * size, sizeof(float) * rows * size);
    for (int64_t t = 0; t < m.steps; ++t) {
      for (int64_t l = 0; l < m.layers; ++l) step(net, t, begin, end, l);
      float* e = all.emitted.at(m, net, t, begin);
      for (int64_t i = 0; i < rows; ++i) std::memcpy(e + i * emitted, all.bias + net * emitted, sizeof(float) * emitted);
      const float* top = all.h.at(m, net, t, begin) + m.all_cells() - m.cells;
      kernels_.back().multiply(top, m.all_cells(), rows, left_, e, emitted, true);
      for (int64_t i = 0; i < rows; ++i)
        interact_(e + i * emitted, all.w.before(m, net, t, begin + i), memory_ + i * size,
                  all.w.at(m, net, t, begin + i), all.read.at(m, net, t, begin + i), memory_ + i * size);
    }
  }

 private:
  // Layer l of time t: z = gates + what enters W, then the next state.
  void step(int64_t net, int64_t t, int64_t begin, int64_t end, int64_t l) {
    const int64_t depth = m.entering(l), below = (l - 1) * m.cells, own = l * m.cells;
    for (int64_t b = begin; b < end; ++b) {
      float* to = entering_ + (b - begin) * depth;
      to = std::copy_n(all.read.before(m, net, t, b), m.heads.read(), to);
      if (l) to = std::copy_n(all.h.at(m, net, t, b) + below, m.cells, to);
      std::copy_n(all.h.before(m, net, t, b) + own, m.cells, to);
    }
    float* z = all.z.at(m, net, t, begin) + l * m.gates();
    const float* gates = all.gates + (z - all.z.steps);
    for (int64_t i = 0; gates != z && i < end - begin; ++i)
      std::copy_n(gates + i * m.all_gates(), m.gates(), z + i * m.all_gates());
    kernels_[l].multiply(entering_, depth, end - begin, left_, z, m.all_gates(), true);
    for (int64_t b = begin; b < end; ++b, z += m.all_gates())
      advance(z, all.c.before(m, net, t, b) + own, m.cells, 0, m.cells, all.h.at(m, net, t, b) + own,
              all.c.at(m, net, t, b) + own);
  }

  const Machine& m;
  const Forward& all;
  const Kernels& kernels_;
  Interact interact_;
  float *memory_, *entering_, *left_;
};

// ---- backward

struct Backward {
  const float *layers, *heads;
  Series<const float> z, c, emitted, w;
  const float *memory, *dh_out, *dread_out;
  float *dz, *demitted;
  float *dh, *dc, *dread, *dw, *dmemory;  // of what the loop carries; in the end, of the first state
  float clip;
};

// The memories of all steps are not kept, but made again from what was written, a stretch of steps at a time.
class BackInTime {
 public:
  BackInTime(const Machine& machine, const Backward& arrays, const Kernels& kernels, Room& room)
      : m(machine), all(arrays), kernels_(kernels), stretch_(std::ceil(std::sqrt(m.steps))),
        stretches_(ceil_div(m.steps, stretch_)), interact_(m.heads, room), vjp_(m.heads, room),
        begins_(room.rows(stretches_ * ROWS, m.heads.memory())), memories_(room.rows(stretch_ * ROWS, m.heads.memory())),
        dentering_(room.rows(ROWS, m.entering(1))), left_(room.row(panel(deepest(kernels)))) {}

  void operator()(int64_t net, int64_t begin, int64_t end) {
    const int64_t rows = end - begin, first = net * m.batch + begin;
    for (const auto& [d, width] : carried()) std::memset(d + first * width, 0, sizeof(float) * rows * width);
    for (int64_t b = begin; b < end; ++b) {
      std::copy_n(all.memory + (net * m.batch + b) * m.heads.memory(), m.heads.memory(), memory(begins_, 0, b - begin));
      for (int64_t s = 0; s + 1 < stretches_; ++s)
        for (int64_t t = s * stretch_; t < (s + 1) * stretch_; ++t)
          write(net, t, b, memory(begins_, t % stretch_ ? s + 1 : s, b - begin), memory(begins_, s + 1, b - begin));
    }
    for (int64_t s = stretches_ - 1; s >= 0; --s) {
      const int64_t from = s * stretch_, to = std::min(m.steps, from + stretch_);
      for (int64_t b = begin; b < end; ++b) {
        std::copy_n(memory(begins_, s, b - begin), m.heads.memory(), memory(memories_, 0, b - begin));
        for (int64_t t = from; t + 1 < to; ++t)
          write(net, t, b, memory(memories_, t - from, b - begin), memory(memories_, t + 1 - from, b - begin));
      }
      for (int64_t t = to - 1; t >= from; --t) step(net, t, begin, end, t - from);
    }
  }

 private:
  std::array<std::pair<float*, int64_t>, 5> carried() const {
    return {{{all.dh, m.all_cells()}, {all.dc, m.all_cells()}, {all.dread, m.heads.read()},
             {all.dw, m.heads.weightings()}, {all.dmemory, m.heads.memory()}}};
  }

  float* memory(float* of, int64_t number, int64_t i) const { return of + (number * ROWS + i) * padded(m.heads.memory()); }

  // The memory after step t from that before.
  void write(int64_t net, int64_t t, int64_t b, const float* before, float* after) {
    interact_.again(all.emitted.at(m, net, t, b), all.w.at(m, net, t, b), before, after);
  }

  // Step t, whose memory before it has this number in its stretch.
  void step(int64_t net, int64_t t, int64_t begin, int64_t end, int64_t number) {
    const int64_t rows = end - begin, now = (net * m.steps + t) * m.batch, first = net * m.batch;
    const int64_t emitted = m.heads.emitted(), cells = m.all_cells(), read = m.heads.read();
    add(all.dh_out + (now + begin) * cells, rows * cells, all.dh + (first + begin) * cells);
    add(all.dread_out + (now + begin) * read, rows * read, all.dread + (first + begin) * read);
    for (int64_t b = begin; b < end; ++b) {
      float *dw = all.dw + (first + b) * m.heads.weightings(), *dmemory = all.dmemory + (first + b) * m.heads.memory();
      vjp_(all.emitted.at(m, net, t, b), all.w.before(m, net, t, b), memory(memories_, number, b - begin), dw,
           all.dread + (first + b) * read, dmemory, all.demitted + (now + b) * emitted, dw, dmemory);
    }
    kernels_.back().multiply(all.demitted + (now + begin) * emitted, emitted, rows, left_,
                             all.dh + (first + begin) * cells + cells - m.cells, cells, true);
    std::memset(all.dread + (first + begin) * read, 0, sizeof(float) * rows * read);
    for (int64_t l = m.layers - 1; l >= 0; --l) layer_back(net, t, begin, end, l);
    if (std::isfinite(all.clip))
      for (const auto& [d, width] : carried()) clip(d + (first + begin) * width, rows * width);
  }

  void layer_back(int64_t net, int64_t t, int64_t begin, int64_t end, int64_t l) {
    const int64_t depth = m.entering(l), read = m.heads.read(), first = net * m.batch, own = l * m.cells;
    float* dz = all.dz + ((net * m.steps + t) * m.batch + begin) * m.all_gates() + l * m.gates();
    for (int64_t b = begin; b < end; ++b)
      advance_back(all.z.at(m, net, t, b) + l * m.gates(), all.c.before(m, net, t, b) + own,
                   all.c.at(m, net, t, b) + own, m.cells, all.dh + (first + b) * m.all_cells() + own,
                   dz + (b - begin) * m.all_gates(), all.dc + (first + b) * m.all_cells() + own);
    kernels_[l].multiply(dz, m.all_gates(), end - begin, left_, dentering_, depth, false);
    for (int64_t b = begin; b < end; ++b) {
      const float* d = dentering_ + (b - begin) * depth;
      float* dh = all.dh + (first + b) * m.all_cells() + own;
      add(d, read, all.dread + (first + b) * read);
      if (l) add(d + read, m.cells, dh - m.cells);
      std::copy_n(d + depth - m.cells, m.cells, dh);
    }
  }

  static void add(const float* from, int64_t count, float* to) {
    for (int64_t i = 0; i < count; ++i) to[i] += from[i];
  }

  void clip(float* d, int64_t count) const {
    for (int64_t i = 0; i < count; ++i) d[i] = d[i] > all.clip ? all.clip : d[i] < -all.clip ? -all.clip : d[i];
  }

  const Machine& m;
  const Backward& all;
  const Kernels& kernels_;
  const int64_t stretch_, stretches_;
  Interact interact_;
  InteractVjp vjp_;
  float *begins_, *memories_, *dentering_, *left_;
};

// ---- what XLA calls

constexpr char READS[] = "reads", SHIFTS[] = "shifts", CLIP[] = "clip";
using Reads = ffi::Attr<int64_t, READS>;
using Shifts = ffi::Attr<int64_t, SHIFTS>;
using Clip = ffi::Attr<float, CLIP>;

// The sizes of the layers' kernels [...,D,G], the heads' [...,C,F], z [...,T,B,LG], w0 [...,B,H,N], the first memory
// [...,B,W,N]. The caller answers for the other arrays' shapes.
ffi::ErrorOr<Machine> machine_of(const Buffer& layers, const Buffer& heads, const Buffer& z, const Buffer& w0,
                                 const Buffer& memory, int64_t reads, int64_t shifts) {
  const Axes k(layers.dimensions(), 2), e(heads.dimensions(), 2), x(z.dimensions(), 3), w(w0.dimensions(), 3),
      n(memory.dimensions(), 3);
  const auto nets = examples_of({k, e, x, w, n});
  if (!nets) return ffi::Unexpected(unfit("machine"));
  const Machine m{*nets, x[0], x[1], x[2] / k[1], e[0], {reads, w[1], w[2], n[1], shifts}};
  if (k[0] != m.above(m.layers) || k[1] != m.gates() || x[2] != m.all_gates() || e[1] != m.heads.emitted() ||
      w[0] != m.batch || n[0] != m.batch || n[2] != m.heads.slots || shifts % 2 == 0 || shifts > m.heads.slots ||
      reads > m.heads.heads)
    return ffi::Unexpected(unfit("machine"));
  return m;
}

template <class Pass, class Arrays, class OfNet>
void through(ffi::ThreadPool& pool, const Machine& m, const Arrays& arrays, OfNet of_net) {
  for_blocks(pool, m, of_net, [&](int64_t net, const Kernels& kernels, int64_t begin, int64_t end) {
    Room counted(nullptr);
    Pass(m, arrays, kernels, counted);
    Room room(scratch<0>(counted.taken()));
    Pass(m, arrays, kernels, room)(net, begin, end);
  });
}

ffi::Error forward(ffi::ThreadPool pool, Buffer layers, Buffer heads, Buffer bias, Buffer gates, Buffer h0, Buffer c0,
                   Buffer read0, Buffer w0, Buffer memory, Result z, Result h, Result c, Result emitted, Result read,
                   Result w, Reads reads, Shifts shifts) {
  const auto m = machine_of(layers, heads, gates, w0, memory, *reads, *shifts);
  if (!m) return m.error();
  const Forward arrays{layers.typed_data(),
                       heads.typed_data(),
                       bias.typed_data(),
                       gates.typed_data(),
                       {z->typed_data(), nullptr, m->all_gates()},
                       {h->typed_data(), h0.typed_data(), m->all_cells()},
                       {c->typed_data(), c0.typed_data(), m->all_cells()},
                       {emitted->typed_data(), nullptr, m->heads.emitted()},
                       {read->typed_data(), read0.typed_data(), m->heads.read()},
                       {w->typed_data(), w0.typed_data(), m->heads.weightings()},
                       memory.typed_data()};
  through<ThroughTime>(pool, *m, arrays, [&](int64_t net) { return kernels_of(*m, arrays.layers, arrays.heads, net); });
  return ffi::Error::Success();
}

ffi::Error backward(ffi::ThreadPool pool, Buffer layers, Buffer heads, Buffer z, Buffer c0, Buffer c, Buffer emitted,
                    Buffer w0, Buffer w, Buffer memory, Buffer dh_out, Buffer dread_out, Result dz, Result demitted,
                    Result dh, Result dc, Result dread, Result dw, Result dmemory, Reads reads, Shifts shifts,
                    Clip clip) {
  const auto m = machine_of(layers, heads, z, w0, memory, *reads, *shifts);
  if (!m) return m.error();
  const Backward arrays{layers.typed_data(),
                        heads.typed_data(),
                        {z.typed_data(), nullptr, m->all_gates()},
                        {c.typed_data(), c0.typed_data(), m->all_cells()},
                        {emitted.typed_data(), nullptr, m->heads.emitted()},
                        {w.typed_data(), w0.typed_data(), m->heads.weightings()},
                        memory.typed_data(),
                        dh_out.typed_data(),
                        dread_out.typed_data(),
                        dz->typed_data(),
                        demitted->typed_data(),
                        dh->typed_data(),
                        dc->typed_data(),
                        dread->typed_data(),
                        dw->typed_data(),
                        dmemory->typed_data(),
                        *clip};
  through<BackInTime>(pool, *m, arrays,
                      [&](int64_t net) { return transposed(kernels_of(*m, arrays.layers, arrays.heads, net)); });
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxMachine, forward);
XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxMachineBackward, backward);
