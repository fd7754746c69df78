#ifndef ADVAE_SERVER_BATCHING_ROW_SOURCE_H_
#define ADVAE_SERVER_BATCHING_ROW_SOURCE_H_

#include <cstddef>
#include <span>

namespace advae {

// Rows that are made into features when they are scored, by the threads that score: a request may
// be much smaller than its features.
class RowSource {
 public:
  virtual ~RowSource() = default;

  // Writes the features of the rows [first, first + count), row-major. Called at most once for each
  // row, and by several threads at a time for different ones.
  virtual void Read(size_t first, size_t count, std::span<float> features) = 0;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_ROW_SOURCE_H_
