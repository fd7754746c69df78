#ifndef ADVAE_MODEL_DATA_LABEL_CHECK_H_
#define ADVAE_MODEL_DATA_LABEL_CHECK_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "model/data/matrix.h"

namespace advae {

// Whether a column's name is one that labels have, such as "label", "Class", "is_anomaly" or
// "Normal/Attack". Case, blanks and punctuation do not matter.
bool IsLabelName(std::string_view name);

// Looks for a label among the features of training rows, which a model would learn as if it were a
// measurement. Not thread-safe.
class LabelCheck {
 public:
  explicit LabelCheck(const std::vector<std::string>& feature_names);

  // Looks at further rows, which have a column for each of the feature names.
  void Add(MatrixView rows);

  // To be asked after all rows. kInvalidArgument when a column has a label's name and at most two
  // distinct values; the message says what to do.
  absl::Status Verdict() const;

  // The columns with a label's name, as the file has them.
  std::vector<std::string> Suspects() const;

 private:
  struct Suspect {
    std::string name;
    size_t column;
    std::vector<float> values;  // distinct ones, in the order of the rows; at most three
  };

  std::vector<Suspect> suspects_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_LABEL_CHECK_H_
