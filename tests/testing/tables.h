#ifndef ADVAE_TESTS_TESTING_TABLES_H_
#define ADVAE_TESTS_TESTING_TABLES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "advae/v1/types.pb.h"

namespace advae::testing {

// The bytes of a buffer: values one after the other, or bits, the least significant first.
template <typename T>
std::string BufferOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}
inline std::string BitsOf(const std::vector<bool>& bits) {
  std::string bytes((bits.size() + 7) / 8, '\0');
  for (size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) bytes[i / 8] = static_cast<char>(bytes[i / 8] | (1 << (i % 8)));
  }
  return bytes;
}

// Makes tables from columns of values, some of which are missing (nullopt).
//
//   const v1::Table table = TableBuilder().Doubles("flow", {1, {}}).Strings("pump", {"A", "B"});
class TableBuilder {
 public:
  template <typename T>
  using Cells = std::vector<std::optional<T>>;

  TableBuilder& Floats(const std::string& name, const Cells<float>& cells) {
    Add(name, cells).set_floats(BufferOf(Filled(cells)));
    return *this;
  }
  TableBuilder& Doubles(const std::string& name, const Cells<double>& cells) {
    Add(name, cells).set_doubles(BufferOf(Filled(cells)));
    return *this;
  }
  TableBuilder& Bools(const std::string& name, const Cells<bool>& cells) {
    Add(name, cells).set_bools(BitsOf(Filled(cells)));
    return *this;
  }
  // Microseconds since the epoch.
  TableBuilder& Times(const std::string& name, const Cells<int64_t>& cells) {
    Add(name, cells).set_times(BufferOf(Filled(cells)));
    return *this;
  }
  // The dictionary has the texts in the order of the rows.
  TableBuilder& Strings(const std::string& name, const Cells<std::string>& cells) {
    v1::StringValues& strings = *Add(name, cells).mutable_strings();
    std::map<std::string, int32_t> known;
    std::vector<int32_t> codes;
    for (const std::optional<std::string>& cell : cells) {
      if (!cell) {
        codes.push_back(0);
        continue;
      }
      const auto [entry, is_new] = known.emplace(*cell, strings.dictionary_size());
      if (is_new) strings.add_dictionary(*cell);
      codes.push_back(entry->second);
    }
    strings.set_codes(BufferOf(codes));
    return *this;
  }

  operator v1::Table() const { return table_; }  // NOLINT(google-explicit-constructor)

 private:
  template <typename T>
  static std::vector<T> Filled(const Cells<T>& cells) {
    std::vector<T> values;
    for (const std::optional<T>& cell : cells) values.push_back(cell.value_or(T{}));
    return values;
  }

  template <typename T>
  v1::TableColumn& Add(const std::string& name, const Cells<T>& cells) {
    v1::TableColumn& column = *table_.add_columns();
    column.set_name(name);
    std::vector<bool> validity;
    bool has_missing = false;
    for (const std::optional<T>& cell : cells) {
      validity.push_back(cell.has_value());
      has_missing = has_missing || !cell.has_value();
    }
    if (has_missing) column.set_validity(BitsOf(validity));
    table_.set_rows(static_cast<uint32_t>(cells.size()));
    return column;
  }

  v1::Table table_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_TABLES_H_
