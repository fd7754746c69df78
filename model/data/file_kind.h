#ifndef ADVAE_MODEL_DATA_FILE_KIND_H_
#define ADVAE_MODEL_DATA_FILE_KIND_H_

#include <optional>
#include <string_view>

namespace advae {

// What a file is that is not a table in text, by its first bytes, and what to do with it, as the
// rest of a sentence about the file: "is a Parquet file; export it as CSV". Unset: it may be text.
// The more bytes are known the better, four are the least.
std::optional<std::string_view> ForeignKind(std::string_view start);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_FILE_KIND_H_
