// usage: fuzz_TARGET CORPUS [TIMES]
//
// Gives a fuzz target the files of its corpus, each of them cut in many places, and mutations of
// them: the same ones in every run, and TIMES as many as usual. Without libFuzzer, as a test.

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/mutations.h"

namespace {

constexpr size_t kMutations = 1000;
constexpr size_t kCuts = 100;  // of one file, if it has as many bytes; at the most twice as many

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
  const size_t times = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 1;
  if (argc < 2 || argc > 3 || times == 0) {
    std::fputs("usage: fuzz_TARGET CORPUS [TIMES]\n", stderr);
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
    const size_t step = std::max<size_t>(1, bytes.size() / (times * kCuts));
    for (size_t size = 0; size < bytes.size(); size += step) Replay(bytes.substr(0, size));
  }
  std::mt19937 random(1);
  for (size_t i = 0; i < times * kMutations; ++i) {
    Replay(advae::testing::Mutation(corpus, all, random));
  }
  return 0;
}
