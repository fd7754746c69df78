#!/bin/bash
# usage: check_neon.sh ROOT GENERATED
#
# Compiles the vector code below ROOT for 64-bit ARM, of which the machines that run the tests have
# no processor, and checks that it has NEON code in it. GENERATED is the folder of the generated
# Protobuf code. Exits 77, a skip, where there is no such compiler (g++-aarch64-linux-gnu).
set -euo pipefail

root=$1
generated=$2
compiler=aarch64-linux-gnu-g++
if ! command -v "$compiler" >/dev/null; then
  echo "no $compiler"
  exit 77
fi

objects=$(mktemp --directory)
trap 'rm -rf "$objects"' EXIT
for source in model/scoring/scoring_kernel.cc model/simd/vector_loops.cc model/simd/matrix_product.cc; do
  object="$objects/$(basename "$source").o"
  # The libraries' headers are the same for every processor; those of C come with the compiler.
  "$compiler" -std=c++20 -O1 -Wall -Wextra -Werror -DHWY_SHARED_DEFINE \
    -I "$root" -I "$generated" -idirafter /usr/include -c "$root/$source" -o "$object"
  if ! "${compiler%g++}nm" "$object" | grep --quiet N_NEON; then
    echo "$source has no NEON code"
    exit 1
  fi
done
