#include "server/log/log_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "model/base/utf8.h"

namespace advae {
namespace {

using ::testing::EndsWith;

constexpr char kTime[] = "2026-01-02T03:04:05.678Z";

TEST(LogLineTest, TextQuotesWhatNeedsIt) {
  EXPECT_EQ(FormatLogLine(LogFormat::kText, LogLevel::kWarning, kTime, "version skipped",
                          {{"model", "pump-1"}, {"reason", "it \"broke\"\n"}, {"empty", ""}}),
            "2026-01-02T03:04:05.678Z warning version skipped model=pump-1 "
            "reason=\"it \\\"broke\\\"\\n\" empty=\"\"");
}

TEST(LogLineTest, JsonIsOneObjectALineWhateverTheValues) {
  const std::string line = FormatLogLine(LogFormat::kJson, LogLevel::kError, kTime, "rpc failed",
                                         {{"message", "line\nbreak"},
                                          {"bytes", std::string("\xff\x00\"", 3)},
                                          {"version", 3},
                                          {"alpha", 0.1}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["time"], kTime);
  EXPECT_EQ(json["level"], "error");
  EXPECT_EQ(json["event"], "rpc failed");
  EXPECT_EQ(json["message"], "line\nbreak");
  EXPECT_EQ(json["version"], 3);
  EXPECT_EQ(json["alpha"], 0.1);
}

// A line with this value as its only field.
std::string LineWith(LogFormat format, std::string value) {
  return FormatLogLine(format, LogLevel::kInfo, kTime, "event", {{"value", std::move(value)}});
}

TEST(LogLineTest, Utf8StaysReadable) {
  const std::string degrees = "\xC2\xB0\x43 \xE6\xB8\xA9\xE5\xBA\xA6 \xF0\x9F\x98\x80";
  EXPECT_THAT(LineWith(LogFormat::kText, degrees), EndsWith("value=\"" + degrees + "\""));
  EXPECT_THAT(LineWith(LogFormat::kJson, degrees), EndsWith("\"value\":\"" + degrees + "\"}"));
}

TEST(LogLineTest, EscapesWhatIsNotUtf8) {
  const std::string bytes = "a\xFF\xE2\x82z";
  EXPECT_THAT(LineWith(LogFormat::kText, bytes), EndsWith(R"(value="a\\xff\\xe2\\x82z")"));
  const auto json = nlohmann::json::parse(LineWith(LogFormat::kJson, bytes));
  EXPECT_EQ(json["value"], R"(a\xff\xe2\x82z)");
}

// Whatever a client sends: one line, without a character that steers a terminal.
TEST(LogLineTest, IsOneVisibleLineWhateverTheValue) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  for (int code_point = 0x80; code_point < 0x3000; ++code_point) {
    if (code_point < 0x800) {
      all += {static_cast<char>(0xC0 | code_point >> 6)};
    } else {
      all += {static_cast<char>(0xE0 | code_point >> 12),
              static_cast<char>(0x80 | (code_point >> 6 & 0x3F))};
    }
    all += static_cast<char>(0x80 | (code_point & 0x3F));
    if (all.size() < 2000 && code_point < 0x2FFF) continue;
    for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
      const std::string line = LineWith(format, all);
      for (std::string_view rest = line; !rest.empty();) {
        const Utf8Head head = Utf8HeadOf(rest);
        ASSERT_TRUE(head.is_well_formed && !IsControl(head.code_point)) << line;
        rest.remove_prefix(head.bytes);
      }
      if (format == LogFormat::kJson) {
        EXPECT_TRUE(nlohmann::json::accept(line)) << line;
      }
    }
    all.clear();
  }
}

TEST(LogLineTest, CutsALongValue) {
  EXPECT_THAT(LineWith(LogFormat::kText, std::string(4096, 'a')), EndsWith("a"));
  EXPECT_THAT(LineWith(LogFormat::kText, std::string(4095, 'a') + "\xC3\xBC"),
              EndsWith("a... (4097 bytes)\""));
}

}  // namespace
}  // namespace advae
