#include "tests/model/table/table_view_fuzzer.h"

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tests/model/table/survey/surveys.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::TableBuilder;

void Replay(const std::string& bytes) {
  const google::protobuf::LogSilencer silencer;  // it logs each text that is not UTF-8
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

// Tables with columns of all types, and their schemas, to start from.
std::vector<std::string> Corpus() {
  constexpr int64_t kDay = int64_t{86'400} * 1'000'000;
  const std::vector<v1::Table> tables = {
      {},
      TableBuilder().Doubles("x", {1, {}, 3}).Floats("y", {std::nanf(""), 1e30F, -1}),
      TableBuilder().Bools("b", {true, false, {}}).Strings("s", {"tcp", {}, "udp"}),
      TableBuilder().Times("t", {-kDay, 20 * kDay, 3}).Doubles("inf", {HUGE_VAL, 1, 2}),
      TableBuilder()
          .Strings("id",
                   testing::Cells<std::string>(70, [](size_t i) { return std::to_string(i); }))
          .Doubles("n", testing::Cells<double>(70, [](size_t i) { return i; }))
          .Doubles("m", testing::Cells<double>(70, [](size_t i) { return 1e9 + 0.1 * (i % 7); }))};
  std::vector<std::string> corpus;
  for (const v1::Table& table : tables) {
    corpus.push_back(table.SerializeAsString());
    for (const v1::ColumnKind kind : {v1::COLUMN_KIND_UNSPECIFIED, v1::COLUMN_KIND_CATEGORY}) {
      const auto schema = testing::SchemaOf(table, {testing::Setting("*", kind)});
      if (schema.ok()) corpus.push_back(schema->SerializeAsString());
    }
  }
  return corpus;
}

TEST(TableViewFuzzer, Corpus) {
  EXPECT_EQ(Corpus().size(), 11);
  for (const std::string& bytes : Corpus()) Replay(bytes);
}

TEST(TableViewFuzzer, CutCorpus) {
  for (const std::string& bytes : Corpus()) {
    for (size_t size = 0; size < bytes.size(); ++size) Replay(bytes.substr(0, size));
  }
}

TEST(TableViewFuzzer, MutatedCorpus) {
  std::mt19937 random(1);
  const auto below = [&](size_t n) { return random() % n; };
  const std::vector<std::string> corpus = Corpus();
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = corpus[below(corpus.size())];
    for (size_t changes = 1 + below(3); changes > 0 && !bytes.empty(); --changes) {
      const size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
          break;
        case 1:
          bytes[at] = static_cast<char>(below(2) == 0 ? below(16) : below(256));
          break;
        case 2:
          bytes.erase(at, 1 + below(3));
          break;
        default:
          bytes += corpus[below(corpus.size())];
      }
    }
    Replay(bytes);
  }
}

}  // namespace
}  // namespace advae
