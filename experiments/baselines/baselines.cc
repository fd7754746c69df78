#include "experiments/baselines/baselines.h"

#include "experiments/baselines/gan.h"
#include "experiments/baselines/mo_gaal.h"
#include "experiments/baselines/wgan_gp.h"

namespace advae {

const std::map<std::string, FitFunction>& Baselines() {
  static const auto* const baselines = new std::map<std::string, FitFunction>{
      {"GAN", FitGan}, {"WGAN_GP", FitWganGp}, {"MO_GAAL", FitMoGaal}};
  return *baselines;
}

}  // namespace advae
