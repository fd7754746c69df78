#ifndef ADVAE_SERVER_PAGE_OVERVIEW_PATH_H_
#define ADVAE_SERVER_PAGE_OVERVIEW_PATH_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace advae {

// What an overview can be of.
enum class OverviewSubject {
  kModels,
  kHistories,  // of all models
  kJobs,
  kModel,
  kThreshold,
  kHistory,
  kAlarms,
  kNothing,  // there is nothing at the path
};

// A path of OverviewApi.
struct OverviewPath {
  OverviewSubject subject;
  std::string model;  // empty for all of them
  // The gRPC method that tells the same, whose rights a caller needs.
  const char* method;
  // That a query may have.
  std::span<const std::string_view> parameters = {};
};

// Nothing for another path. Below /v1/models/ all paths are of the API, so that who may not see a
// model does not learn either what is not there.
std::optional<OverviewPath> OverviewPathOf(std::string_view path);

}  // namespace advae

#endif  // ADVAE_SERVER_PAGE_OVERVIEW_PATH_H_
