// What handlers have in common, the functions that XLA calls through its foreign function interface.
//
// The signature of one, XLA's threads, arrays and attributes, is all that XLA_FFI_DEFINE_HANDLER_SYMBOL must know of it.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>

#include "xla/ffi/api/ffi.h"

template <>
struct xla::ffi::CtxBinding<xla::ffi::ThreadPool> {
  using Ctx = xla::ffi::ThreadPool;
};

namespace {

namespace ffi = xla::ffi;

using Buffer = ffi::Buffer<ffi::F32>;  // of any number of axes
using Result = ffi::Result<Buffer>;

// The axes of an array: some of its own, the last, which are known by their number, and before them those of examples.
class Axes {
 public:
  using Span = ffi::Span<const int64_t>;

  Axes(Span all, size_t own) : all_(all), own_(own) {}
  int64_t operator[](size_t i) const { return all_[all_.size() - own_ + i]; }
  bool enough() const { return all_.size() >= own_; }
  Span leading() const { return all_.first(all_.size() - own_); }

 private:
  Span all_;
  size_t own_;
};

// How many examples arrays have, all the same; nothing where they differ.
inline std::optional<int64_t> examples_of(std::initializer_list<Axes> arrays) {
  for (const Axes& array : arrays)
    if (!array.enough() || !(array.leading() == arrays.begin()->leading())) return std::nullopt;
  int64_t product = 1;
  for (const int64_t size : arrays.begin()->leading()) product *= size;
  return product;
}

inline ffi::Error unfit(const std::string& kernel) {
  return ffi::Error::InvalidArgument("deepx " + kernel + ": shapes do not fit");
}

}  // namespace
