#include "proto/loss_terms.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cmath>

namespace advae {

std::vector<std::pair<std::string, double>> NamedTerms(const v1::LossTerms& losses) {
  const google::protobuf::Descriptor* const fields = v1::LossTerms::descriptor();
  std::vector<std::pair<std::string, double>> terms;
  for (int i = 0; i < fields->field_count(); ++i) {
    const auto* const field = fields->field(i);
    terms.emplace_back(field->name(), losses.GetReflection()->GetDouble(losses, field));
  }
  return terms;
}

bool AllFinite(const v1::LossTerms& losses) {
  return std::ranges::all_of(NamedTerms(losses),
                             [](const auto& term) { return std::isfinite(term.second); });
}

void AddScaled(const v1::LossTerms& losses, double weight, v1::LossTerms& sum) {
  const google::protobuf::Descriptor* const fields = v1::LossTerms::descriptor();
  const google::protobuf::Reflection* const reflection = v1::LossTerms::GetReflection();
  for (int i = 0; i < fields->field_count(); ++i) {
    const auto* const field = fields->field(i);
    reflection->SetDouble(
        &sum, field,
        reflection->GetDouble(sum, field) + weight * reflection->GetDouble(losses, field));
  }
}

}  // namespace advae
