#include "server/calls/answer_size.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

constexpr uint64_t kHeader = 512;    // of the answer: model, version, threshold
constexpr uint64_t kPartHeader = 8;  // number and size of a message within another
constexpr uint64_t kSentRow = 18;    // score, p-value, verdict and status
constexpr uint64_t kHeldRow = 32;    // the same in memory, in arrays that may be larger
constexpr uint64_t kSentExplanation = 8;
constexpr uint64_t kHeldExplanation = 64;
constexpr uint64_t kSentContribution = 32;   // without the name
constexpr uint64_t kHeldContribution = 160;  // message, pointers to it, string, its heap memory
constexpr uint64_t kSentTextHeader = 3;
constexpr uint64_t kSentFlag = 2;
constexpr uint64_t kHeldText = 64;   // string and its heap memory, without the text
constexpr uint64_t kHeldValue = 12;  // expected value and contribution of each feature of a row
constexpr uint64_t kSentNearestRows = 16;  // of a row, without these:
constexpr uint64_t kSentNearestRow = 13;   // index and distance
constexpr uint64_t kHeldNearestRows = 160;
constexpr uint64_t kHeldNearestRow = 32;  // also as it is computed

}  // namespace

AnswerSize AnswerSizeOf(const v1::VersionInfo& version, size_t rows, const AnswerParts& parts) {
  AnswerSize size = {.sent = kHeader + rows * kSentRow, .held = kHeader + rows * kHeldRow};
  if (parts.top_features > 0) {
    const auto columns = static_cast<uint64_t>(version.features_size());
    const uint64_t named = std::min<uint64_t>(
        parts.top_features,
        version.has_schema() ? version.schema().columns_size() : version.features_size());
    uint64_t all_names = 0;
    uint64_t longest_name = 0;
    for (const v1::Feature& feature : version.features()) {
      all_names += feature.name().size();
      longest_name = std::max<uint64_t>(longest_name, feature.name().size());
    }
    const uint64_t names = std::min(all_names, named * longest_name);
    if (version.has_schema()) {
      // The value, the expected one, and whether it is missing.
      size.sent += rows * named * (2 * (parts.value_bytes + kSentTextHeader) + kSentFlag);
      size.held += rows * named * 2 * (parts.value_bytes + kHeldText);
    }
    size.sent += rows * (kSentExplanation + named * kSentContribution + names);
    size.held +=
        rows * (kHeldExplanation + named * kHeldContribution + names + columns * kHeldValue);
  }
  if (parts.nearest_rows > 0) {
    size.sent += rows * (kSentNearestRows + parts.nearest_rows * kSentNearestRow);
    size.held += rows * (kHeldNearestRows + parts.nearest_rows * kHeldNearestRow);
  }
  size.held += size.sent;
  return size;
}

AnswerSize AnswerSizeOf(const google::protobuf::Message& part) {
  const uint64_t sent = kPartHeader + part.ByteSizeLong();
  return {.sent = sent, .held = part.SpaceUsedLong() + sent};
}

absl::Status LeaseAnswer(const AnswerSize& size, const Received& request, const char* remedy) {
  const uint64_t limit = request.limits().max_response_bytes;
  if (size.sent <= limit) return request.lease().Grow(size.held);
  return absl::ResourceExhaustedError(absl::StrCat("the answer may take ", size.sent,
                                                   " bytes; the server sends at most ", limit,
                                                   " (--max_response_bytes): ", remedy));
}

}  // namespace advae
