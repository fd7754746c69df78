#include "client/cli/report/loss_history.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace advae {
namespace {

struct Term {
  const char* name;
  double (v1::LossTerms::*value)() const;
};

struct TermGroup {
  const char* title;
  const char* y_label;
  bool logarithmic;
  std::vector<Term> terms;
};

using L = v1::LossTerms;

std::vector<Term> HingeTerms(double (L::*Hinge::*value)() const) {
  std::vector<Term> terms;
  terms.reserve(std::size(kHinges));
  for (const Hinge& hinge : kHinges) terms.push_back({hinge.name, hinge.*value});
  return terms;
}

const std::vector<TermGroup>& TermGroups() {
  static const auto* const groups = new std::vector<TermGroup>{
      {"Losses",
       "loss",
       true,
       {{"L_G, generator", &L::generator},
        {"L_T, transformer", &L::transformer},
        {"L_E, encoder", &L::encoder}}},
      {"Reconstruction errors",
       "squared error, summed over the features",
       true,
       {{"MSE(x, G(z)), step 1", &L::reconstruction},
        {"MSE(x, G(z)), step 2", &L::encoder_reconstruction}}},
      {"Divergences from the prior",
       "KLD",
       true,
       {{"KLD(E(x))", &L::encoder_kld}, {"KLD(E(G(z)))", &L::reconstruction_kld}}},
      {"Hinges", "distance to the margin", false, HingeTerms(&Hinge::value)},
      {"Rows with an active hinge", "share of the rows", false, HingeTerms(&Hinge::active)}};
  return *groups;
}

}  // namespace

void LossHistory::Add(const v1::TrainResponse& event) {
  if (event.has_accepted()) member_epochs_ = event.accepted().hyperparameters().epochs();
  if (!event.has_progress() || event.progress().epoch() == 0) return;
  if (!reports_.empty() && reports_.back().epoch() == event.progress().epoch()) reports_.pop_back();
  reports_.push_back(event.progress());
}

std::vector<LineChart> LossHistory::Charts() const {
  const auto member_of = [this](const v1::TrainProgress& report) {
    return member_epochs_ == 0 ? 0 : (report.epoch() - 1) / member_epochs_;
  };
  std::vector<LineChart> charts;
  for (const TermGroup& group : TermGroups()) {
    LineChart chart{.title = group.title,
                    .x_label = "epochs of all members",
                    .y_label = group.y_label,
                    .logarithmic_y = group.logarithmic};
    for (const Term& term : group.terms) {
      ChartLine line{.name = term.name, .points = {}};
      for (size_t i = 0; i < reports_.size(); ++i) {
        if (i > 0 && member_of(reports_[i]) != member_of(reports_[i - 1])) {
          line.points.emplace_back(reports_[i].epoch(), std::numeric_limits<double>::quiet_NaN());
        }
        line.points.emplace_back(reports_[i].epoch(), (reports_[i].losses().*term.value)());
      }
      const bool is_used = std::ranges::any_of(line.points, [](const ChartPoint& point) {
        return std::isfinite(point.second) && point.second != 0;
      });
      if (is_used) chart.lines.push_back(std::move(line));
    }
    if (!chart.lines.empty()) charts.push_back(std::move(chart));
  }
  return charts;
}

}  // namespace advae
