#ifndef ADVAE_TESTS_TESTING_BYTE_SOURCES_H_
#define ADVAE_TESTS_TESTING_BYTE_SOURCES_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "model/data/byte_source.h"

namespace advae::testing {

// All that a source has, read with room for `block` bytes at a time.
inline absl::StatusOr<std::string> ReadAll(ByteSource& source, size_t block) {
  std::string text;
  std::string room(block, '\0');
  for (;;) {
    const absl::StatusOr<size_t> count = source.Read(room);
    if (!count.ok()) return count.status();
    if (*count == 0) return text;
    text.append(room, 0, *count);
  }
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_BYTE_SOURCES_H_
