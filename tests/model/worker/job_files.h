#ifndef ADVAE_TESTS_MODEL_WORKER_JOB_FILES_H_
#define ADVAE_TESTS_MODEL_WORKER_JOB_FILES_H_

#include <filesystem>
#include <fstream>
#include <string>

#include "advae/v1/job.pb.h"
#include "model/data/matrix.h"
#include "tests/testing/synthetic_rows.h"
#include "tests/testing/temporary_folder.h"

namespace advae::testing {

// A temporary folder with a repository and the row files of jobs.
class JobFiles {
 public:
  std::filesystem::path folder() const { return folder_.path(); }
  std::filesystem::path repository() const { return folder_.path() / "repository"; }

  v1::RowFile Write(const Matrix& rows) const {
    v1::RowFile file;
    file.set_path((folder_.path() / "rows").string());
    file.set_rows(rows.rows());
    file.set_columns(static_cast<uint32_t>(rows.columns));
    std::ofstream(file.path(), std::ios::binary)
        .write(reinterpret_cast<const char*>(rows.values.data()),
               static_cast<std::streamsize>(rows.values.size() * sizeof(float)));
    return file;
  }

  // A training of a second or less.
  v1::Job SmallTraining(const std::string& model = "pump") const {
    v1::Job job;
    job.set_repository(repository().string());
    job.set_threads(1);
    *job.mutable_rows() = Write(SyntheticRows(60, 4));
    job.mutable_train()->set_model(model);
    v1::Hyperparameters& parameters = *job.mutable_train()->mutable_hyperparameters();
    parameters.set_hidden_size(8);
    parameters.set_latent_size(2);
    parameters.set_epochs(5);
    parameters.set_ensemble_size(1);
    return job;
  }

 private:
  const TemporaryFolder folder_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_MODEL_WORKER_JOB_FILES_H_
