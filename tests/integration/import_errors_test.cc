// What the server says to imports that it refuses, and that they leave nothing behind.

#include "tests/integration/harness/job_errors_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

struct RefusedImport {
  const char* name;
  std::vector<v1::ImportVersionRequest> requests;
  std::string message;  // a part of it
};

void PrintTo(const RefusedImport& refused, std::ostream* out) { *out << refused.name; }

class RefusedImportTest : public JobErrorsTest,
                          public ::testing::WithParamInterface<RefusedImport> {};

TEST_P(RefusedImportTest, LeavesNoTrace) {
  v1::ImportVersionResponse response;
  EXPECT_THAT(Import(server().registry(), GetParam().requests, response),
              RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT, HasSubstr(GetParam().message)));
  ExpectNoTrace();
}

v1::ImportVersionRequest ImportSpecOf(const std::string& model) {
  v1::ImportVersionRequest request;
  request.mutable_spec()->set_model(model);
  return request;
}

v1::ImportVersionRequest EncoderChunk(const std::string& bytes) {
  v1::ImportVersionRequest request;
  request.set_encoder_chunk(bytes);
  return request;
}

v1::ImportVersionRequest GeneratorChunk(const std::string& bytes) {
  v1::ImportVersionRequest request;
  request.set_generator_chunk(bytes);
  return request;
}

v1::ImportVersionRequest ImportRows() {
  v1::ImportVersionRequest request;
  *request.mutable_rows() = ToProto(RandomRows(20, 3, 1));
  return request;
}

const RefusedImport kRefusedImports[] = {
    {"Nothing", {}, "no spec was sent; expected it as the first message"},
    {"RowsFirst", {ImportRows()}, "the first message has no spec"},
    {"SpecTwice", {ImportSpecOf("pump"), ImportSpecOf("pump")}, "the spec was sent twice"},
    {"EmptyMessage", {ImportSpecOf("pump"), {}}, "a message is empty"},
    {"InvalidName", {ImportSpecOf("../x")}, kInvalidName},
    {"NoEncoder",
     {ImportSpecOf("pump"), GeneratorChunk("x"), ImportRows()},
     "no bytes of the encoder were sent"},
    {"NoGenerator",
     {ImportSpecOf("pump"), EncoderChunk("x"), ImportRows()},
     "no bytes of the generator were sent"},
    {"NoRows",
     {ImportSpecOf("pump"), EncoderChunk("x"), GeneratorChunk("x")},
     "no training rows were sent"},
    {"Garbage",
     {ImportSpecOf("pump"), EncoderChunk("garbage"), GeneratorChunk("garbage"), ImportRows()},
     "encoder file: "},
};

INSTANTIATE_TEST_SUITE_P(Imports, RefusedImportTest, ::testing::ValuesIn(kRefusedImports),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae::testing
