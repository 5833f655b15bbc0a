// The heads of a neural Turing machine for XLA's CPU backend, called through its foreign function interface: `interact`
// of deepx/nn/heads.py, and its vector-Jacobian product. As XLA compiles it, it is a hundred operations, each too small
// for what starting it costs; here an example stays in the first-level cache from its first step to its last.
//
// Of an example, dense and row-major: what is emitted [F], weightings [H,N], the memory M[W,N], read vectors [R,W].
// R read heads, then E write heads, H = R + E; N slots, W wide; S shifts. All axes before these are examples. Gradients
// are named as JAX names them: dx is the derivative of the loss with respect to x.
//
// Every example is computed alike: numbers do not depend on how many threads there are.

#include "handler.h"
#include "interact.h"
#include "parallel.h"

namespace {

constexpr int64_t TASK = 1 << 16;  // numbers of memories, times heads, that are worth a task: about 20 us

// of(pass, n) for every example, a Pass a task; `work` is what a number costs, that of `interact` being 1.
template <class Pass, class Of>
void for_each(ffi::ThreadPool& pool, const Sizes& s, int64_t examples, int64_t work, Of of) {
  in_parts(pool, examples, s.heads * s.width * s.slots * work, TASK, [&](int64_t begin, int64_t end) {
    Room counted(nullptr);
    Pass(s, counted);
    Room room(scratch<0>(counted.taken()));
    Pass pass(s, room);
    for (int64_t n = begin; n < end; ++n) of(pass, n);
  });
}

// ---- what XLA calls

constexpr char READS[] = "reads", SHIFTS[] = "shifts";
using Reads = ffi::Attr<int64_t, READS>;
using Shifts = ffi::Attr<int64_t, SHIFTS>;

// The sizes of these operands, `examples` what they have in common. The caller answers for the other arrays' shapes.
ffi::ErrorOr<Sizes> sizes_of(const Buffer& emitted, const Buffer& previous, const Buffer& memory, int64_t reads,
                             int64_t shifts, int64_t* examples) {
  const Axes e(emitted.dimensions(), 1), p(previous.dimensions(), 2), m(memory.dimensions(), 2);
  const auto leading = examples_of({e, p, m});
  if (!leading) return ffi::Unexpected(unfit("heads"));
  *examples = *leading;
  const Sizes s{reads, p[0], p[1], m[0], shifts};
  if (e[0] != s.emitted() || m[1] != s.slots || shifts % 2 == 0 || shifts > s.slots || reads > s.heads)
    return ffi::Unexpected(unfit("heads"));
  return s;
}

ffi::Error interact(ffi::ThreadPool pool, Buffer emitted, Buffer previous, Buffer memory, Result w, Result read,
                    Result next, Reads reads, Shifts shifts) {
  int64_t examples;
  auto s = sizes_of(emitted, previous, memory, *reads, *shifts, &examples);
  if (!s) return s.error();
  const int64_t e = s->emitted(), p = s->weightings(), r = s->read(), m = s->memory();
  for_each<Interact>(pool, *s, examples, 1, [&](Interact& pass, int64_t n) {
    pass(emitted.typed_data() + n * e, previous.typed_data() + n * p, memory.typed_data() + n * m,
         w->typed_data() + n * p, read->typed_data() + n * r, next->typed_data() + n * m);
  });
  return ffi::Error::Success();
}

ffi::Error interact_vjp(ffi::ThreadPool pool, Buffer emitted, Buffer previous, Buffer memory, Buffer dw, Buffer dread,
                        Buffer dnext, Result demitted, Result dprevious, Result dmemory, Reads reads, Shifts shifts) {
  int64_t examples;
  auto s = sizes_of(emitted, previous, memory, *reads, *shifts, &examples);
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

XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxInteract, interact);
XLA_FFI_DEFINE_HANDLER_SYMBOL(DeepxInteractVjp, interact_vjp);
