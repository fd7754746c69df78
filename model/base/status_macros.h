#ifndef ADVAE_MODEL_BASE_STATUS_MACROS_H_
#define ADVAE_MODEL_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Evaluates an expression of type absl::Status, once, and returns it from the enclosing function
// unless it is OK. The function returns absl::Status or an absl::StatusOr.
//
//   ADVAE_RETURN_IF_ERROR(CheckTrainSpec(spec));
#define ADVAE_RETURN_IF_ERROR(...)                                                          \
  do {                                                                                      \
    if (absl::Status advae_status = (__VA_ARGS__); !advae_status.ok()) return advae_status; \
  } while (false)

// Evaluates an expression of type absl::StatusOr, once. Returns its status from the enclosing
// function unless it is OK; otherwise moves the value into what is declared, or already exists. A
// type with a comma stands in parentheses, with its variable. Not one statement: needs braces after
// an `if` or a loop.
//
//   ADVAE_ASSIGN_OR_RETURN(const Matrix rows, ReadRowFile(file));
//   ADVAE_ASSIGN_OR_RETURN((std::map<std::string, Tensor> tensors), ReadWeightFile(path));
//   ADVAE_ASSIGN_OR_RETURN(options.repository, Repository::Open(root));
#define ADVAE_ASSIGN_OR_RETURN(declaration, ...) \
  ADVAE_ASSIGN_OR_RETURN_(ADVAE_JOIN_(advae_result_, __LINE__), declaration, __VA_ARGS__)

#define ADVAE_ASSIGN_OR_RETURN_(result, declaration, ...) \
  auto result = (__VA_ARGS__);                            \
  if (!result.ok()) return std::move(result).status();    \
  ADVAE_WITHOUT_PARENTHESES_(declaration) = *std::move(result)

#define ADVAE_JOIN_(a, b) ADVAE_JOIN_EXPANDED_(a, b)
#define ADVAE_JOIN_EXPANDED_(a, b) a##b

// `(x)` becomes ADVAE_UNWRAP_ x, as does `x`; then ADVAE_UNWRAP_ goes.
#define ADVAE_WITHOUT_PARENTHESES_(x) ADVAE_DROP_UNWRAP_(ADVAE_UNWRAP_ x)
#define ADVAE_UNWRAP_(...) ADVAE_UNWRAP_ __VA_ARGS__
#define ADVAE_DROP_UNWRAP_(...) ADVAE_DROP_UNWRAP_EXPANDED_(__VA_ARGS__)
#define ADVAE_DROP_UNWRAP_EXPANDED_(...) ADVAE_EMPTY_##__VA_ARGS__
#define ADVAE_EMPTY_ADVAE_UNWRAP_

#endif  // ADVAE_MODEL_BASE_STATUS_MACROS_H_
