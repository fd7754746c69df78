#include "client/cli/training_progress.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/schema_text.h"

namespace advae {
namespace {

constexpr size_t kLineWidth = 80;  // of a log
constexpr size_t kMinBarWidth = 10;
constexpr size_t kMaxBarWidth = 30;
constexpr size_t kBarFrame = 3;  // brackets and a blank
constexpr size_t kMinWidthWithBar = 60;

// What there is to say, the more important first.
std::vector<std::string> Parts(const v1::TrainProgress& progress) {
  const v1::LossTerms& losses = progress.losses();
  const int64_t seconds = progress.time_left().seconds();
  return {absl::StrFormat("epoch %d/%d", progress.epoch(), progress.epochs()),
          absl::StrFormat("%d:%02d left", seconds / 60, seconds % 60),
          absl::StrFormat("L_G %.4g", losses.generator()),
          absl::StrFormat("L_T %.4g", losses.transformer()),
          absl::StrFormat("L_E %.4g", losses.encoder()),
          absl::StrFormat("%.0f rows/s", progress.rows_per_second())};
}

// As many of the parts as fit a line of `width` characters, the first of them in any case.
std::string Describe(const v1::TrainProgress& progress, size_t width) {
  std::string line;
  for (const std::string& part : Parts(progress)) {
    if (!line.empty() && line.size() + 2 + part.size() > width) break;
    absl::StrAppend(&line, line.empty() ? "" : "  ", part);
  }
  return line;
}

std::string Bar(uint64_t epoch, uint64_t epochs, size_t width) {
  const auto filled = static_cast<size_t>(epoch * width / epochs);
  return absl::StrCat("[", std::string(filled, '#'), std::string(width - filled, '.'), "] ");
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
  out_ << "training " << accepted.model() << "\n"
       << absl::StreamFormat("%d rows of %d features, latent size %d, hidden size %d\n",
                             accepted.rows(), accepted.columns(), parameters.latent_size(),
                             parameters.hidden_size())
       << absl::StreamFormat("%d epochs of %d-row mini-batches", parameters.epochs(),
                             parameters.batch_size())
       << std::endl;
  for (const std::string& line : SchemaLines(accepted.schema())) out_ << line << std::endl;
}

void TrainingProgress::ShowProgress(const v1::TrainProgress& progress) {
  const uint64_t epochs = std::max<uint64_t>(progress.epochs(), 1);
  const uint64_t epoch = std::min<uint64_t>(progress.epoch(), epochs);
  if (columns_ != nullptr) {
    // The last column stays free: some terminals wrap a line that fills it.
    const size_t width = std::max<size_t>(columns_(), 2) - 1;
    const bool has_bar = width >= kMinWidthWithBar;
    std::string line = Describe(progress, has_bar ? width - kMinBarWidth - kBarFrame : width);
    if (has_bar) {
      line = Bar(epoch, epochs, std::min(width - line.size() - kBarFrame, kMaxBarWidth)) + line;
    }
    // Back to the start of the line, and clear what is left of the last one.
    out_ << "\r" << line.substr(0, width) << "\x1b[K" << std::flush;
    bar_is_drawn_ = true;
    return;
  }
  const auto tenths = static_cast<uint32_t>(epoch * 10 / epochs);
  if (tenths == tenths_shown_) return;
  tenths_shown_ = tenths;
  out_ << Describe(progress, kLineWidth) << std::endl;
}

}  // namespace advae
