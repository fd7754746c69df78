#include "model/networks/torch_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "model/networks/torch_headers.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(CatchTorchErrorsTest, PassesTheStatusOn) {
  EXPECT_THAT(CatchTorchErrors("training", [] { return absl::OkStatus(); }), IsOk());
  EXPECT_THAT(CatchTorchErrors("training", [] { return absl::NotFoundError("no file"); }),
              StatusIs(absl::StatusCode::kNotFound, "no file"));
}

TEST(CatchTorchErrorsTest, OutOfMemoryIsResourceExhausted) {
  const auto fail = []() -> absl::Status { throw std::bad_alloc(); };
  EXPECT_THAT(CatchTorchErrors("training", fail),
              StatusIs(absl::StatusCode::kResourceExhausted, "training: out of memory"));
}

TEST(CatchTorchErrorsTest, AnAllocationThatLibTorchRefusesIsResourceExhausted) {
  const auto fail = [] {
    at::empty({int64_t{1} << 58});
    return absl::OkStatus();
  };
  EXPECT_THAT(CatchTorchErrors("training", fail),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("training: out of memory")));
}

TEST(CatchTorchErrorsTest, OtherErrorsAreInternalAndComeWithoutBacktrace) {
  const auto fail = [] {
    at::mm(at::ones({2, 3}), at::ones({2, 3}));
    return absl::OkStatus();
  };
  EXPECT_THAT(
      CatchTorchErrors("training", fail),
      StatusIs(absl::StatusCode::kInternal, AllOf(HasSubstr("training: LibTorch failed: "),
                                                  HasSubstr("2x3"), Not(HasSubstr("frame #")))));
}

TEST(CatchTorchErrorsTest, OtherExceptionsAreInternal) {
  const auto fail = []() -> absl::Status { throw std::runtime_error("broken"); };
  EXPECT_THAT(CatchTorchErrors("training", fail),
              StatusIs(absl::StatusCode::kInternal, "training failed: broken"));
}

}  // namespace
}  // namespace advae
