#!/bin/bash
# usage: check_includes.sh ROOT
#
# Names every include below ROOT that goes against the layers (ARCHITECTURE.md); exits 1 when there
# is one. The linker cannot notice them: all headers lie on the same include path.
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

sources client model/data model/fitting model/scoring server tests/bench tests/client tests/fuzz \
  tests/integration tests/model/data tests/model/fitting tests/model/scoring tests/server tests/testing
forbid "only model/training may use LibTorch" 'torch/|ATen/|c10/|caffe2/' "${files[@]}"
forbid "only model/training may use its headers, which need LibTorch" 'model/training/' \
  "${files[@]}"

sources model
forbid "model/ knows neither server nor client" 'server/|client/' "${files[@]}"
forbid "model/ knows no gRPC" 'grpc/|grpcpp/|grpc\+\+/|advae/v1/[a-z_]*\.grpc\.pb\.h' "${files[@]}"

sources model/data
forbid "model/data is the lowest layer" 'model/(scoring|fitting)/' "${files[@]}"

sources model/scoring
forbid "model/scoring is below model/fitting" 'model/fitting/' "${files[@]}"

sources client
forbid "of model/, client/ may use the data library alone" 'model/(scoring|fitting)/' "${files[@]}"
forbid "client/ knows no server" 'server/' "${files[@]}"

sources server
forbid "server/ knows no client" 'client/' "${files[@]}"

exit "$violations"
