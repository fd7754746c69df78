#!/bin/bash
# Tests that check_includes.sh accepts what the layers allow and notices each kind of violation.
set -euo pipefail

check=$(dirname "$(realpath "$0")")/check_includes.sh
allowed=$(mktemp --directory)
forbidden=$(mktemp --directory)
trap 'rm -rf "$allowed" "$forbidden"' EXIT

# include ROOT FILE HEADER: adds a line to ROOT/FILE.
include() {
  mkdir -p "$1/${2%/*}"
  echo "#include $3" >>"$1/$2"
}

include "$allowed" model/training/trainer.cc '<torch/torch.h>'
include "$allowed" model/training/trainer.cc '"model/scoring/scorer.h"'
include "$allowed" tests/model/training/trainer_test.cc '<torch/torch.h>'
include "$allowed" model/repository/bundle_files.cc '"advae/v1/manifest.pb.h"'
include "$allowed" model/repository/bundle_files.cc '"model/base/file_io.h"'
include "$allowed" model/spec/job_spec.cc '"model/repository/model_name.h"'
include "$allowed" model/fitting/member_combination.cc '"model/spec/hyperparameters.h"'
include "$allowed" model/worker/job.cc '"model/training/train_bundle.h"'
include "$allowed" model/worker/job.cc '"model/pytorch/weight_file.h"'
include "$allowed" client/cli/main.cc '"model/data/csv_reader.h"'
include "$allowed" client/client.cc '"advae/v1/detector.grpc.pb.h"'
include "$allowed" server/services/service.cc '"model/scoring/scorer.h"'
include "$allowed" server/services/service.cc '"model/spec/job_spec.h"'
include "$allowed" server/services/service.cc '"server/batching/batcher.h"'
include "$allowed" server/services/service.cc '<grpcpp/grpcpp.h>'
include "$allowed" server/server.cc '"server/services/service.h"'
include "$allowed" experiments/runner.cc '"model/training/train_bundle.h"'

status=0
output=$("$check" "$allowed") || status=$?
if ((status != 0)); then
  echo "What the layers allow was reported: $output"
  exit 1
fi

violations=(
  'model/base/file_io.cc "model/data/matrix.h"'
  'model/data/csv_reader.h <ATen/ATen.h>'
  'model/data/csv_reader.cc "model/scoring/scaler.h"'
  'model/simd/packed_layer.h "model/scoring/network_weights.h"'
  'model/scoring/scorer.cc <torch/torch.h>'
  'model/scoring/scorer.cc "model/training/trainer.h"'
  'model/scoring/scorer.cc "server/batching/batcher.h"'
  'model/scoring/scorer.cc "model/spec/job_spec.h"'
  'model/scoring/scorer.cc "model/repository/repository.h"'
  'model/repository/repository.h "advae/v1/registry.grpc.pb.h"'
  'model/repository/repository.cc "model/fitting/build_bundle.h"'
  'model/spec/job_memory.cc <torch/torch.h>'
  'model/spec/job_spec.cc "model/fitting/build_bundle.h"'
  'server/standard/health_service.cc "server/services/service.h"'
  'server/http/http_server.cc "server/page/page_file.h"'
  'server/page/page_file.cc "server/http_api/http_api.h"'
  'model/spec/job_memory.cc "model/training/trainer.h"'
  'model/pytorch/state_dict.cc "model/scoring/scorer.h"'
  'model/training/trainer.cc "client/client.h"'
  'model/training/trainer.cc "model/pytorch/state_dict.h"'
  'model/training/trainer.cc "model/worker/job.h"'
  'model/worker/worker.cc <grpcpp/grpcpp.h>'
  'model/worker/job.cc <ATen/ATen.h>'
  'server/deep/er/service.cc <c10/util/Half.h>'
  'server/services/service.cc "model/training/trainer.h"'
  'server/services/service.cc "model/pytorch/state_dict.h"'
  'server/services/service.cc "client/client.h"'
  'server/batching/batcher.cc "server/services/service.h"'
  'server/base/work_pool.cc "server/log/log.h"'
  'client/cli/main.cc "caffe2/core/init.h"'
  'client/client.cc "model/scoring/scorer.h"'
  'client/client.cc "model/spec/job_spec.h"'
  'client/client.cc "server/config.h"'
  'report/report_page.cc "client/client.h"'
  'experiments/runner.cc "client/client.h"'
  'tests/server/service_test.cc <torch/script.h>'
)
for violation in "${violations[@]}"; do
  include "$forbidden" "${violation%% *}" "${violation#* }"
done

status=0
output=$("$check" "$forbidden") || status=$?
if ((status != 1)); then
  echo "Violations were not noticed: exit status $status"
  exit 1
fi
missed=0
for violation in "${violations[@]}"; do
  if ! grep --quiet --fixed-strings "#include ${violation#* }" <<<"$(grep "^${violation%% *}:" <<<"$output")"; then
    echo "Not noticed: $violation"
    missed=1
  fi
done
exit "$missed"
