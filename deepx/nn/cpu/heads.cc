// The heads of a neural Turing machine for XLA's CPU backend, called through its foreign function interface: `interact`
// of deepx/nn/heads.py, and its vector-Jacobian product. As XLA compiles it, it is a hundred operations, each too small
// for what starting it costs; here an example stays in the first-level cache from its first step to its last.
//
// Of an example, dense and row-major: what is emitted [F], weightings [H,N], the memory M[W,N], read vectors [R,W].
// R read heads, then E write heads, H = R + E; N slots, W wide; S shifts. All axes before these are examples. Gradients
// are named as JAX names them: dx is the derivative of the loss with respect to x.
//
// Every example is computed alike: numbers do not depend on how many threads there are.

#include "heads.h"
#include "parallel.h"

namespace {

namespace ffi = xla::ffi;

constexpr int64_t TASK = 1 << 16;  // numbers of memories, times heads, that are worth a task: about 20 us

// ---- interact: weightings w, read vectors r and the next memory M'

struct Forward {
  const float *emitted, *previous, *memory;
  float *w, *read, *next;
};

class Interact : Example {
 public:
  Interact(const Sizes& sizes, const Forward& arrays, Room& room)
      : Example(sizes, room), arrays_(arrays), line_(room.row(s.slots)) {}

  void operator()(int64_t n) {
    forward(arrays_.emitted + n * s.emitted(), arrays_.previous + n * s.heads * s.slots,
            arrays_.memory + n * s.width * s.slots);
    for (int64_t h = 0; h < s.heads; ++h)
      std::memcpy(arrays_.w + (n * s.heads + h) * s.slots, heads[h].w, sizeof(float) * s.slots);
    for (int64_t h = 0; h < s.reads; ++h)  // eq 2: r = M w
      for (int64_t w = 0; w < s.width; ++w)
        arrays_.read[(n * s.reads + h) * s.width + w] = inner(memory + w * s.pitch(), heads[h].w, s.slots);
    for (int64_t w = 0; w < s.width; ++w)
      with_row(arrays_.next + (n * s.width + w) * s.slots, line_, [&](float* row) { write(w, row); });
  }

 private:
  // Row w of M' = M prod over write heads (1 - e w) + sum over them a w: eq 3, 4.
  void write(int64_t w, float* row) const {
    along(s.slots, [&](int64_t i) {
      Vector kept = load(memory + w * s.pitch() + i), added = {};
      for (int64_t h = s.reads; h < s.heads; ++h) {
        const Vector where = load(heads[h].w + i);
        kept *= 1.0f - heads[h].erase[w] * where;
        added += heads[h].add[w] * where;
      }
      store(row + i, kept + added);
    });
  }

  const Forward arrays_;
  float* line_;
};

// ---- its vector-Jacobian product

struct Backward {
  const float *emitted, *previous, *memory, *dw, *dread, *dnext;
  float *demitted, *dprevious, *dmemory;
};

class InteractVjp : Example {
 public:
  InteractVjp(const Sizes& sizes, const Backward& arrays, Room& room)
      : Example(sizes, room), arrays_(arrays), line_(room.row(s.slots)), self_(room.row(s.slots)),
        circle_(room.row(s.pitch() + 2 * s.reach())), d_(room.rows(s.heads, s.slots)),
        dnext_room_(room.rows(s.width, s.slots)) {}

  void operator()(int64_t n) {
    emitted_ = arrays_.emitted + n * s.emitted();
    demitted_ = arrays_.demitted + n * s.emitted();
    dread_ = arrays_.dread + n * s.reads * s.width;
    forward(emitted_, arrays_.previous + n * s.heads * s.slots, arrays_.memory + n * s.width * s.slots);
    dnext_ = aligned(arrays_.dnext + n * s.width * s.slots, s.width, dnext_room_);
    for (int64_t h = 0; h < s.heads; ++h) copy(arrays_.dw + (n * s.heads + h) * s.slots, s.slots, d_ + h * s.pitch());

    for (int64_t h = 0; h < s.reads; ++h)  // eq 2: r = M w, dw += M^T dr
      add_combined(s, dread_ + h * s.width, memory, d_ + h * s.pitch());
    for (int64_t h = s.reads; h < s.heads; ++h) write_back(h);
    std::fill_n(self_, s.pitch(), 0.0f);
    for (int64_t h = 0; h < s.heads; ++h) address_back(h, arrays_.dprevious + (n * s.heads + h) * s.slots);
    for (int64_t w = 0; w < s.width; ++w)
      with_row(arrays_.dmemory + (n * s.width + w) * s.slots, line_, [&](float* row) { memory_back(w, row); });
  }

 private:
  // Of write head h, with D for dM':
  //     M'(w,n) = M(w,n) prod over heads f  c_f + sum over f  a_f(w) w_f(n),  c_f = 1 - e_f(w) w_f(n)     eq 3, 4
  //     da(w) = sum over n  D w                dw(n) += sum over w  D a
  //     dc(w,n) = D M  prod over f != h  c_f
  //     de(w) = - sum over n  dc w             dw(n) -= sum over w  dc e
  // What the head emitted goes through e = sigmoid(x), de/dx = e (1 - e), and a = tanh(y), da/dy = 1 - a^2.
  void write_back(int64_t h) {
    const Head& head = heads[h];
    float *dw = d_ + h * s.pitch(), *dx = demitted_ + s.heads * s.address() + (h - s.reads) * 2 * s.width;
    add_combined(s, head.add, dnext_, dw);
    for (int64_t w = 0; w < s.width; ++w) {
      const float *dnext = dnext_ + w * s.pitch(), *m = memory + w * s.pitch(), e = head.erase[w], a = head.add[w];
      Vector de = {}, da = {};
      along(s.slots, [&](int64_t i) {
        const Vector where = load(head.w + i), d = load(dnext + i);
        Vector dc = d * load(m + i);
        for (int64_t f = s.reads; f < s.heads; ++f)
          if (f != h) dc *= 1.0f - heads[f].erase[w] * load(heads[f].w + i);
        da += d * where;
        de -= dc * where;
        store(dw + i, load(dw + i) - dc * e);
      });
      dx[w] = sum(de) * e * (1 - e);
      dx[s.width + w] = sum(da) * (1 - a * a);
    }
  }

  // From dw of head h, which is complete, to what it emitted and to its previous weighting; `d` becomes d(k . M).
  void address_back(int64_t h, float* dprevious) {
    const Head& head = heads[h];
    const float *x = emitted_ + h * s.address() + s.width, *before = previous + h * s.pitch();
    float *d = d_ + h * s.pitch(), *dkey = demitted_ + h * s.address(), *dx = dkey + s.width;

    // eq 9: w = softmax(gamma l), l = log w~. With z = gamma l: dgamma = sum dz l; dw~ = gamma dz / w~, 0 below TINY.
    softmax_back(head.w, s.slots, d);
    dx[2] = inner(d, head.logarithm, s.slots) * sigmoid(x[2]);  // gamma = 1 + softplus(x2)
    along(s.slots, [&](int64_t i) {
      const Vector shifted = load(head.shifted + i);
      const Vector dshifted = shifted == TINY ? Vector{} : head.gamma * load(d + i) / shifted;
      store(d + i, dshifted);
      store(circle_ + s.reach() + i, dshifted);
    });
    close_circle(circle_);

    // eq 8: w~(i) = sum over j  w_g(i - j) s(j).
    //     ds(j) = sum over i  dw~(i) w_g(i - j)   dw_g(i) = sum over j  dw~(i + j) s(j)
    float mean = 0;  // s = softmax(x3 ...): dx = s (ds - sum ds s)
    for (int64_t j = 0; j < s.shifts; ++j) {
      dx[3 + j] = inner(d, head.around + 2 * s.reach() - j, s.slots);
      mean += dx[3 + j] * head.shift[j];
    }
    for (int64_t j = 0; j < s.shifts; ++j) dx[3 + j] = head.shift[j] * (dx[3 + j] - mean);

    // eq 7: w_g = before + g (w_c - before). dg = sum dw_g (w_c - before); dbefore = (1 - g) dw_g; dw_c = g dw_g.
    Vector dgate = {};
    with_row(dprevious, line_, [&](float* row) {
      along(s.slots, [&](int64_t i) {
        Vector dgated = {};
        for (int64_t j = 0; j < s.shifts; ++j) dgated += head.shift[j] * load(circle_ + j + i);
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
      const Vector inverse = load(norm + i), dcosine = load(d + i) * scale;
      store(self_ + i, load(self_ + i) - dcosine * load(head.cosine + i) * inverse * inverse);
      store(d + i, dcosine * inverse);
    });
    const float shrink = scale * total * head.norm * head.norm;
    for (int64_t w = 0; w < s.width; ++w) {
      const float k = head.key[w], dk = inner(d, memory + w * s.pitch(), s.slots) - shrink * k;
      dkey[w] = dk * (1 - k * k);  // k = tanh(x)
    }
  }

  // Row w of dM = D prod c + sum over read heads  dr w + sum over heads  d(k . M) k + self M: by M', r, addresses.
  void memory_back(int64_t w, float* row) const {
    along(s.slots, [&](int64_t i) {
      Vector kept = load(dnext_ + w * s.pitch() + i);
      Vector added = load(self_ + i) * load(memory + w * s.pitch() + i);
      for (int64_t h = 0; h < s.heads; ++h) {
        const Vector where = load(heads[h].w + i);
        added += heads[h].key[w] * load(d_ + h * s.pitch() + i);
        if (h < s.reads)
          added += dread_[h * s.width + w] * where;
        else
          kept *= 1.0f - heads[h].erase[w] * where;
      }
      store(row + i, kept + added);
    });
  }

  const Backward arrays_;
  float *line_, *self_, *circle_, *d_, *dnext_room_;
  const float *emitted_, *dread_, *dnext_;
  float* demitted_;
};

// ---- what XLA calls

// Pass(n) for every example, a Pass a task; `work` is what a number costs, that of `interact` being 1.
template <class Pass, class Arrays>
void for_each(ffi::ThreadPool& pool, const Sizes& s, int64_t examples, int64_t work, const Arrays& arrays) {
  const int64_t tasks = std::clamp<int64_t>(examples * s.heads * s.width * s.slots * work / TASK, 1, examples);
  auto task = [&](int64_t i) {
    Room counted(nullptr);
    Pass(s, arrays, counted);
    Room room(scratch<0>(counted.taken()));
    Pass pass(s, arrays, room);
    for (int64_t n = examples * i / tasks; n < examples * (i + 1) / tasks; ++n) pass(n);
  };
  if (tasks == 1)
    task(0);
  else
    parallel(pool, tasks, task);
}

using Buffer = ffi::Buffer<ffi::F32>;
using Result = ffi::Result<Buffer>;

// The sizes of these operands, `examples` what they have in common. The caller answers for the other arrays' shapes.
ffi::ErrorOr<Sizes> sizes_of(const Buffer& emitted, const Buffer& previous, const Buffer& memory, int64_t reads,
                             int64_t shifts, int64_t* examples) {
  const auto e = emitted.dimensions(), p = previous.dimensions(), m = memory.dimensions();
  const size_t axes = e.size();
  if (axes < 1 || p.size() != axes + 1 || m.size() != axes + 1)
    return ffi::Unexpected(ffi::Error::InvalidArgument("deepx heads: ranks do not fit"));
  const Sizes s{reads, p[axes - 1], p[axes], m[axes - 1], shifts};
  *examples = 1;
  for (size_t axis = 0; axis + 1 < axes; ++axis) *examples *= e[axis];
  if (e[axes - 1] != s.emitted() || m[axes] != s.slots || shifts % 2 == 0 || shifts > s.slots || reads > s.heads)
    return ffi::Unexpected(ffi::Error::InvalidArgument("deepx heads: shapes do not fit"));
  return s;
}

ffi::Error interact(ffi::ThreadPool pool, Buffer emitted, Buffer previous, Buffer memory, Result w, Result read,
                    Result next, int64_t reads, int64_t shifts) {
  int64_t examples;
  auto s = sizes_of(emitted, previous, memory, reads, shifts, &examples);
  if (!s) return s.error();
  const Forward arrays{emitted.typed_data(), previous.typed_data(), memory.typed_data(),
                       w->typed_data(),      read->typed_data(),    next->typed_data()};
  if (examples > 0) for_each<Interact>(pool, *s, examples, 1, arrays);
  return ffi::Error::Success();
}

ffi::Error interact_vjp(ffi::ThreadPool pool, Buffer emitted, Buffer previous, Buffer memory, Buffer dw, Buffer dread,
                        Buffer dnext, Result demitted, Result dprevious, Result dmemory, int64_t reads,
                        int64_t shifts) {
  int64_t examples;
  auto s = sizes_of(emitted, previous, memory, reads, shifts, &examples);
  if (!s) return s.error();
  const Backward arrays{emitted.typed_data(),   previous.typed_data(),   memory.typed_data(),
                        dw.typed_data(),        dread.typed_data(),      dnext.typed_data(),
                        demitted->typed_data(), dprevious->typed_data(), dmemory->typed_data()};
  if (examples > 0) for_each<InteractVjp>(pool, *s, examples, 2, arrays);
  return ffi::Error::Success();
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxInteract, interact,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Buffer>()
                                  .Arg<Buffer>()
                                  .Arg<Buffer>()
                                  .Ret<Buffer>()
                                  .Ret<Buffer>()
                                  .Ret<Buffer>()
                                  .Attr<int64_t>("reads")
                                  .Attr<int64_t>("shifts"));

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxInteractVjp, interact_vjp,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Buffer>()
                                  .Arg<Buffer>()
                                  .Arg<Buffer>()
                                  .Arg<Buffer>()
                                  .Arg<Buffer>()
                                  .Arg<Buffer>()
                                  .Ret<Buffer>()
                                  .Ret<Buffer>()
                                  .Ret<Buffer>()
                                  .Attr<int64_t>("reads")
                                  .Attr<int64_t>("shifts"));
