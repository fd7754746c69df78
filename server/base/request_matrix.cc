#include "server/base/request_matrix.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "server/base/shown_text.h"

namespace advae {
namespace {

// A name of the client's choosing, short enough for a status message, which travels as metadata.
std::string Shortened(const std::string& name) {
  return absl::StrCat(ShownText(name), name.size() > kMaxShownBytes ? "..." : "");
}

}  // namespace

absl::StatusOr<MatrixView> ViewOf(const v1::Matrix& matrix) {
  const size_t columns = matrix.columns();
  const size_t values = matrix.values_size();
  if (columns == 0 || columns > kMaxColumns) {
    return AtField(absl::InvalidArgumentError(absl::StrCat(
                       "the matrix has ", columns, " columns; expected 1 to ", kMaxColumns)),
                   "columns");
  }
  if (values == 0) {
    return AtField(absl::InvalidArgumentError("the matrix is empty; expected at least one row"),
                   "values");
  }
  if (values % columns != 0) {
    return AtField(absl::InvalidArgumentError(absl::StrCat(
                       "the matrix has ", values, " values, which is not a multiple of its ",
                       columns, " columns")),
                   "values");
  }
  if (matrix.feature_names_size() != 0 &&
      static_cast<size_t>(matrix.feature_names_size()) != columns) {
    return AtField(absl::InvalidArgumentError(absl::StrCat(
                       "the matrix has ", matrix.feature_names_size(), " feature names for ",
                       columns, " columns; expected one each, or none")),
                   "feature_names");
  }
  return MatrixView{matrix.values().data(), values / columns, columns};
}

absl::Status CheckFeatures(const v1::Matrix& matrix, const v1::VersionInfo& version) {
  const auto name = absl::StrCat("model \"", version.model(), "\" version ", version.version());
  if (static_cast<int>(matrix.columns()) != version.features_size()) {
    return AtField(
        absl::InvalidArgumentError(absl::StrCat("the rows have ", matrix.columns(), " columns; ",
                                                name, " expects ", version.features_size())),
        "columns");
  }
  for (int i = 0; i < matrix.feature_names_size(); ++i) {
    if (matrix.feature_names(i) != version.features(i).name()) {
      return AtField(absl::InvalidArgumentError(absl::StrCat(
                         "column ", i, " is named \"", Shortened(matrix.feature_names(i)), "\"; ",
                         name, " expects \"", version.features(i).name(), "\" there")),
                     absl::StrCat("feature_names[", i, "]"));
    }
  }
  return absl::OkStatus();
}

}  // namespace advae
