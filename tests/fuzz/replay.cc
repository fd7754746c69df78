// usage: fuzz_TARGET CORPUS
//
// Gives a fuzz target the files of its corpus, each of them cut in many places, and mutations of
// them: the same ones in every run. Without libFuzzer, as a test.

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"
#include "tests/testing/mutations.h"

namespace {

constexpr int kMutations = 1000;
constexpr size_t kMaxCuts = 100;  // of one file

void Replay(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

std::vector<std::string> ReadCorpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  std::vector<std::string> corpus;
  for (const std::filesystem::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: fuzz_TARGET CORPUS\n", stderr);
    return 2;
  }
  const google::protobuf::LogSilencer silencer;  // it logs each text that is not UTF-8
  const std::vector<std::string> corpus = ReadCorpus(argv[1]);
  std::string all;
  for (const std::string& bytes : corpus) all += bytes;
  if (all.empty()) {
    std::fprintf(stderr, "%s: there is no corpus\n", argv[1]);
    return 1;
  }
  for (const std::string& bytes : corpus) {
    Replay(bytes);
    const size_t step = bytes.size() / kMaxCuts + 1;
    for (size_t size = 0; size < bytes.size(); size += step) Replay(bytes.substr(0, size));
  }
  std::mt19937 random(1);
  for (int i = 0; i < kMutations; ++i) Replay(advae::testing::Mutation(corpus, all, random));
  return 0;
}
