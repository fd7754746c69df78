#include "model/table/encoding/column_encoder.h"

#include "model/table/encoding/category_encoder.h"
#include "model/table/encoding/encode_rows.h"
#include "model/table/encoding/time_encoder.h"

namespace advae {
namespace {

// A number, or a boolean as 0 or 1.
class NumberEncoder : public ColumnEncoder {
 public:
  NumberEncoder(double offset, bool is_boolean) : offset_(offset), is_boolean_(is_boolean) {}

  std::vector<std::string> FeatureSuffixes() const override { return {""}; }
  void Encode(const ColumnView& column, std::span<const uint32_t> /*categories*/, size_t first,
              size_t count, const EncodedCells& cells) const override {
    EncodeRows(column, first, count, 1, cells, [&](size_t row, float* feature) {
      *feature = static_cast<float>(column.number(row) - offset_);
      return CellNote::kNone;
    });
  }
  TableEncoder::Expected Describe(std::span<const float> features) const override {
    const double number = static_cast<double>(features[0]) + offset_;
    if (!is_boolean_) return {.number = number};
    return {.number = number, .text = number >= 0.5 ? "true" : "false"};
  }
  std::string TextOf(const ColumnView& column, size_t row) const override {
    if (!is_boolean_) return "";
    return column.boolean(row) ? "true" : "false";
  }

 private:
  const double offset_;
  const bool is_boolean_;
};

}  // namespace

std::unique_ptr<const ColumnEncoder> ColumnEncoder::Create(const v1::ColumnSchema& schema,
                                                           bool strict) {
  switch (schema.kind()) {
    case v1::COLUMN_KIND_CATEGORY:
      return std::make_unique<CategoryEncoder>(schema.category(), strict);
    case v1::COLUMN_KIND_TIME:
      return std::make_unique<TimeEncoder>(schema.time());
    default:
      return std::make_unique<NumberEncoder>(schema.number().offset(),
                                             schema.kind() == v1::COLUMN_KIND_BOOLEAN);
  }
}

}  // namespace advae
