#include "model/data/label_check.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base/decimal_text.h"
#include "model/base/utf8.h"

namespace advae {
namespace {

constexpr size_t kMostLabelValues = 2;

// As IsLabelName compares them: letters and digits, in lower case.
constexpr std::string_view kLabelNames[] = {
    "anomalous", "anomaly",      "attack",  "class",   "fault",   "fraud",     "groundtruth",
    "isanomaly", "isattack",     "isfault", "isfraud", "islabel", "isoutlier", "label",
    "labels",    "normalattack", "outlier", "target",  "y"};

constexpr std::string_view kAnomalyTexts[] = {
    "true",   "t",     "yes",   "y",       "anomaly",   "anomalous", "abnormal",
    "attack", "fault", "fraud", "outlier", "malicious", "malware"};
constexpr std::string_view kNormalTexts[] = {"false", "f", "no", "n", "normal", "benign", "inlier"};

}  // namespace

bool IsLabelName(std::string_view name) {
  std::string plain;
  std::ranges::copy_if(name, std::back_inserter(plain), absl::ascii_isalnum);
  absl::AsciiStrToLower(&plain);
  return std::ranges::find(kLabelNames, plain) != std::end(kLabelNames);
}

LabelCheck::LabelCheck(const std::vector<std::string>& feature_names) {
  for (size_t i = 0; i < feature_names.size(); ++i) {
    if (!IsLabelName(feature_names[i])) continue;
    suspects_.push_back({.name = feature_names[i], .column = i, .values = {}});
  }
}

std::optional<bool> ParseLabel(std::string_view cell, const std::vector<std::string>& normal_labels,
                               NumberParser& numbers) {
  const std::string text = Utf8Of(WithoutBlanks(cell));
  const std::optional<float> number = numbers.Parse(text);
  if (!normal_labels.empty()) {
    if (numbers.IsMissing(text)) return std::nullopt;
    return std::ranges::none_of(normal_labels, [&](const std::string& normal) {
      return absl::EqualsIgnoreCase(normal, text) || (number && numbers.Parse(normal) == number);
    });
  }
  const auto is_text = [&](std::string_view word) {
    return absl::EqualsIgnoreCase(text, {word.data(), word.size()});
  };
  if (std::ranges::any_of(kAnomalyTexts, is_text)) return true;
  if (std::ranges::any_of(kNormalTexts, is_text)) return false;
  if (number == 1.0f) return true;
  if (number == 0.0f) return false;
  return std::nullopt;
}

void LabelCheck::Add(MatrixView rows) {
  for (Suspect& suspect : suspects_) {
    for (size_t i = 0; i < rows.rows && suspect.values.size() <= kMostLabelValues; ++i) {
      const float value = rows.row(i)[suspect.column];
      if (!std::isnan(value)) suspect.Add(DecimalText(value));
    }
  }
}

void LabelCheck::Add(size_t column, std::string_view value) {
  for (Suspect& suspect : suspects_) {
    if (suspect.column == column) suspect.Add(value);
  }
}

void LabelCheck::Suspect::Add(std::string_view value) {
  if (values.size() > kMostLabelValues || std::ranges::count(values, value) > 0) return;
  values.emplace_back(value);
}

absl::Status LabelCheck::Verdict() const {
  for (const Suspect& suspect : suspects_) {
    if (suspect.values.empty() || suspect.values.size() > kMostLabelValues) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "column \"", suspect.name, "\" looks like a label: its only ",
        suspect.values.size() == 1 ? "value is " : "values are ",
        absl::StrJoin(suspect.values, " and "), ". Leave it out with --label-column=\"",
        suspect.name, "\", or train on it with --no-label"));
  }
  return absl::OkStatus();
}

std::vector<std::string> LabelCheck::Suspects() const {
  std::vector<std::string> names;
  for (const Suspect& suspect : suspects_) names.push_back(suspect.name);
  return names;
}

}  // namespace advae
