// A program of somebody else: trains on a few rows, scores one of them, and expects an error for a
// model that does not exist.
//
// usage: consumer HOST:PORT

#include <iostream>

#include "client/client.h"

namespace {

absl::Status Run(const char* target) {
  auto client = advae::Client::Create({.target = target});
  if (!client.ok()) return client.status();
  const advae::Matrix rows = {.values = {1, 2, 3, 4, 5, 6}, .columns = 3};

  advae::v1::TrainSpec spec;
  spec.set_model("pump");
  const auto version = (*client)->Train(spec, advae::RowsOf(rows.view()));
  if (!version.ok()) return version.status();

  advae::v1::ScoreRequest request;
  request.set_model("pump");
  advae::AssignRows(rows.view(), *request.mutable_rows());
  const auto response = (*client)->Score(request);
  if (!response.ok()) return response.status();
  std::cout << "scored " << response->scores_size() << " rows by version " << version->version()
            << "\n";

  const auto unknown = (*client)->GetModel("valve");
  if (!absl::IsNotFound(unknown.status()) || advae::DetailsOf(unknown.status()).empty()) {
    return absl::InternalError("expected NOT_FOUND with details for a model that does not exist");
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: consumer HOST:PORT\n";
    return 2;
  }
  const absl::Status status = Run(argv[1]);
  if (status.ok()) return 0;
  std::cerr << "consumer: " << status << "\n";
  return 1;
}
