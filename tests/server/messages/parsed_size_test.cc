#include "server/messages/parsed_size.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/registry.pb.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

absl::StatusOr<uint64_t> SizeOf(const std::string& wire, const google::protobuf::Descriptor& type) {
  google::protobuf::io::ArrayInputStream stream(wire.data(), static_cast<int>(wire.size()), 1000);
  return ParsedSize(stream, type);
}

// The estimate holds for what the parser really makes of the bytes.
template <typename Message>
void ExpectBounds(const std::string& wire) {
  Message message;
  ASSERT_TRUE(message.ParseFromString(wire));
  ASSERT_OK_AND_ASSIGN(const uint64_t size, SizeOf(wire, *Message::descriptor()));
  EXPECT_GE(size, message.SpaceUsedLong());
  EXPECT_LE(size, 5 * message.SpaceUsedLong() + 1024);
}

TEST(ParsedSizeTest, BoundsMessagesOfTheApi) {
  v1::ScoreRequest score;
  ExpectBounds<v1::ScoreRequest>(score.SerializeAsString());
  score.set_model("pump");
  score.set_version(300);
  score.set_alpha(0.1);
  score.mutable_rows()->set_columns(3);
  score.mutable_rows()->mutable_values()->Resize(30'000, 1.5f);
  ExpectBounds<v1::ScoreRequest>(score.SerializeAsString());
  for (int i = 0; i < 1000; ++i) {
    score.mutable_rows()->add_feature_names(std::string(static_cast<size_t>(i % 40), 'x'));
  }
  ExpectBounds<v1::ScoreRequest>(score.SerializeAsString());

  v1::ScoreRequest table;
  for (int i = 0; i < 50; ++i) {
    v1::TableColumn& column = *table.mutable_table()->add_columns();
    column.set_name("column");
    column.set_validity(std::string(125, '\xff'));
    if (i % 2 == 0) {
      column.set_doubles(std::string(8000, 'x'));
      continue;
    }
    column.mutable_strings()->set_codes(std::string(4000, 'x'));
    for (int text = 0; text < 40; ++text) {
      column.mutable_strings()->add_dictionary(std::string(static_cast<size_t>(text), 'x'));
    }
  }
  ExpectBounds<v1::ScoreRequest>(table.SerializeAsString());

  v1::TrainRequest train;
  train.mutable_spec()->set_model("pump");
  train.mutable_spec()->mutable_hyperparameters()->set_epochs(3);
  ExpectBounds<v1::TrainRequest>(train.SerializeAsString());
  v1::ImportVersionRequest import;
  import.set_encoder_chunk(std::string(100'000, 'x'));
  ExpectBounds<v1::ImportVersionRequest>(import.SerializeAsString());
}

TEST(ParsedSizeTest, BoundsValuesThatAreNotPacked) {
  std::string matrix;
  for (int i = 0; i < 10'000; ++i) matrix += std::string("\x0d\0\0\x80\x3f", 5);
  ExpectBounds<v1::Matrix>(matrix);
}

TEST(ParsedSizeTest, BoundsUnknownFields) {
  std::string numbers, texts;
  for (int i = 0; i < 10'000; ++i) {
    numbers += "\x78\x01";  // field 15, a number
    texts +=
        "\x7a\x02"
        "ab";  // field 15, two bytes
  }
  ExpectBounds<v1::Matrix>(numbers);
  ExpectBounds<v1::Matrix>(texts);
}

TEST(ParsedSizeTest, RefusesMoreNamesThanTheWidestMatrixHas) {
  std::string names;
  for (uint64_t i = 0; i < kMaxElements; ++i) names += std::string("\x1a\0", 2);
  ExpectBounds<v1::Matrix>(names);
  names += std::string("\x1a\0", 2);
  EXPECT_EQ(SizeOf(names, *v1::Matrix::descriptor()).status().code(),
            absl::StatusCode::kResourceExhausted);
  // Spread over two fields that the parser merges.
  const std::string half = names.substr(0, names.size() / 2 + 1);
  v1::Matrix part;
  ASSERT_TRUE(part.ParseFromString(half));
  v1::ScoreRequest request;
  *request.mutable_rows() = part;
  const std::string twice = request.SerializeAsString() + request.SerializeAsString();
  EXPECT_EQ(SizeOf(twice, *v1::ScoreRequest::descriptor()).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ParsedSizeTest, CountsColumnsAndTheirTextsTogether) {
  v1::Table table;
  for (int i = 0; i < 256; ++i) {
    v1::StringValues& strings = *table.add_columns()->mutable_strings();
    for (int text = 0; text < 255; ++text) strings.add_dictionary("");
  }
  ExpectBounds<v1::Table>(table.SerializeAsString());  // 256 columns and 256 * 255 texts
  table.mutable_columns(0)->mutable_strings()->add_dictionary("");
  EXPECT_EQ(SizeOf(table.SerializeAsString(), *v1::Table::descriptor()).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ParsedSizeTest, RefusesWhatIsNoMessage) {
  for (const std::string& wire : {
           std::string("\x0a"),  // no length
           std::string("\x0a\x05"
                       "ab"),                        // cut short
           std::string("\x0a\xff\xff\xff\xff\x7f"),  // longer than any message
           std::string("\x1a\x02\x0a\x05"),          // cut short within a message
           std::string("\x00\x01", 2),               // field 0
           std::string("\x7b\x7c"),                  // a group
           std::string("\x0f"),                      // no wire type
       }) {
    EXPECT_EQ(SizeOf(wire, *v1::ScoreRequest::descriptor()).status().code(),
              absl::StatusCode::kInvalidArgument)
        << absl::StrCat("wire of ", wire.size(), " bytes, first ", int{wire[0]});
  }
}

}  // namespace
}  // namespace advae
