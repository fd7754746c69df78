#ifndef ADVAE_TESTS_TESTING_GZIP_H_
#define ADVAE_TESTS_TESTING_GZIP_H_

#include <zlib.h>

#include <string>

namespace advae::testing {

// `text` as gzip would write it. Users link ZLIB::ZLIB.
inline std::string Gzip(std::string text) {
  z_stream stream = {};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string data(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(data.data());
  stream.avail_out = static_cast<uInt>(data.size());
  deflate(&stream, Z_FINISH);
  data.resize(stream.total_out);
  deflateEnd(&stream);
  return data;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_GZIP_H_
