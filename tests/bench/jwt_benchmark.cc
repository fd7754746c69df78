// What a JSON Web Token costs a call: one that is remembered as good, and one whose signature is
// checked.

#include <benchmark/benchmark.h>

#include <string>

#include "absl/time/time.h"
#include "server/identity/jwt_verifier.h"
#include "tests/testing/jwt_signer.h"

namespace advae {
namespace {

constexpr int64_t kNow = 1'700'000'000;

// With `remembered` false, the token has expired: that is found out last, and is not remembered.
void CheckToken(benchmark::State& state, const char* algorithm, bool remembered) {
  const testing::JwtSigner signer(algorithm, "key");
  JwtVerifier verifier({.issuer = "https://issuer.example", .audience = "advae"});
  verifier.SetKeys(*ParseJwtKeys("keys", testing::JwkSet({signer.jwk()})));
  const std::string token = signer.Sign({{"iss", "https://issuer.example"},
                                         {"aud", "advae"},
                                         {"sub", "system:serviceaccount:etl:pipeline"},
                                         {"exp", remembered ? kNow + 300 : kNow - 300}});
  for (auto _ : state) {
    const auto subject = verifier.SubjectOf(token, absl::FromUnixSeconds(kNow));
    if (subject.ok() != remembered) {
      state.SkipWithError("the token is not as expected");
      return;
    }
  }
}

BENCHMARK_CAPTURE(CheckToken, rs256_remembered, "RS256", true);
BENCHMARK_CAPTURE(CheckToken, rs256_checked, "RS256", false);
BENCHMARK_CAPTURE(CheckToken, ps256_checked, "PS256", false);
BENCHMARK_CAPTURE(CheckToken, es256_remembered, "ES256", true);
BENCHMARK_CAPTURE(CheckToken, es256_checked, "ES256", false);
BENCHMARK_CAPTURE(CheckToken, es512_checked, "ES512", false);

}  // namespace
}  // namespace advae
