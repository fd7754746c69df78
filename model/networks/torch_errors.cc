#include "model/networks/torch_errors.h"

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace advae {

absl::Status CatchTorchErrors(const char* doing, const std::function<absl::Status()>& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat(doing, ": out of memory"));
  } catch (const c10::Error& error) {
    // LibTorch's allocator reports an allocation that fails as an error like any other.
    const char* const message = error.what_without_backtrace();
    if (absl::StrContains(message, "can't allocate memory")) {
      return absl::ResourceExhaustedError(absl::StrCat(doing, ": out of memory: ", message));
    }
    return absl::InternalError(absl::StrCat(doing, ": LibTorch failed: ", message));
  } catch (const std::system_error& error) {
    // So fails a thread whose stack finds no memory.
    if (error.code() == std::errc::resource_unavailable_try_again) {
      return absl::ResourceExhaustedError(absl::StrCat(doing, ": out of memory: ", error.what()));
    }
    return absl::InternalError(absl::StrCat(doing, " failed: ", error.what()));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat(doing, " failed: ", error.what()));
  }
}

}  // namespace advae
