#include "server/http/allowed_hosts.h"

#include <gtest/gtest.h>

namespace advae {
namespace {

TEST(AllowedHostsTest, AreAllByDefault) { EXPECT_TRUE(AllowedHosts().Allow("evil.example")); }

TEST(AllowedHostsTest, AreThoseOfTheLoopbackAndThoseThatAreNamed) {
  const AllowedHosts hosts({"Plant.example", "other:8080"});
  for (const char* host :
       {"", "localhost", "LocalHost:8080", "a.localhost", "127.0.0.1:80", "127.1.2.3", "[::1]:8080",
        "::1", "plant.EXAMPLE", "plant.example:443", "plant.example.", "other"}) {
    EXPECT_TRUE(hosts.Allow(host)) << host;
  }
  for (const char* host :
       {"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
        "xlocalhost", "10.0.0.1", "[", "[]", ":", ".", "plant.example.evil", "[::2]", "0.0.0.0"}) {
    EXPECT_FALSE(hosts.Allow(host)) << host;
  }
}

}  // namespace
}  // namespace advae
