#ifndef ADVAE_MODEL_BASE_ERROR_SUBJECT_H_
#define ADVAE_MODEL_BASE_ERROR_SUBJECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace advae {

// An error may carry what it is about, for clients that act on errors without reading messages: the
// field of the request that is wrong, and the model or version that it names. An OK status carries
// nothing.

// `status`, about the field of a message whose checks returned it. Whoever checks the message that
// has this one in a field adds that one: AtField(AtField(status, "alpha"), "spec") is about
// "spec.alpha".
absl::Status AtField(absl::Status status, std::string_view field);
template <typename T>
absl::StatusOr<T> AtField(absl::StatusOr<T> result, std::string_view field) {
  if (!result.ok()) result = AtField(std::move(result).status(), field);
  return result;
}

// `status`, about `path` instead of what it was about before; about no field when `path` is empty.
absl::Status WithField(absl::Status status, std::string_view path);

// The path of the field, such as "spec.hyperparameters.epochs". Empty: none is known.
std::string FieldOf(const absl::Status& status);

// A model, or a version of it.
struct ErrorResource {
  std::string model;
  std::optional<uint64_t> version = {};
};

absl::Status About(absl::Status status, const ErrorResource& resource);

std::optional<ErrorResource> ResourceOf(const absl::Status& status);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_ERROR_SUBJECT_H_
