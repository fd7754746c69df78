#include "client/cli/training_progress.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace advae {
namespace {

// Epoch, losses, speed and time left in one line.
std::string Describe(const v1::TrainProgress& progress) {
  const v1::LossTerms& losses = progress.losses();
  const int64_t seconds = progress.time_left().seconds();
  return absl::StrFormat("epoch %d/%d  L_G %.4g  L_T %.4g  L_E %.4g  %.0f rows/s  %d:%02d left",
                         progress.epoch(), progress.epochs(), losses.generator(),
                         losses.transformer(), losses.encoder(), progress.rows_per_second(),
                         seconds / 60, seconds % 60);
}

}  // namespace

void TrainingProgress::Show(const v1::TrainResponse& event) {
  if (event.has_accepted()) ShowAccepted(event.accepted());
  if (event.has_progress()) ShowProgress(event.progress());
}

void TrainingProgress::Finish() {
  if (std::exchange(bar_is_drawn_, false)) out_ << std::endl;
}

void TrainingProgress::ShowAccepted(const v1::TrainAccepted& accepted) {
  const v1::Hyperparameters& parameters = accepted.hyperparameters();
  out_ << absl::StreamFormat(
              "training %s: %d rows, %d features, latent size %d, hidden size %d, %d epochs of "
              "%d-row mini-batches",
              accepted.model(), accepted.rows(), accepted.columns(), parameters.latent_size(),
              parameters.hidden_size(), parameters.epochs(), parameters.batch_size())
       << std::endl;
}

void TrainingProgress::ShowProgress(const v1::TrainProgress& progress) {
  constexpr uint64_t kBarWidth = 30;
  const uint64_t epochs = std::max<uint64_t>(progress.epochs(), 1);
  const uint64_t epoch = std::min<uint64_t>(progress.epoch(), epochs);
  if (is_terminal_) {
    const size_t filled = static_cast<size_t>(epoch * kBarWidth / epochs);
    // Back to the start of the line, and clear what is left of the last one.
    out_ << "\r[" << std::string(filled, '#') << std::string(kBarWidth - filled, '.') << "] "
         << Describe(progress) << "\x1b[K" << std::flush;
    bar_is_drawn_ = true;
    return;
  }
  const auto tenths = static_cast<uint32_t>(epoch * 10 / epochs);
  if (tenths == tenths_shown_) return;
  tenths_shown_ = tenths;
  out_ << Describe(progress) << std::endl;
}

}  // namespace advae
