// Reads the stored files of a version of which one is any bytes: the first byte says which one, and
// of which version. Digests and sizes are made to fit, so that what lies behind them is reached.

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "advae/v1/manifest.pb.h"
#include "model/base/json_file.h"
#include "model/base/sha256.h"
#include "model/repository/bundle_files.h"
#include "model/scoring/loaded_version.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/testing/random_model.h"
#include "tests/testing/small_table.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using testing::Require;

constexpr const char* kManifest = "manifest.json";

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteAll(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// A version on disk.
struct Stored {
  v1::VersionManifest manifest;
  std::string json;
  std::string weights;
  std::string scores;
};

class Versions {
 public:
  Versions() {
    Store(testing::RandomBundle("pump"));
    Store(testing::RandomBundle("pump", /*seed=*/1, /*memory_rows=*/10));
    Store(testing::PumpBundle("pump", /*strict=*/false, /*memory_rows=*/10));
  }

  // Reads version `which` with `bytes` in place of the file number `file`.
  void Read(size_t which, size_t file, const std::string& bytes) {
    const Stored& stored = stored_[which % stored_.size()];
    v1::VersionManifest manifest = stored.manifest;
    const std::array<std::string, 2> tensors = {file == 1 ? bytes : stored.weights,
                                                file == 2 ? bytes : stored.scores};
    for (size_t i = 0; i < tensors.size(); ++i) {
      v1::BundleFile& entry = *manifest.mutable_files(static_cast<int>(i));
      entry.set_bytes(tensors[i].size());
      entry.set_sha256(Sha256Hex(tensors[i]));
      WriteAll(folder_.path() / entry.name(), tensors[i]);
    }
    const std::string json = file == 0 ? bytes : *ToJson(manifest);
    WriteAll(folder_.path() / kManifest, json);
    WriteAll(folder_.path() / "manifest.sha256", Sha256Hex(json) + "  manifest.json\n");
    absl::StatusOr<VersionBundle> bundle = ReadBundle(folder_.path());
    if (bundle.ok()) {
      LoadedVersion::Create(*std::move(bundle)).status().IgnoreError();
    } else {
      Require(bundle.status().code() == absl::StatusCode::kDataLoss);
    }
  }

 private:
  void Store(const absl::StatusOr<VersionBundle>& bundle) {
    Require(bundle.ok());
    Stored stored;
    stored.manifest.set_format(BundleFormat(*bundle));
    *stored.manifest.mutable_info() = bundle->info;
    const auto files = WriteTensorFiles(folder_.path(), *bundle);
    Require(files.ok());
    for (const v1::BundleFile& file : *files) *stored.manifest.add_files() = file;
    stored.weights = ReadAll(folder_.path() / "weights.safetensors");
    stored.scores = ReadAll(folder_.path() / "scores.safetensors");
    stored_.push_back(stored);
    Read(stored_.size() - 1, 3, "");
    Require(ReadBundle(folder_.path()).ok());
  }

  const testing::TemporaryFolder folder_;
  std::vector<Stored> stored_;
};

}  // namespace
}  // namespace advae

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static advae::Versions versions;
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  versions.Read(data[0] / 4U, data[0] % 3U, bytes);
  return 0;
}
