#ifndef ADVAE_TESTS_TESTING_REFERENCE_DATA_H_
#define ADVAE_TESTS_TESTING_REFERENCE_DATA_H_

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace advae::testing {

// The folder with the paper's data sets (`datasets/NAME.{train,test}.csv`) and the reference models
// (`reference/NAME/...`, `reference/summary.json`), which are not part of the repository:
// ADVAE_REFERENCE_DATA, or `shared` beside the repository. Empty when there is no such folder.
inline std::optional<std::filesystem::path> ReferenceData() {
  const char* const variable = std::getenv("ADVAE_REFERENCE_DATA");
  const std::filesystem::path folder =
      variable != nullptr ? std::filesystem::path(variable)
                          : std::filesystem::path(ADVAE_SOURCE_DIR).parent_path() / "shared";
  if (!std::filesystem::is_directory(folder / "datasets")) return std::nullopt;
  return folder;
}

}  // namespace advae::testing

// First line of a test that needs the folder.
#define ADVAE_SKIP_WITHOUT_REFERENCE_DATA()                                             \
  if (!::advae::testing::ReferenceData()) {                                             \
    GTEST_SKIP() << "the reference data is not part of the repository; set "            \
                    "ADVAE_REFERENCE_DATA to the folder with datasets/ and reference/"; \
  }

#endif  // ADVAE_TESTS_TESTING_REFERENCE_DATA_H_
