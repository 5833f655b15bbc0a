// Loops over tasks on XLA's own threads, and memory that a thread keeps.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>

#include "xla/ffi/api/ffi.h"

// Calls task(0) ... task(count - 1), each once, on the pool and on the calling thread; returns when all have returned.
//
// The caller may itself be a thread of the pool, and the pool's other threads may be busy for long. So nothing here waits
// for a thread to *begin*: whoever is free claims the next task, the caller among them, and the caller waits only for
// tasks that somebody is already running. A helper that comes too late finds nothing to claim and goes; it holds the
// shared state alive until then. Should a wake-up be lost, the caller looks again after a moment.
inline void parallel(xla::ffi::ThreadPool& pool, int64_t count, const std::function<void(int64_t)>& task) {
  if (count == 1) return task(0);
  struct State {
    std::atomic<int64_t> next{0}, done{0};
    int64_t count;
    const std::function<void(int64_t)>* task;  // the caller's: touched only by who has claimed a task
    std::mutex mutex;
    std::condition_variable all_done;
  };
  auto state = std::make_shared<State>();
  state->count = count;
  state->task = &task;
  auto work = [state] {
    int64_t mine = 0;
    for (int64_t i; (i = state->next.fetch_add(1)) < state->count; ++mine) (*state->task)(i);
    if (mine > 0 && state->done.fetch_add(mine) + mine == state->count) {
      std::lock_guard<std::mutex> lock(state->mutex);
      state->all_done.notify_all();
    }
  };
  const int64_t threads = std::min<int64_t>(count, pool.num_threads());
  for (int64_t helper = 1; helper < threads; ++helper) pool.Schedule(decltype(work)(work));
  work();
  auto finished = [&] { return state->done.load() == count; };
  for (int spin = 0; spin < 4000 && !finished(); ++spin) __builtin_ia32_pause();  // less than going to sleep costs
  std::unique_lock<std::mutex> lock(state->mutex);
  while (!finished()) state->all_done.wait_for(lock, std::chrono::milliseconds(20), finished);
}

// f(begin, end) for parts of 0 ... count - 1. What an index costs and what a part costs at least are in one unit.
template <class F>
void in_parts(xla::ffi::ThreadPool& pool, int64_t count, int64_t cost, int64_t least, F f) {
  if (count == 0) return;
  const int64_t parts = std::clamp<int64_t>(count * cost / least, 1, count);
  parallel(pool, parts, [&](int64_t i) { f(count * i / parts, count * (i + 1) / parts); });
}

struct Free {
  void operator()(float* memory) const { std::free(memory); }
};
using Floats = std::unique_ptr<float[], Free>;

// Uninitialised room for `count` numbers, on a boundary of cache lines.
inline Floats floats(int64_t count) {
  const size_t bytes = (static_cast<size_t>(count) * sizeof(float) + 63) / 64 * 64;
  return Floats(static_cast<float*>(std::aligned_alloc(64, bytes)));
}

// The same, kept by the thread for its next task: valid until this thread asks the same SLOT again.
template <int SLOT>
float* scratch(int64_t count) {
  static thread_local Floats kept;
  static thread_local int64_t size = 0;
  if (count > size) {
    kept = nullptr;
    kept = floats(count);
    size = count;
  }
  return kept.get();
}
