#!/bin/bash
# usage: check_includes.sh ROOT
#
# Names every include below ROOT that goes against the rooms (ARCHITECTURE.md); exits 1 when there is
# one. The linker cannot notice them: all headers lie on the same include path.
set -euo pipefail
shopt -s globstar nullglob

cd "$1"
violations=0

# forbid REASON INCLUDES FILE...: reports the FILEs that include what the regular expression matches.
forbid() {
  local reason=$1 includes=$2 found
  shift 2
  (($# > 0)) || return 0
  if found=$(grep --extended-regexp --line-number --with-filename \
    "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($includes)" "$@"); then
    echo "$reason:"
    echo "$found"
    violations=1
  fi
}

# sources FOLDER...: the C++ files below the folders.
sources() {
  local folder
  files=()
  for folder in "$@"; do
    files+=("$folder"/**/*.{h,cc})
  done
}

# room FOLDER OTHER...: of the folder that the room is in, it may know itself and the others.
room() {
  local name=$1 known found
  known=$(IFS='|'; echo "$*")
  sources "$name"
  ((${#files[@]} > 0)) || return 0
  if found=$(grep --line-number --with-filename "^#include \"${name%%/*}/" "${files[@]}" |
    grep --extended-regexp --invert-match "#include \"($known)/"); then
    echo "$name may know of ${name%%/*}/ itself and ${*:2}:"
    echo "$found"
    violations=1
  fi
}

room model/base
room model/access model/base
room model/data model/base
room model/simd
room model/distribution
room model/table model/base model/data
room model/neighborhood model/data model/simd
room model/scoring model/data model/simd model/distribution model/table model/neighborhood
room model/repository model/base model/data model/simd model/scoring model/neighborhood model/distribution model/table
room model/spec model/base model/data model/simd model/scoring model/neighborhood model/distribution model/repository
room model/fitting model/base model/data model/simd model/scoring model/neighborhood model/distribution model/repository model/table \
  model/spec
room model/pytorch model/base model/repository
room model/networks model/simd model/scoring model/distribution
room model/training model/base model/data model/simd model/scoring model/neighborhood model/distribution model/spec model/fitting model/networks
room model/worker model/base model/data model/table model/simd model/scoring model/neighborhood model/distribution model/repository model/spec model/fitting \
  model/pytorch model/networks model/training

room server/base
room server/log server/base
room server/metrics server/base server/log
room server/transport server/base server/log server/metrics
room server/quotas server/base
room server/identity server/base server/log server/metrics server/quotas
room server/messages server/base server/quotas server/identity server/log server/metrics
room server/batching server/base server/metrics
room server/history server/base
room server/models server/base server/log server/metrics server/history
room server/jobs server/base server/quotas server/log server/metrics server/history server/models
room server/monitoring server/base server/quotas server/identity server/log server/metrics server/transport server/messages
room server/calls server/base server/quotas server/identity server/messages
room server/standard server/base server/quotas server/identity server/log server/messages server/calls
room server/services server/base server/quotas server/identity server/log server/metrics server/messages server/calls server/batching \
  server/history server/models server/jobs server/monitoring

forbid "model/table itself knows no room inside it" 'model/table/[a-z]+/' model/table/*.{h,cc}
sources model/table/survey
forbid "model/table/survey knows no other room of model/table" 'model/table/(encoding|text)/' "${files[@]}"
sources model/table/encoding
forbid "model/table/encoding knows no other room of model/table" 'model/table/(survey|text)/' "${files[@]}"
sources model/table/text
forbid "model/table/text knows no other room of model/table" 'model/table/(encoding|survey)/' "${files[@]}"
room server/inference server/base server/quotas server/identity server/log server/metrics server/messages server/calls server/batching server/models \
  server/services
room server/http server/base server/log server/identity server/messages server/transport
room server/page server/identity server/messages server/history server/models server/jobs server/services server/inference server/http
room server/http_api server/base server/identity server/messages server/metrics server/models server/jobs server/monitoring server/services server/inference \
  server/http server/page

sources model
forbid "model/ knows neither server nor client" 'server/|client/' "${files[@]}"
forbid "model/ knows no gRPC" 'grpc/|grpcpp/|grpc\+\+/|advae/v1/[a-z_]*\.grpc\.pb\.h' "${files[@]}"

sources client report model/{base,data,table,simd,distribution,neighborhood,scoring,repository,spec,fitting,pytorch} server tests/{bench,client} \
  tests/{integration,server,testing} tests/model/{base,data,table,simd,distribution,neighborhood,scoring,repository,spec,fitting}
forbid "only model/networks and model/training may use LibTorch" 'torch/|ATen/|c10/|caffe2/' "${files[@]}"
forbid "only the worker and experiments may use what needs LibTorch" 'model/(networks|training|worker)/' \
  "${files[@]}"
sources model/worker tests/model/worker
forbid "only model/networks and model/training may use LibTorch" 'torch/|ATen/|c10/|caffe2/' "${files[@]}"

sources client report
forbid "of model/, client/ and report/ may use base and data alone" \
  'model/(simd|distribution|scoring|repository|spec|fitting|pytorch)/' "${files[@]}"
forbid "client/ and report/ know no server" 'server/' "${files[@]}"

sources report
forbid "report/ knows no client" 'client/' "${files[@]}"

sources server
forbid "server/ knows no client" 'client/' "${files[@]}"
forbid "server/ reads no weights of PyTorch" 'model/pytorch/' "${files[@]}"

sources experiments
forbid "experiments/ knows neither server nor client" 'server/|client/' "${files[@]}"

exit "$violations"
