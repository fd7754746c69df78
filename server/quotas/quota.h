#ifndef ADVAE_SERVER_QUOTAS_QUOTA_H_
#define ADVAE_SERVER_QUOTAS_QUOTA_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace advae {

// What an identity may be limited in.
enum class QuotaKind {
  kRowsPerSecond,  // that are scored
  kCalls,          // open at once, of any method but those of health
  kStreams,        // ScoreStream calls open at once, which are calls, too
  kTrainings,      // trainings and imports at once
  kVersions,       // that it made and that are stored
  kBytes,          // of these versions
};
inline constexpr std::array kQuotaKinds = {QuotaKind::kRowsPerSecond, QuotaKind::kCalls,
                                           QuotaKind::kStreams,       QuotaKind::kTrainings,
                                           QuotaKind::kVersions,      QuotaKind::kBytes};

// As the file of quotas, metrics and errors call it, such as "rows_per_second".
const char* NameOf(QuotaKind kind);

// What one identity may do. Without a limit, as much as anybody.
struct Quota {
  std::optional<uint64_t>& limit(QuotaKind kind) { return limits[static_cast<size_t>(kind)]; }
  const std::optional<uint64_t>& limit(QuotaKind kind) const {
    return limits[static_cast<size_t>(kind)];
  }

  std::array<std::optional<uint64_t>, kQuotaKinds.size()> limits = {};  // by kind; each at least 1
  // How much of the scoring threads the identity gets beside others that have rows waiting: twice
  // as much with twice the weight. 1 to 1000.
  uint64_t weight = 1;

  bool operator==(const Quota&) const = default;
};

// A quota and the identity that it is for.
struct NamedQuota {
  // Of those that have no quota of their own: each of them has this one for itself.
  static constexpr char kOthers[] = "*";

  std::string name;
  Quota quota;

  bool operator==(const NamedQuota&) const = default;
};

}  // namespace advae

#endif  // ADVAE_SERVER_QUOTAS_QUOTA_H_
