#ifndef ADVAE_MODEL_DATA_LABEL_CHECK_H_
#define ADVAE_MODEL_DATA_LABEL_CHECK_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "model/data/matrix.h"
#include "model/data/number_parser.h"

namespace advae {

// Whether a column's name is one that labels have, such as "label", "Class", "is_anomaly" or
// "Normal/Attack". Case, blanks and punctuation do not matter.
bool IsLabelName(std::string_view name);

// Whether the cell of a label tells an anomaly. With `normal_labels`: whether it is none of these
// texts or numbers. Otherwise 1, "true", "yes", "anomaly", "attack" and the like tell one, and 0,
// "false", "no", "normal", "benign" and the like a normal row; in upper or lower case. Unset: the
// cell is missing, or has another text.
std::optional<bool> ParseLabel(std::string_view cell, const std::vector<std::string>& normal_labels,
                               NumberParser& numbers);
// What is wrong with a cell that is no label, after the cell.
inline constexpr char kNotALabel[] =
    "is not a label; expected 0 and 1, false and true, or normal and anomaly; if the rows have "
    "other "
    "labels, say which are those of normal ones with --normal-label";

// Looks for a label among the features of training rows, which a model would learn as if it were a
// measurement. Not thread-safe.
class LabelCheck {
 public:
  explicit LabelCheck(const std::vector<std::string>& feature_names);

  // Looks at further rows, which have a column for each of the feature names. Missing values do not
  // count.
  void Add(MatrixView rows);
  // The same for one value, a number or another text, of the feature with index `column`.
  void Add(size_t column, std::string_view value);

  // To be asked after all rows. kInvalidArgument when a column has a label's name and at most two
  // distinct values; the message says what to do.
  absl::Status Verdict() const;

  // The columns with a label's name, as the file has them.
  std::vector<std::string> Suspects() const;

 private:
  struct Suspect {
    std::string name;
    size_t column;
    std::vector<std::string> values;  // distinct ones, in the order of the rows; at most three

    void Add(std::string_view value);
  };

  std::vector<Suspect> suspects_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_LABEL_CHECK_H_
