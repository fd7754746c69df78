#ifndef ADVAE_MODEL_TABLE_ENCODING_CATEGORY_ENCODER_H_
#define ADVAE_MODEL_TABLE_ENCODING_CATEGORY_ENCODER_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/table/encoding/column_encoder.h"

namespace advae {

// A category, one-hot or by its share: ln((count + 1/2) / (rows + 1)), with the training rows that
// have a value, and the count 0 for what is not listed. A training row counts one less for itself.
class CategoryEncoder : public ColumnEncoder {
 public:
  CategoryEncoder(const v1::CategorySummary& summary, bool strict);

  std::vector<std::string> FeatureSuffixes() const override;
  std::vector<uint32_t> MapDictionary(const ColumnView& column) const override;
  void Encode(const ColumnView& column, std::span<const uint32_t> categories, size_t first,
              size_t count, const EncodedCells& cells) const override;
  TableEncoder::Expected Describe(std::span<const float> features) const override;
  std::string TextOf(const ColumnView& column, size_t row) const override;
  std::optional<std::string> ListedCategory(std::string_view text, ValueType type) const override;

 private:
  // A listed category that is a decimal number.
  struct ListedNumber {
    double value;
    uint32_t index;
    bool has_leading_zero;
  };

  // Index of the listed category that is the text of a value of this type, or the only one that is
  // the same decimal number; otherwise listed(). Numbers with leading zeros, as codes have them,
  // are those of a string only if they are written alike, but those of a number. Upper and lower
  // case are the same for a boolean.
  uint32_t IndexOf(std::string_view text, ValueType type) const;
  // Of the listed category that is the word in upper or lower case, of several the last one in
  // their order; otherwise listed().
  uint32_t IndexOfWord(std::string_view word) const;
  // The category whose share is nearest to that of a feature; listed() for others.
  uint32_t NearestShare(float log_share) const;
  uint32_t listed() const { return static_cast<uint32_t>(summary_.categories_size()); }
  CellNote Put(uint32_t category, const std::vector<float>& log_shares, float* features) const;

  const v1::CategorySummary& summary_;
  const bool strict_;
  const bool is_one_hot_;
  const size_t width_;
  std::vector<std::pair<std::string_view, uint32_t>> indices_;  // by the text, in its order
  std::vector<ListedNumber> numbers_;                           // by value
  std::array<uint32_t, 2> booleans_{};                          // of false and of true
  // Of the listed, then of others, for new rows and for training rows; empty when one-hot.
  std::vector<float> log_shares_;
  std::vector<float> training_log_shares_;
  // The first category with each of the shares of training rows, by the share; empty when one-hot.
  std::map<float, uint32_t> by_training_log_share_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_ENCODING_CATEGORY_ENCODER_H_
