#ifndef ADVAE_TESTS_FUZZ_SCORING_PARTS_H_
#define ADVAE_TESTS_FUZZ_SCORING_PARTS_H_

#include <cstdint>
#include <string>

#include "model/repository/repository.h"
#include "server/base/work_pool.h"
#include "server/batching/batcher.h"
#include "server/messages/received.h"
#include "server/metrics/metrics.h"
#include "server/models/model_table.h"
#include "server/services/score_operation.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/testing/random_model.h"
#include "tests/testing/small_table.h"
#include "tests/testing/temporary_folder.h"

namespace advae::testing {

// What a server scores with, without a server: the models "rows", of three features, and "pump", of
// PumpTable. Lives as long as the program, as its folder does.
struct ScoringParts {
  ScoringParts() {
    for (const auto& bundle : {RandomBundle("rows"), PumpBundle("pump", /*strict=*/false,
                                                                /*memory_rows=*/10)}) {
      Require(bundle.ok() && table.repository().Publish(*bundle).ok());
    }
    Require(table.Sync().ok());
  }

  ScoreResources resources() { return {.table = table, .batcher = batcher, .reads = reads}; }

  TemporaryFolder folder;
  Metrics metrics;
  MessageLimits limits{.budget = MemoryBudget(uint64_t{256} << 20),
                       .max_parsed_bytes = uint64_t{64} << 20,
                       .max_response_bytes = uint64_t{64} << 20};
  ModelTable table{*Repository::Open(folder.path() / "models"), metrics};
  Batcher batcher{BatchLimits{}, 1, metrics.batcher()};
  WorkPool reads{1, 1000};
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_FUZZ_SCORING_PARTS_H_
