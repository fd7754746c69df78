#include "model/data/file_kind.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::HasSubstr;

TEST(ForeignKind, NamesWhatIsNoTable) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"PK\x03\x04xxxx", "ZIP archive, as Excel workbooks (xlsx) are"},
      {std::string("PK\x03\x04\0\0archive/data.pkl", 22), "PyTorch file"},
      {"PAR1\x15\x04", "Parquet"},
      {std::string("ARROW1\0\0", 8), "Arrow"},
      {"%PDF-1.7\n", "PDF"},
      {"\x89HDF\r\n\x1A\n", "HDF5"},
      {"\x93NUMPY\x01", "NumPy"},
      {std::string("SQLite format 3\0", 16), "SQLite"},
      {"\xD0\xCF\x11\xE0\xA1", "xls"},
      {"\x80\x02}q", "pickle"},
      {std::string("\x58\0\0\0\0\0\0\0{\"fc1\"", 14), "safetensors"},
      {"BZh91AY\x01", "bzip2"},
      {"\xFD"
       "7zXZ",
       "xz"},
      {"\x28\xB5\x2F\xFD", "zstd"},
      {"\x7F"
       "ELF",
       "program"},
      {"<!DOCTYPE html>", "HTML"},
      {"\xEF\xBB\xBF \n<html>", "HTML"},
      {"<?xml version", "HTML or XML"},
      {"{\"a\": 1}\n", "JSON"},
      {"[\n  {\"a\": 1}", "JSON"},
      {"[[1, 2]]", "JSON"}};
  for (const auto& [start, kind] : kinds) {
    EXPECT_THAT(std::string(ForeignKind(start).value_or("text")), HasSubstr(kind)) << start;
  }
}

TEST(ForeignKind, LeavesTextAlone) {
  for (const std::string& start :
       {std::string(), std::string("a,b\n1,2\n"), std::string("PAR1,PAR2\n1,2\n"),
        std::string("ARROW1;x\n"), std::string("BZh,b\n"), std::string("PK,a\n"),
        std::string("[m/s],{x}\n"), std::string("<b>p</b>,x\n"),
        std::string("\xFF\xFE"
                    "a\0",
                    4),
        std::string("\xE9"
                    "a,b\n"),
        std::string("\0a\0b", 4)}) {
    EXPECT_FALSE(ForeignKind(start)) << start;
  }
}

}  // namespace
}  // namespace advae
