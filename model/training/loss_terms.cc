#include "model/training/loss_terms.h"

#include <google/protobuf/descriptor.h>

namespace advae {

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
