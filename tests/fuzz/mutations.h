#ifndef ADVAE_TESTS_FUZZ_MUTATIONS_H_
#define ADVAE_TESTS_FUZZ_MUTATIONS_H_

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace advae::testing {

// One of `corpus` with up to four changes: bytes, mostly of `bytes`, that are inserted, removed or
// replaced, and starts of others that are added.
inline std::string Mutation(const std::vector<std::string>& corpus, std::string_view bytes,
                            std::mt19937& random) {
  const auto below = [&](size_t n) { return random() % n; };
  std::string text = corpus[below(corpus.size())];
  for (size_t changes = 1 + below(4); changes > 0; --changes) {
    const size_t at = below(text.size() + 1);
    const char byte = below(8) == 0 ? static_cast<char>(below(256)) : bytes[below(bytes.size())];
    switch (below(4)) {
      case 0:
        text.insert(at, 1, byte);
        break;
      case 1:
        text.erase(at, 1 + below(3));
        break;
      case 2:
        if (at < text.size()) text[at] = byte;
        break;
      default:
        text += corpus[below(corpus.size())].substr(0, below(20));
    }
  }
  return text;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_FUZZ_MUTATIONS_H_
