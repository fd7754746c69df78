#ifndef ADVAE_PROTO_LOSS_TERMS_H_
#define ADVAE_PROTO_LOSS_TERMS_H_

#include <string>
#include <utility>
#include <vector>

#include "advae/v1/types.pb.h"

namespace advae {

// All terms, in the order of the message, with the names of its fields.
std::vector<std::pair<std::string, double>> NamedTerms(const v1::LossTerms& losses);

// False when a term is NaN or infinite.
bool AllFinite(const v1::LossTerms& losses);

// sum += weight * losses, in every term.
void AddScaled(const v1::LossTerms& losses, double weight, v1::LossTerms& sum);

}  // namespace advae

#endif  // ADVAE_PROTO_LOSS_TERMS_H_
