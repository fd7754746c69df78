#include "model/data/column_selection.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SelectColumns, AllColumnsAreFeatures) {
  ASSERT_OK_AND_ASSIGN(const ColumnSelection selection, SelectColumns({"a", " b "}, {}));
  EXPECT_THAT(selection.features, ElementsAre(0, 1));
  EXPECT_THAT(selection.feature_names, ElementsAre("a", "b"));
  EXPECT_FALSE(selection.label);
}

TEST(SelectColumns, KeysLabelsAndIgnoredColumnsAreNone) {
  ASSERT_OK_AND_ASSIGN(
      const ColumnSelection selection,
      SelectColumns({"time", "s_1", "a", "s_2", "label", "id"},
                    {.label = "label", .keys = {"id", "time"}, .ignored = {"s_*"}}));
  EXPECT_THAT(selection.feature_names, ElementsAre("a"));
  EXPECT_THAT(selection.keys, ElementsAre(5, 0));
  EXPECT_THAT(selection.key_names, ElementsAre("id", "time"));
  EXPECT_EQ(selection.label, 4);
}

TEST(SelectColumns, NamedFeaturesComeInTheirOrder) {
  ASSERT_OK_AND_ASSIGN(const ColumnSelection selection,
                       SelectColumns({"a", " b", "c"}, {.features = {"c", "b"}}));
  EXPECT_THAT(selection.features, ElementsAre(2, 1));
  EXPECT_THAT(selection.feature_names, ElementsAre("c", "b"));
}

TEST(SelectColumns, AnExactNameComesBeforeOneWithBlanks) {
  ASSERT_OK_AND_ASSIGN(const ColumnSelection selection,
                       SelectColumns({" a", "a", "b "}, {.features = {"a", " a", "b"}}));
  EXPECT_THAT(selection.features, ElementsAre(1, 0, 2));
}

TEST(SelectColumns, AKeyMayBeAFeatureThatIsNamed) {
  ASSERT_OK_AND_ASSIGN(const ColumnSelection selection,
                       SelectColumns({"a", "b"}, {.keys = {"a"}, .features = {"a", "b"}}));
  EXPECT_THAT(selection.features, ElementsAre(0, 1));
  EXPECT_THAT(selection.keys, ElementsAre(0));
}

TEST(SelectColumns, ColumnsWithoutARoleMayHaveAnyNames) {
  const std::vector<std::string> header = {"", "x", "x", "St\xF6rung", "", "a"};
  ASSERT_OK_AND_ASSIGN(const ColumnSelection named, SelectColumns(header, {.features = {"a"}}));
  EXPECT_THAT(named.features, ElementsAre(5));
  EXPECT_THAT(named.nameless, IsEmpty());
  ASSERT_OK_AND_ASSIGN(const ColumnSelection ignored,
                       SelectColumns(header, {.ignored = {"x", "St*"}}));
  EXPECT_THAT(ignored.features, ElementsAre(5));
  EXPECT_THAT(ignored.nameless, ElementsAre(0, 4));
}

TEST(SelectColumns, AnOptionalLabelMayBeMissing) {
  ASSERT_OK_AND_ASSIGN(const ColumnSelection selection,
                       SelectColumns({"a"}, {.label = "label", .label_optional = true}));
  EXPECT_FALSE(selection.label);
}

struct BadCase {
  std::string name;
  std::vector<std::string> header;
  ColumnRoles roles;
  std::string message;
};
void PrintTo(const BadCase& c, std::ostream* out) { *out << c.name; }

class BadRoles : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadRoles, AreRefused) {
  EXPECT_THAT(SelectColumns(GetParam().header, GetParam().roles),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRoles,
    ::testing::Values(
        BadCase{"NoFeature",
                {"a", "b"},
                {.features = {"c"}},
                "there is no column \"c\"; the columns are \"a\", \"b\""},
        BadCase{"NoLabel", {"a"}, {.label = "l"}, "there is no label column \"l\""},
        BadCase{"NoKey", {"a"}, {.keys = {"k"}}, "there is no key column \"k\""},
        BadCase{
            "NothingToIgnore", {"a"}, {.ignored = {"x*"}}, "there is no column to ignore \"x*\""},
        BadCase{"FeatureTwice", {"a", "b", "a"}, {}, "columns 1 and 3 have the same name, \"a\""},
        BadCase{"FeatureTwiceButForBlanks", {"a", " a"}, {}, "columns 1 and 2 have the same name"},
        BadCase{"NamedFeatureTwice",
                {"a", "b", "a"},
                {.features = {"a"}},
                "columns 1 and 3 have the same name, \"a\""},
        BadCase{"KeyTwice", {"k", "k", "a"}, {.keys = {"k"}}, "columns 1 and 2 have the same name"},
        BadCase{
            "OtherCase",
            {"Flow", "b"},
            {.features = {"flow"}},
            "there is no column \"flow\"; did you mean \"Flow\"? The columns are \"Flow\", \"b\""},
        BadCase{"LabelIsFeature",
                {"a", "l"},
                {.label = "l", .features = {"l"}},
                "column \"l\" is both the label and a feature"},
        BadCase{"IgnoredIsFeature",
                {"a", "b"},
                {.ignored = {"*"}, .features = {"b"}},
                "column \"b\" is a feature and cannot be ignored"},
        BadCase{"NothingLeft", {"l", ""}, {.label = "l"}, "expected features"}),
    [](const auto& info) { return info.param.name; });

TEST(SelectColumns, FindsNamesHoweverLettersWithMarksAreWritten) {
  const std::string composed = "Gr\u00f6\u00dfe";
  const std::string decomposed = "Gro\u0308\u00dfe";
  for (const auto& [header, name] :
       {std::pair(composed, decomposed), std::pair(decomposed, composed)}) {
    ASSERT_OK_AND_ASSIGN(const ColumnSelection selection,
                         SelectColumns({"a", header}, {.features = {name}}));
    EXPECT_THAT(selection.features, ElementsAre(1));
    EXPECT_THAT(selection.feature_names, ElementsAre(name));
  }
}

TEST(FindColumns, ANameComesBeforeAPattern) {
  EXPECT_THAT(FindColumns({"a*", "ab", "a", "b?", "be"}, {"a*", "b?", "a", "*b", "c*", "?"}),
              ElementsAre(ElementsAre(0), ElementsAre(3), ElementsAre(2), ElementsAre(1), IsEmpty(),
                          ElementsAre(2)));
  // But for blanks around it.
  EXPECT_THAT(FindColumns({" a* ", "ab"}, {"a*"}), ElementsAre(ElementsAre(0)));
  EXPECT_THAT(FindColumns({" ab ", "a"}, {"a?", "a*"}),
              ElementsAre(ElementsAre(0), ElementsAre(0, 1)));
}

TEST(SelectColumns, AnIgnoredColumnMayHaveAStarInItsName) {
  ASSERT_OK_AND_ASSIGN(const ColumnSelection selection,
                       SelectColumns({"a*", "ab"}, {.ignored = {"a*"}}));
  EXPECT_THAT(selection.feature_names, ElementsAre("ab"));
}

TEST(SelectColumnsByPosition, TakesKnownColumnsInTheirOrder) {
  const ColumnRoles roles = {
      .optional_keys = {"id"}, .features = {"flow", "a"}, .known_columns = {"a", "id", "flow"}};
  ASSERT_OK_AND_ASSIGN(const ColumnSelection selection, SelectColumnsByPosition(3, roles));
  EXPECT_THAT(selection.features, ElementsAre(2, 0));
  EXPECT_THAT(selection.keys, ElementsAre(1));
  EXPECT_THAT(NamesWithoutHeader(3, roles), ElementsAre("a", "id", "flow"));
  // Others are the features alone.
  ASSERT_OK_AND_ASSIGN(const ColumnSelection features, SelectColumnsByPosition(2, roles));
  EXPECT_THAT(features.features, ElementsAre(0, 1));
  EXPECT_THAT(features.feature_names, ElementsAre("flow", "a"));
}

TEST(SelectColumnsByPosition, CallsColumnsByNumber) {
  ASSERT_OK_AND_ASSIGN(const ColumnSelection selection,
                       SelectColumnsByPosition(3, {.keys = {"column_1"}}));
  EXPECT_THAT(selection.feature_names, ElementsAre("column_2", "column_3"));
  EXPECT_THAT(selection.keys, ElementsAre(0));
  ASSERT_OK_AND_ASSIGN(const ColumnSelection named,
                       SelectColumnsByPosition(3, {.features = {"column_3", "column_2"}}));
  EXPECT_THAT(named.features, ElementsAre(2, 1));
}

TEST(SelectColumnsByPosition, GivesOtherNamesToWhatIsLeft) {
  ASSERT_OK_AND_ASSIGN(
      const ColumnSelection selection,
      SelectColumnsByPosition(3, {.label = "column_2", .features = {"flow", "heat"}}));
  EXPECT_THAT(selection.features, ElementsAre(0, 2));
  EXPECT_THAT(selection.feature_names, ElementsAre("flow", "heat"));
  EXPECT_THAT(SelectColumnsByPosition(3, {.features = {"flow", "heat"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("there is no header, and 3 columns are left for 2 features: "
                                 "\"flow\", \"heat\"")));
}

TEST(Quoted, EscapesAndCuts) {
  EXPECT_EQ(Quoted("Gr\u00F6\u00DFe \"x\"\n"), "\"Gr\u00F6\u00DFe \\\"x\\\"\\n\"");
  EXPECT_EQ(Quoted(std::string(41, 'x')), "\"" + std::string(40, 'x') + "...\"");
}

}  // namespace
}  // namespace advae
