#ifndef ADVAE_TESTS_TESTING_SMALL_TABLE_H_
#define ADVAE_TESTS_TESTING_SMALL_TABLE_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/fitting/build_bundle.h"
#include "model/table/encoding/table_encoder.h"
#include "model/table/table_view.h"
#include "tests/testing/random_model.h"

namespace advae::testing {

// Columns of messages, and a version that reads a table of them.

template <typename Value>
std::string BufferOf(const std::vector<Value>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)};
}

inline std::string BitsOf(const std::vector<bool>& bits) {
  std::string bytes((bits.size() + 7) / 8, '\0');
  for (size_t i = 0; i < bits.size(); ++i) {
    if (bits[i]) bytes[i / 8] = static_cast<char>(bytes[i / 8] | 1 << i % 8);
  }
  return bytes;
}

inline v1::TableColumn Named(const std::string& name) {
  v1::TableColumn column;
  column.set_name(name);
  return column;
}

// A NaN is a missing value.
inline v1::TableColumn Floats(const std::string& name, const std::vector<float>& values) {
  v1::TableColumn column = Named(name);
  column.set_floats(BufferOf(values));
  return column;
}

inline v1::TableColumn Bools(const std::string& name, const std::vector<bool>& values) {
  v1::TableColumn column = Named(name);
  column.set_bools(BitsOf(values));
  return column;
}

inline v1::TableColumn Times(const std::string& name, const std::vector<int64_t>& values) {
  v1::TableColumn column = Named(name);
  column.set_times(BufferOf(values));
  return column;
}

// Each text has an entry of the dictionary; an empty one is a missing value.
inline v1::TableColumn Strings(const std::string& name, const std::vector<std::string>& values) {
  v1::TableColumn column = Named(name);
  std::vector<bool> validity;
  std::vector<int32_t> codes;
  for (const std::string& value : values) {
    codes.push_back(static_cast<int32_t>(codes.size()));
    validity.push_back(!value.empty());
    column.mutable_strings()->add_dictionary(value);
  }
  column.mutable_strings()->set_codes(BufferOf(codes));
  column.set_validity(BitsOf(validity));
  return column;
}

inline v1::Table TableOf(uint32_t rows, std::initializer_list<v1::TableColumn> columns) {
  v1::Table table;
  table.set_rows(rows);
  for (const v1::TableColumn& column : columns) *table.add_columns() = column;
  return table;
}

// Rows of a pump: "flow" in [-1, 1], "on", "mode" (eco or boost), "start" on 2026-01-05, a Monday,
// and "asset", as good as unique. With `gaps`, every fifth flow is missing.
inline v1::Table PumpTable(uint32_t rows, uint32_t seed = 1, bool gaps = true) {
  std::mt19937 random(seed);
  std::vector<float> flow;
  std::vector<bool> on;
  std::vector<std::string> mode;
  std::vector<std::string> asset;
  std::vector<int64_t> start;
  constexpr int64_t kMonday = 1'767'571'200'000'000;
  constexpr int64_t kDay = 86'400'000'000;
  for (uint32_t i = 0; i < rows; ++i) {
    const float value = std::uniform_real_distribution<float>(-1, 1)(random);
    flow.push_back(gaps && i % 5 == 4 ? std::numeric_limits<float>::quiet_NaN() : value);
    on.push_back(random() % 2 == 0);
    mode.push_back(random() % 3 == 0 ? "boost" : "eco");
    start.push_back(kMonday + static_cast<int64_t>(random()) * 1'000 % kDay);
    asset.push_back("pump-" + std::to_string(i));
  }
  return TableOf(rows, {Floats("flow", flow), Bools("on", on), Strings("mode", mode),
                        Times("start", start), Strings("asset", asset)});
}

// The schema of a training on 20 rows of PumpTable, whose features are flow, on, the modes eco,
// boost and others, sine and cosine of the start's time of day and, unless it is strict, a mark of
// flow.
inline v1::TableSchema PumpSchema(bool strict = false) {
  v1::TableSchema schema;
  schema.set_strict(strict);
  const auto add = [&schema](const char* name, v1::ColumnKind kind, v1::ColumnRole role) {
    v1::ColumnSchema& column = *schema.add_columns();
    column.set_name(name);
    column.set_kind(kind);
    column.set_role(role);
    return &column;
  };
  v1::ColumnSchema& flow = *add("flow", v1::COLUMN_KIND_NUMBER, v1::COLUMN_ROLE_FEATURE);
  flow.set_missing_share(strict ? 0 : 0.2);
  flow.mutable_number()->set_minimum(-1);
  flow.mutable_number()->set_low(-0.9);
  flow.mutable_number()->set_high(0.9);
  flow.mutable_number()->set_maximum(1);
  add("on", v1::COLUMN_KIND_BOOLEAN, v1::COLUMN_ROLE_FEATURE)
      ->mutable_boolean()
      ->set_true_share(0.5);
  v1::CategorySummary& mode =
      *add("mode", v1::COLUMN_KIND_CATEGORY, v1::COLUMN_ROLE_FEATURE)->mutable_category();
  mode.set_encoding(v1::CATEGORY_ENCODING_ONE_HOT);
  for (const auto& [name, count] : {std::pair("eco", 13), std::pair("boost", 7)}) {
    v1::CategoryCount& category = *mode.add_categories();
    category.set_category(name);
    category.set_count(static_cast<uint64_t>(count));
  }
  v1::TimeSummary& start =
      *add("start", v1::COLUMN_KIND_TIME, v1::COLUMN_ROLE_FEATURE)->mutable_time();
  start.set_minimum(1'767'571'200'000'000);
  start.set_maximum(1'767'657'600'000'000);
  start.set_time_of_day(true);
  v1::CategorySummary& asset =
      *add("asset", v1::COLUMN_KIND_CATEGORY, v1::COLUMN_ROLE_KEY)->mutable_category();
  asset.set_encoding(v1::CATEGORY_ENCODING_ONE_HOT);
  asset.set_other_count(20);
  return schema;
}

// The features that an encoder makes of a table.
inline Matrix FeaturesOf(const v1::Table& table, const TableEncoder& encoder) {
  const TableView view = *TableView::Create(table, 1000);
  Matrix rows{.values = std::vector<float>(view.rows() * encoder.features()),
              .columns = encoder.features()};
  encoder.Encode(*encoder.Bind(view), 0, view.rows(), rows.values, {});
  return rows;
}

// A small version with `schema`, made of the rows of `table`.
inline absl::StatusOr<VersionBundle> TableBundle(const std::string& model,
                                                 const v1::TableSchema& schema,
                                                 const v1::Table& table, uint32_t seed = 1,
                                                 uint32_t memory_rows = 0) {
  auto created = TableEncoder::Create(schema);
  if (!created.ok()) return created.status();
  const std::shared_ptr<const TableEncoder> encoder = *std::move(created);
  const Matrix rows = FeaturesOf(table, *encoder);
  const size_t d = rows.columns;
  std::vector<float> minima(d, std::numeric_limits<float>::max());
  std::vector<float> maxima(d, std::numeric_limits<float>::lowest());
  for (size_t i = 0; i < rows.values.size(); ++i) {
    if (std::isnan(rows.values[i])) continue;
    minima[i % d] = std::min(minima[i % d], rows.values[i]);
    maxima[i % d] = std::max(maxima[i % d], rows.values[i]);
  }
  absl::StatusOr<MinMaxScaler> scaler = MinMaxScaler::FromRanges(minima, maxima);
  if (!scaler.ok()) return scaler.status();
  absl::StatusOr<VersionBundle> bundle = BuildBundle(
      {.model = model,
       .feature_names = encoder->feature_names(),
       .latent_plan = {},
       .seed = seed,
       .memory_rows = memory_rows,
       .encoder = encoder},
      rows.view(), {.networks = {RandomWeights({d, 5, 4, 2, 6, 7}, seed)}}, *std::move(scaler));
  if (!bundle.ok()) return bundle;
  bundle->info.set_origin(v1::ORIGIN_TRAINED);
  if (memory_rows > 0) bundle->info.mutable_hyperparameters()->set_memory_rows(memory_rows);
  return bundle;
}

// The version of PumpSchema.
inline absl::StatusOr<VersionBundle> PumpBundle(const std::string& model, bool strict = false,
                                                uint32_t memory_rows = 0) {
  return TableBundle(model, PumpSchema(strict), PumpTable(20, /*seed=*/1, /*gaps=*/!strict),
                     /*seed=*/1, memory_rows);
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_SMALL_TABLE_H_
