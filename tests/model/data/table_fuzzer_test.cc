#include "tests/model/data/table_fuzzer.h"

#include <bit>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/gzip.h"
#include "tests/testing/mutations.h"
#include "tests/testing/utf16.h"

namespace advae {
namespace {

void Replay(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// Tables in all dialects, to start from.
std::vector<std::string> Corpus() {
  return {"",
          "a,b,label,k\n1,2,0,x\n3,NA,1,y\n,inf,0,\"z\n\"\n",
          "\xEF\xBB\xBF"
          "a;b\r\n1,5;2\r\n-0,25;1,234\r\n",
          "a\tk\n1.5\t'x'\n\"2\" \t\"it\"\"s\"z\n",
          "sep=|\na|b\n1|2\n3\n4|x\n",
          "# c, d\na,b\n#N/A,2\n# e\n1,2,\n\x1A",
          "1,2,3\r4,5,6\r\r7,8,9",
          "'a','b'\n'1','2'\n\u22121,\u00A05\n",
          ",a,a\n0,1,2\n",
          "a\n\"1\n",
          "PK\x03\x04",
          "<html>",
          testing::Utf16(u"\uFEFF"
                         u"a,b\n1,2\n\U00010000,3\n",
                         std::endian::little),
          testing::Utf16(u"a,b\n1,2\n", std::endian::big),
          testing::Gzip("a,b\n1,2\n") + testing::Gzip("3,4\n"),
          std::string("a,b\n\0,\x80\n", 9)};
}

TEST(TableFuzzer, Corpus) {
  for (const std::string& text : Corpus()) Replay(text);
}

TEST(TableFuzzer, CutCorpus) {
  for (const std::string& text : Corpus()) {
    for (size_t size = 0; size < text.size(); ++size) Replay(text.substr(0, size));
  }
}

TEST(TableFuzzer, MutatedCorpus) {
  constexpr std::string_view kBytes = ",;\t|\"'\n\r#\x1A=-+.0123456789eNAa k\\\xEF\xBB\xBF\xFF";
  std::mt19937 random(1);
  const std::vector<std::string> corpus = Corpus();
  for (int i = 0; i < 1000; ++i) Replay(testing::Mutation(corpus, kBytes, random));
}

}  // namespace
}  // namespace advae
