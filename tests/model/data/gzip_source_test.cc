#include "model/data/gzip_source.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/block_buffer.h"
#include "tests/testing/byte_sources.h"
#include "tests/testing/gzip.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::BlockBuffer;
using ::advae::testing::Gzip;
using ::advae::testing::ReadAll;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;

absl::StatusOr<std::string> Decompress(const std::string& data, size_t block) {
  BlockBuffer buffer(data, block);
  std::istream input(&buffer);
  GzipSource source(std::make_unique<StreamSource>(input));
  return ReadAll(source, block);
}

std::string LongText() {
  std::string text;
  for (int i = 0; i < 30000; ++i) text += std::to_string(i * i) + ",";
  return text;
}

TEST(GzipSource, Decompresses) {
  for (const std::string& text : {std::string(), std::string("a,b\n1,2\n"), LongText()}) {
    for (const size_t block : {1, 7, 100000}) {
      ASSERT_OK_AND_ASSIGN(const std::string found, Decompress(Gzip(text), block));
      EXPECT_TRUE(found == text) << text.size() << " bytes, blocks of " << block;
    }
  }
}

TEST(GzipSource, JoinsMembersAndPassesOverPadding) {
  const std::string data = Gzip("one,") + Gzip("") + Gzip("two") + std::string(3, '\0');
  for (const size_t block : {1, 1000}) {
    ASSERT_OK_AND_ASSIGN(const std::string found, Decompress(data, block));
    EXPECT_EQ(found, "one,two");
  }
}

TEST(GzipSource, RefusesWhatIsCutOff) {
  const std::string data = Gzip(LongText());
  for (const size_t size : {size_t{5}, data.size() / 2, data.size() - 1}) {
    EXPECT_THAT(Decompress(data.substr(0, size), 1000),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cut off in its gzip data")));
  }
}

TEST(GzipSource, RefusesWhatIsDamaged) {
  std::string data = Gzip(LongText());
  data[data.size() / 2] ^= 0x55;
  EXPECT_THAT(Decompress(data, 1000),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("damaged gzip data")));
  EXPECT_THAT(Decompress(Gzip("a") + "text", 1000),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("damaged gzip data")));
}

TEST(IsGzip, KnowsItsMagicNumber) {
  EXPECT_TRUE(IsGzip(Gzip("a")));
  EXPECT_FALSE(IsGzip("a,b"));
  EXPECT_FALSE(IsGzip(""));
}

}  // namespace
}  // namespace advae
