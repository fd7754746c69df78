#include "model/data/column_selection.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base/composed_text.h"
#include "model/base/status_macros.h"
#include "model/base/utf8.h"
#include "model/base/wildcard.h"
#include "model/data/number_parser.h"

namespace advae {
namespace {

// Columns by name.
using Indices = absl::flat_hash_map<std::string, std::vector<size_t>>;

// Finds the columns of one header by their names.
class ColumnFinder {
 public:
  explicit ColumnFinder(const std::vector<std::string>& header) : header_(header) {
    for (size_t i = 0; i < header.size(); ++i) {
      plain_names_.push_back(PlainName(header[i]));
      exact_[header[i]].push_back(i);
      plain_[plain_names_[i]].push_back(i);
    }
  }

  // `kind` is what the message calls the column.
  absl::StatusOr<size_t> Find(const std::string& name, std::string_view kind) const {
    const std::vector<size_t>* const found = Lookup(name);
    if (found == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("there is ", NoColumn({name}, header_, kind)));
    }
    if (found->size() > 1) {
      return absl::InvalidArgumentError(absl::StrCat("columns ", (*found)[0] + 1, " and ",
                                                     (*found)[1] + 1, " have the same name, ",
                                                     Quoted(name)));
    }
    return found->front();
  }

  bool Has(const std::string& name) const { return Lookup(name) != nullptr; }

  // As FindColumns.
  std::vector<size_t> FindAll(const std::string& pattern) const {
    if (const std::vector<size_t>* const found = Lookup(pattern)) return *found;
    std::vector<size_t> fitting;
    for (size_t i = 0; i < header_.size(); ++i) {
      if (MatchesPattern(pattern, plain_names_[i])) fitting.push_back(i);
    }
    return fitting;
  }

 private:
  const std::vector<size_t>* Lookup(const std::string& name) const {
    if (const auto found = exact_.find(name); found != exact_.end()) return &found->second;
    const auto found = plain_.find(PlainName(name));
    return found == plain_.end() ? nullptr : &found->second;
  }

  const std::vector<std::string>& header_;
  Indices exact_;
  std::vector<std::string> plain_names_;  // as PlainName has them
  Indices plain_;                         // by these
};

// All but the features. `is_taken` becomes true for columns that have a role or are ignored.
absl::Status SelectOthers(const ColumnFinder& finder, const ColumnRoles& roles,
                          const std::vector<std::string>& header, ColumnSelection& selection,
                          std::vector<bool>& is_taken) {
  if (roles.label && (!roles.label_optional || finder.Has(*roles.label))) {
    ADVAE_ASSIGN_OR_RETURN(selection.label, finder.Find(*roles.label, "label column"));
    is_taken[*selection.label] = true;
  }
  std::vector<std::string> keys;
  std::ranges::copy_if(roles.optional_keys, std::back_inserter(keys),
                       [&](const std::string& name) { return finder.Has(name); });
  std::ranges::copy_if(roles.keys, std::back_inserter(keys), [&](const std::string& name) {
    return std::ranges::count(keys, name) == 0;
  });
  for (const std::string& name : keys) {
    ADVAE_ASSIGN_OR_RETURN(const size_t index, finder.Find(name, "key column"));
    selection.keys.push_back(index);
    selection.key_names.push_back(PlainName(header[index]));
    is_taken[index] = true;
  }
  for (const std::string& pattern : roles.ignored) {
    const std::vector<size_t> fitting = finder.FindAll(pattern);
    if (fitting.empty()) return finder.Find(pattern, "column to ignore").status();
    for (const size_t index : fitting) is_taken[index] = true;
  }
  return absl::OkStatus();
}

absl::Status CheckFeatureNames(const ColumnSelection& selection) {
  absl::flat_hash_map<std::string, size_t> seen;
  for (size_t i = 0; i < selection.features.size(); ++i) {
    const std::string& name = selection.feature_names[i];
    const size_t column = selection.features[i] + 1;
    const auto [earlier, inserted] = seen.emplace(name, column);
    if (!inserted) {
      return absl::InvalidArgumentError(absl::StrCat("columns ", earlier->second, " and ", column,
                                                     " have the same name, ", Quoted(name),
                                                     "; rename one of them, or ignore both"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckFeatureRole(const std::string& name, size_t index,
                              const ColumnSelection& selection, const ColumnFinder& finder,
                              const ColumnRoles& roles) {
  if (index == selection.label) {
    return absl::InvalidArgumentError(
        absl::StrCat("column ", Quoted(name), " is both the label and a feature"));
  }
  for (const std::string& pattern : roles.ignored) {
    if (std::ranges::count(finder.FindAll(pattern), index) == 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("column ", Quoted(name), " is a feature and cannot be ignored"));
  }
  return absl::OkStatus();
}

// Features that no one has named: all columns that are left.
void SelectRemaining(const std::vector<std::string>& header, const std::vector<bool>& is_taken,
                     ColumnSelection& selection) {
  for (size_t i = 0; i < header.size(); ++i) {
    if (is_taken[i]) continue;
    const std::string name = PlainName(header[i]);
    if (name.empty()) {
      selection.nameless.push_back(i);
    } else {
      selection.features.push_back(i);
      selection.feature_names.push_back(name);
    }
  }
}

bool HasAll(const std::vector<std::string>& header, const std::vector<std::string>& names) {
  const ColumnFinder finder(header);
  return std::ranges::all_of(names, [&](const std::string& name) { return finder.Has(name); });
}

}  // namespace

std::string Quoted(std::string_view text) {
  constexpr size_t kMaxShown = 40;
  const bool whole = text.size() <= kMaxShown;
  return absl::StrCat("\"", EscapeText(Utf8Prefix(text, kMaxShown)), whole ? "\"" : "...\"");
}

std::string QuotedList(const std::vector<std::string>& names) {
  constexpr size_t kMaxShown = 50;
  const size_t shown = std::min(names.size(), kMaxShown);
  std::string list =
      absl::StrJoin(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", ",
                    [](std::string* out, const auto& name) { out->append(Quoted(name)); });
  if (shown < names.size()) absl::StrAppend(&list, " and ", names.size() - shown, " more");
  return list;
}

absl::StatusOr<ColumnSelection> SelectColumns(const std::vector<std::string>& header,
                                              const ColumnRoles& roles) {
  const ColumnFinder finder(header);
  ColumnSelection selection;
  std::vector<bool> is_taken(header.size());
  ADVAE_RETURN_IF_ERROR(SelectOthers(finder, roles, header, selection, is_taken));
  for (const std::string& name : roles.features) {
    ADVAE_ASSIGN_OR_RETURN(const size_t index, finder.Find(name, "column"));
    ADVAE_RETURN_IF_ERROR(CheckFeatureRole(name, index, selection, finder, roles));
    selection.features.push_back(index);
    selection.feature_names.push_back(name);
  }
  if (roles.features.empty()) SelectRemaining(header, is_taken, selection);
  if (selection.features.empty()) {
    return absl::InvalidArgumentError(
        "there is no column but labels, keys and those to ignore; expected features");
  }
  if (roles.features.empty()) ADVAE_RETURN_IF_ERROR(CheckFeatureNames(selection));
  return selection;
}

absl::StatusOr<ColumnSelection> SelectColumnsByPosition(size_t columns, const ColumnRoles& roles) {
  const std::vector<std::string> names = NamesWithoutHeader(columns, roles);
  if (HasAll(names, roles.features)) return SelectColumns(names, roles);
  ColumnRoles others = roles;
  others.features.clear();
  ADVAE_ASSIGN_OR_RETURN(ColumnSelection selection, SelectColumns(names, others));
  if (selection.features.size() != roles.features.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "there is no header, and ", selection.features.size(), " columns are left for ",
        roles.features.size(), " features: ", QuotedList(roles.features)));
  }
  selection.feature_names = roles.features;
  return selection;
}

std::vector<std::vector<size_t>> FindColumns(const std::vector<std::string>& header,
                                             const std::vector<std::string>& patterns) {
  const ColumnFinder finder(header);
  std::vector<std::vector<size_t>> fitting;
  fitting.reserve(patterns.size());
  for (const std::string& pattern : patterns) fitting.push_back(finder.FindAll(pattern));
  return fitting;
}

std::string PlainName(std::string_view name) { return Composed(Utf8Of(WithoutBlanks(name))); }

std::string NoColumn(const std::vector<std::string>& absent, const std::vector<std::string>& header,
                     std::string_view kind) {
  const auto without_case = [](const std::string& name) {
    return absl::AsciiStrToLower(PlainName(name));
  };
  absl::flat_hash_set<std::string> wanted;
  for (const std::string& name : absent) wanted.insert(without_case(name));
  std::vector<std::string> similar;
  std::ranges::copy_if(header, std::back_inserter(similar), [&](const std::string& name) {
    return wanted.contains(without_case(name));
  });
  return absl::StrCat(
      "no ", std::string(kind), absent.size() == 1 ? " " : "s ", QuotedList(absent),
      similar.empty() ? "; the columns are "
                      : absl::StrCat("; did you mean ", QuotedList(similar), "? The columns are "),
      QuotedList(header));
}

std::vector<std::string> PositionalNames(size_t columns) {
  std::vector<std::string> names;
  names.reserve(columns);
  for (size_t i = 0; i < columns; ++i) names.push_back(absl::StrCat("column_", i + 1));
  return names;
}

std::vector<std::string> NamesWithoutHeader(size_t columns, const ColumnRoles& roles) {
  std::vector<std::string> names = PositionalNames(columns);
  const bool is_known = columns == roles.known_columns.size() && !HasAll(names, roles.features);
  return is_known ? roles.known_columns : names;
}

}  // namespace advae
