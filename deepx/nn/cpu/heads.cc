// The heads of a neural Turing machine for XLA's CPU backend, called through its foreign function interface: `interact`
// of deepx/nn/heads.py, and its vector-Jacobian product. As XLA compiles it, it is a hundred operations, each too small
// for what starting it costs; here an example stays in the first-level cache from its first step to its last.
//
// Of an example, dense and row-major: what is emitted [F], weightings [H,N], the memory M[W,N], read vectors [R,W].
// R read heads, then E write heads, H = R + E; N slots, W wide; S shifts. All axes before these are examples. Gradients
// are named as JAX names them: dx is the derivative of the loss with respect to x.
//
// Every example is computed alike: numbers do not depend on how many threads there are.

#include "interact.h"
#include "parallel.h"

namespace {

namespace ffi = xla::ffi;

constexpr int64_t TASK = 1 << 16;  // numbers of memories, times heads, that are worth a task: about 20 us

// ---- what XLA calls

// of(pass, n) for every example, a Pass a task; `work` is what a number costs, that of `interact` being 1.
template <class Pass, class Of>
void for_each(ffi::ThreadPool& pool, const Sizes& s, int64_t examples, int64_t work, Of of) {
  if (examples == 0) return;
  const int64_t tasks = std::clamp<int64_t>(examples * s.heads * s.width * s.slots * work / TASK, 1, examples);
  auto task = [&](int64_t i) {
    Room counted(nullptr);
    Pass(s, counted);
    Room room(scratch<0>(counted.taken()));
    Pass pass(s, room);
    for (int64_t n = examples * i / tasks; n < examples * (i + 1) / tasks; ++n) of(pass, n);
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
  const int64_t e = s->emitted(), p = s->weightings(), r = s->read(), m = s->memory();
  for_each<Interact>(pool, *s, examples, 1, [&](Interact& pass, int64_t n) {
    pass(emitted.typed_data() + n * e, previous.typed_data() + n * p, memory.typed_data() + n * m,
         w->typed_data() + n * p, read->typed_data() + n * r, next->typed_data() + n * m);
  });
  return ffi::Error::Success();
}

ffi::Error interact_vjp(ffi::ThreadPool pool, Buffer emitted, Buffer previous, Buffer memory, Buffer dw, Buffer dread,
                        Buffer dnext, Result demitted, Result dprevious, Result dmemory, int64_t reads,
                        int64_t shifts) {
  int64_t examples;
  auto s = sizes_of(emitted, previous, memory, reads, shifts, &examples);
  if (!s) return s.error();
  const int64_t e = s->emitted(), p = s->weightings(), r = s->read(), m = s->memory();
  for_each<InteractVjp>(pool, *s, examples, 2, [&](InteractVjp& pass, int64_t n) {
    pass(emitted.typed_data() + n * e, previous.typed_data() + n * p, memory.typed_data() + n * m,
         dw.typed_data() + n * p, dread.typed_data() + n * r, dnext.typed_data() + n * m,
         demitted->typed_data() + n * e, dprevious->typed_data() + n * p, dmemory->typed_data() + n * m);
  });
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
