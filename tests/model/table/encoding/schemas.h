#ifndef ADVAE_TESTS_MODEL_TABLE_ENCODING_SCHEMAS_H_
#define ADVAE_TESTS_MODEL_TABLE_ENCODING_SCHEMAS_H_

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "advae/v1/types.pb.h"

namespace advae::testing {

// A schema in protobuf's text format.
inline v1::TableSchema ParseSchema(const std::string& text) {
  v1::TableSchema schema;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &schema)) << text;
  return schema;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_MODEL_TABLE_ENCODING_SCHEMAS_H_
