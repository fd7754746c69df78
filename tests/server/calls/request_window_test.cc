#include "server/calls/request_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::StatusIs;

class RequestWindowTest : public ::testing::Test {
 protected:
  using Window = RequestWindow<std::string>;

  // A request that has come.
  std::string* Read(const std::string& request) {
    if (window_.BeginRead(0, request) == nullptr) return nullptr;
    return window_.EndRead(true);
  }
  // Answers what can be; whether the stream is over.
  bool AnswerDone() {
    return window_.AnswerDone([this](const std::string& request, size_t index) {
      answers_.push_back(std::to_string(index) + request);
    });
  }

  Window window_;
  std::vector<std::string> answers_;
};

TEST_F(RequestWindowTest, AnswersInTheOrderOfTheRequests) {
  std::string* const first = Read("a");
  std::string* const second = Read("b");
  std::string* const third = Read("c");
  window_.SetDone(*second);
  EXPECT_FALSE(AnswerDone());
  EXPECT_THAT(answers_, IsEmpty());
  window_.SetDone(*first);
  EXPECT_FALSE(AnswerDone());
  EXPECT_THAT(answers_, ElementsAre("0a", "1b"));
  EXPECT_EQ(window_.answered(), 2);
  window_.SetDone(*third);
  EXPECT_FALSE(AnswerDone());
  EXPECT_THAT(answers_, ElementsAre("0a", "1b", "2c"));
}

TEST_F(RequestWindowTest, HasRoomForAFewThatAreReadOrNotSent) {
  std::string* const first = Read("a");
  EXPECT_EQ(window_.BeginRead(Window::kMaxOpen - 1), nullptr);
  EXPECT_NE(window_.BeginRead(Window::kMaxOpen - 2), nullptr);
  EXPECT_EQ(window_.BeginRead(0), nullptr) << "one is being read";
  window_.EndRead(true);
  EXPECT_NE(Read("c"), nullptr);
  EXPECT_NE(Read("d"), nullptr);
  EXPECT_EQ(Read("e"), nullptr);
  window_.SetDone(*first);
  AnswerDone();
  EXPECT_NE(Read("e"), nullptr);
}

TEST_F(RequestWindowTest, IsOverAfterTheLastAnswer) {
  EXPECT_FALSE(AnswerDone());
  std::string* const only = Read("a");
  ASSERT_NE(window_.BeginRead(0), nullptr);
  EXPECT_EQ(window_.EndRead(false), nullptr);
  EXPECT_EQ(window_.BeginRead(0), nullptr);
  EXPECT_FALSE(AnswerDone());
  window_.SetDone(*only);
  EXPECT_TRUE(AnswerDone());
  EXPECT_THAT(answers_, ElementsAre("0a"));
  EXPECT_THAT(window_.Outcome(), IsOk());
}

TEST_F(RequestWindowTest, AfterAFailureNothingIsAnswered) {
  std::string* const first = Read("a");
  std::string* const second = Read("b");
  ASSERT_NE(window_.BeginRead(0), nullptr);
  window_.SetDone(*first);
  EXPECT_FALSE(window_.AnswerDone(
      [this](const std::string&, size_t) { window_.Fail(absl::NotFoundError("no such")); }));
  window_.Fail(absl::InternalError("later"));
  EXPECT_FALSE(AnswerDone()) << "a request is worked on";
  window_.SetDone(*second);
  EXPECT_TRUE(AnswerDone()) << "what is being read is of no interest";
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_THAT(window_.Outcome(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such")));
}

TEST_F(RequestWindowTest, EndsOnlyWhenItIsIdle) {
  std::string* const first = Read("a");
  EXPECT_FALSE(window_.EndIfIdle(0)) << "a request is open";
  window_.SetDone(*first);
  AnswerDone();
  EXPECT_FALSE(window_.EndIfIdle(0)) << "one was answered meanwhile";
  EXPECT_FALSE(AnswerDone());
  EXPECT_TRUE(window_.EndIfIdle(1));
  EXPECT_TRUE(AnswerDone());
  EXPECT_THAT(window_.Outcome(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("the server is stopping")));
}

TEST_F(RequestWindowTest, OneThreadAtATimeAnswers) {
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string*> requests;
    while (std::string* const request = Read("x")) requests.push_back(request);
    std::vector<std::thread> threads;
    for (std::string* const request : requests) {
      threads.emplace_back([this, request] {
        window_.SetDone(*request);
        AnswerDone();
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  ASSERT_EQ(answers_.size(), 200 * Window::kMaxOpen);
  for (size_t i = 0; i < answers_.size(); ++i) EXPECT_EQ(answers_[i], std::to_string(i) + "x");
}

}  // namespace
}  // namespace advae
