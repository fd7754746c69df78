#include "server/http/http_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace advae {
namespace {

struct Target {
  std::string text;
  std::string path;
  std::map<std::string, std::string> query = {};
};
void PrintTo(const Target& target, std::ostream* out) { *out << target.text; }

class TargetTest : public ::testing::TestWithParam<Target> {};

TEST_P(TargetTest, HasPathAndQuery) {
  HttpRequest request;
  SetTarget(GetParam().text, request);
  EXPECT_EQ(request.path, GetParam().path);
  EXPECT_EQ(request.query, GetParam().query);
}

INSTANTIATE_TEST_SUITE_P(
    All, TargetTest,
    ::testing::Values(Target{"/v2", "/v2"},
                      Target{"/a%20b?c%3D=%2f&d", "/a b", {{"c=", "/"}, {"d", ""}}},
                      Target{"http://h/v2", "/v2"},
                      Target{"HTTPS://user@[::1]:80/v2?a=b", "/v2", {{"a", "b"}}},
                      Target{"http://h", "/"}, Target{"http://h?a=/b", "/", {{"a", "/b"}}},
                      Target{"http://", "/"}, Target{"/http://h/v2", "/http://h/v2"},
                      Target{"ftp://h/v2", "ftp://h/v2"}, Target{"*", "*"}));

}  // namespace
}  // namespace advae
