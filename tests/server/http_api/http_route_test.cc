#include "server/http_api/http_route.h"

#include <ostream>
#include <string>

#include "gtest/gtest.h"
#include "server/identity/permissions.h"

namespace advae {
namespace {

using Place = HttpRoute::Place;

struct RouteCase {
  std::string path;
  Place place;
  std::string method = "";
  std::string model = "";
};
void PrintTo(const RouteCase& c, std::ostream* out) { *out << c.path; }

class HttpRouteTest : public ::testing::TestWithParam<RouteCase> {};

TEST_P(HttpRouteTest, TellsPlaceMethodAndModel) {
  const HttpRoute route = HttpRouteOf(GetParam().path);
  EXPECT_EQ(route.place, GetParam().place);
  EXPECT_EQ(route.method, GetParam().method);
  EXPECT_EQ(route.model, GetParam().model);
  EXPECT_EQ(route.model_path.has_value(),
            route.place == Place::kModel || route.place == Place::kInfer);
  EXPECT_EQ(route.overview_path.has_value(), route.place == Place::kOverview);
  // Nothing is changed over HTTP, where no role of a port holds.
  if (!route.method.empty()) {
    EXPECT_LE(RequiredRole(route.method), Role::kScorer);
  }
}

constexpr char kListModels[] = "/advae.v1.ModelRegistry/ListModels";
constexpr char kGetModel[] = "/advae.v1.ModelRegistry/GetModel";
constexpr char kThreshold[] = "/advae.v1.AnomalyDetector/Threshold";
constexpr char kScore[] = "/advae.v1.AnomalyDetector/Score";
constexpr char kInfer[] = "/inference.GRPCInferenceService/ModelInfer";

INSTANTIATE_TEST_SUITE_P(
    All, HttpRouteTest,
    ::testing::Values(
        RouteCase{"/", Place::kElsewhere}, RouteCase{"/openapi.json", Place::kElsewhere},
        RouteCase{"/page/app.js", Place::kElsewhere}, RouteCase{"", Place::kElsewhere},
        RouteCase{"/v1", Place::kElsewhere}, RouteCase{"/v1/", Place::kElsewhere},
        RouteCase{"/v2/models", Place::kElsewhere},
        RouteCase{"/v2", Place::kServer, "/inference.GRPCInferenceService/ServerMetadata"},
        RouteCase{"/v2/", Place::kServer, "/inference.GRPCInferenceService/ServerMetadata"},
        RouteCase{"/v2/health/live", Place::kLive, "/inference.GRPCInferenceService/ServerLive"},
        RouteCase{"/v2/health/ready", Place::kReady, "/inference.GRPCInferenceService/ServerReady"},
        RouteCase{"/v2/models/pump", Place::kModel, "/inference.GRPCInferenceService/ModelMetadata",
                  "pump"},
        RouteCase{"/v2/models/pump/stats", Place::kModel,
                  "/inference.GRPCInferenceService/ModelStatistics", "pump"},
        RouteCase{"/v2/models/pump/infer", Place::kInfer, kInfer, "pump"},
        RouteCase{"/v2/models/pump/versions/2/infer", Place::kInfer, kInfer, "pump"},
        RouteCase{"/v2/models/pump/versions//infer", Place::kElsewhere},
        RouteCase{"/v2/models/pump/infers", Place::kElsewhere},
        RouteCase{"/v1/models/pump:score", Place::kScore, kScore, "pump"},
        RouteCase{"/v1/models/pump:score:score", Place::kScore, kScore, "pump:score"},
        RouteCase{"/v1/models/:score", Place::kOverview, kGetModel, ":score"},
        RouteCase{"/v1/models", Place::kOverview, kListModels},
        RouteCase{"/v1/history", Place::kOverview, kListModels},
        RouteCase{"/v1/jobs", Place::kOverview, kListModels},
        RouteCase{"/v1/models/", Place::kOverview, kGetModel},
        RouteCase{"/v1/models/pump", Place::kOverview, kGetModel, "pump"},
        RouteCase{"/v1/models/pump/history", Place::kOverview, kGetModel, "pump"},
        RouteCase{"/v1/models/pump/threshold", Place::kOverview, kThreshold, "pump"}));

TEST(HttpRoute, OverviewsTellTheirSubject) {
  const auto subject = [](const char* path) {
    return HttpRouteOf(path).overview_path.value().subject;
  };
  EXPECT_EQ(subject("/v1/models"), OverviewSubject::kModels);
  EXPECT_EQ(subject("/v1/history"), OverviewSubject::kHistories);
  EXPECT_EQ(subject("/v1/jobs"), OverviewSubject::kJobs);
  EXPECT_EQ(subject("/v1/models/pump"), OverviewSubject::kModel);
  EXPECT_EQ(subject("/v1/models/threshold"), OverviewSubject::kModel);
  EXPECT_EQ(subject("/v1/models/pump/threshold"), OverviewSubject::kThreshold);
  EXPECT_EQ(subject("/v1/models/pump/history"), OverviewSubject::kHistory);
  EXPECT_EQ(subject("/v1/models/pump/alarms"), OverviewSubject::kAlarms);
  EXPECT_EQ(subject("/v1/models/pump/"), OverviewSubject::kNothing);
  EXPECT_EQ(subject("/v1/models/pump/alarms/1"), OverviewSubject::kNothing);
  EXPECT_EQ(subject("/v1/models//alarms"), OverviewSubject::kNothing);
}

}  // namespace
}  // namespace advae
