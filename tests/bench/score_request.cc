#include "tests/bench/score_request.h"

#include <cstdint>
#include <span>

#include "advae/v1/detector.pb.h"
#include "model/data/data_set.h"

namespace advae {

absl::StatusOr<grpc::ByteBuffer> MakeScoreRequest(const std::string& model, const std::string& data,
                                                  int rows) {
  const absl::StatusOr<DataSet> set =
      ReadDataSet(data, {.label_column = "label", .label_optional = true});
  if (!set.ok()) return set.status();
  v1::ScoreRequest request;
  request.set_model(model);
  v1::Matrix& matrix = *request.mutable_rows();
  matrix.set_columns(static_cast<uint32_t>(set->rows.columns));
  for (int i = 0; i < rows; ++i) {
    const std::span<const float> row = set->rows.view().row(i % set->rows.rows());
    matrix.mutable_values()->Add(row.begin(), row.end());
  }
  const grpc::Slice slice(request.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace advae
