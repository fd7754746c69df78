#include "tests/model/table/text/table_reader_fuzzer.h"

#include <gtest/gtest.h>

#include <bit>
#include <random>
#include <string>
#include <vector>

#include "tests/testing/gzip.h"
#include "tests/testing/mutations.h"
#include "tests/testing/utf16.h"

namespace advae {
namespace {

void Replay(const std::string& text) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}

// Tables with columns of all kinds, to start from.
std::vector<std::string> Corpus() {
  return {
      "",
      "k,a,b,c,t,label\nx,1,tcp,yes,2026-11-27,0\ny,NA,udp,no,2026-11-27T01:02:03.5Z,1\n,,,,,\n",
      "t;a;c;b;k\r\n27.11.2026 08:15;1,5;TRUE;;1\r\n28.11.2026 08:15;-0,25;FALSE;?;2\r\n",
      "a\tb\tc\tt\n1e39\t'x'\t1\t11/27/2026\n2\t\"y\nz\"\t0\t12/01/2026 1:00 PM\n",
      "\xEF\xBB\xBF"
      "b,c,t,a\nZ\xC3\xBCrich,t,10:29,1\nZ\xFCrich,f,10:30 AM,$5\n-1,x,y,z\n",
      "1,2,x,0,2026-01-01\n3,4,y,1,2026-01-02\n",
      "sep=|\na|b|c|t\n1|2|y|2026-02-30\n3\n",
      testing::Utf16(u"a,b,c,t\n1,\u6E29,n,1970-01-01\n", std::endian::little),
      testing::Gzip("a,b,c,t,k\n1,2,1,2026-11-27 24:00,k\n"),
      std::string("a,b\n\0,\x80\n", 9)};
}

TEST(TableReaderFuzzer, Corpus) {
  for (const std::string& text : Corpus()) Replay(text);
}

TEST(TableReaderFuzzer, CutCorpus) {
  for (const std::string& text : Corpus()) {
    for (size_t size = 0; size < text.size(); ++size) Replay(text.substr(0, size));
  }
}

TEST(TableReaderFuzzer, MutatedCorpus) {
  constexpr std::string_view kBytes = ",;\t|\"'\n\r=-+.:/0123456789eNATZtfyn ka?\\\xCC\xFF";
  std::mt19937 random(1);
  const std::vector<std::string> corpus = Corpus();
  for (int i = 0; i < 1000; ++i) Replay(testing::Mutation(corpus, kBytes, random));
}

}  // namespace
}  // namespace advae
