#ifndef ADVAE_TESTS_INTEGRATION_HARNESS_FILE_FAULTS_H_
#define ADVAE_TESTS_INTEGRATION_HARNESS_FILE_FAULTS_H_

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/testing/temporary_folder.h"

namespace advae::testing {

// Makes the files of a server slow or broken while it runs, by way of file_faults_preload.cc.
class FileFaults {
 public:
  // What starts the server that is to be spoilt.
  std::vector<std::string> Launcher() const {
    return {"/usr/bin/env", absl::StrCat("LD_PRELOAD=", FILE_FAULTS_LIBRARY),
            absl::StrCat("ADVAE_FILE_FAULTS=", folder_.path().string()),
            // AddressSanitizer wants to be the first library, and works without.
            "ASAN_OPTIONS=verify_asan_link_order=0"};
  }

  // From now on, who uses a file below `path` waits.
  void Hang(const std::filesystem::path& path) { Tell("hang", path.string()); }
  // From now on, who uses a file below `path` is refused with the error of this number.
  void Fail(const std::filesystem::path& path, int error) {
    Tell("fail", absl::StrCat(error, " ", path.string()));
  }
  void Heal() {
    for (const char* name : {"hang", "fail", "hanging"}) {
      std::filesystem::remove(folder_.path() / name);
    }
  }
  // Whether somebody has come to wait within the limit of a test.
  bool SomebodyWaits() const {
    return Eventually([&] { return std::filesystem::exists(folder_.path() / "hanging"); });
  }

 private:
  void Tell(const char* name, const std::string& text) {
    std::ofstream(folder_.path() / "new") << text;
    std::filesystem::rename(folder_.path() / "new", folder_.path() / name);
  }

  const TemporaryFolder folder_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_INTEGRATION_HARNESS_FILE_FAULTS_H_
