#ifndef ADVAE_MODEL_NETWORKS_TORCH_HEADERS_H_
#define ADVAE_MODEL_NETWORKS_TORCH_HEADERS_H_

// LibTorch's tensors; what includes them needs LibTorch. They take long to parse, so this file is
// precompiled, and only sources and private headers of this folder include it: the public headers
// know nothing of LibTorch. <torch/torch.h> would take twice as long.

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>

#endif  // ADVAE_MODEL_NETWORKS_TORCH_HEADERS_H_
