// The public suite of TOML documents (toml-test), as a Debian package carries it: guarantees.md I2.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "policies/byte_scan.h"
#include "policies/toml_document.h"

namespace rolecall {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const fs::path kSuite = "/usr/share/gocode/src/github.com/BurntSushi/toml/internal/toml-test/tests";

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> documents(const char* folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(kSuite / folder)) {
    if (entry.path().extension() == ".toml") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The suite's own exception for TOML 1.0.0: `\e` is of the version after it.
bool of_later_version(const fs::path& path) {
  return path.filename() == "escape-esc.toml";
}

/// Whether the value is what the suite says: {"type": ..., "value": ...} for a scalar. Of decimal
/// numbers and times of day, which no policy has, only the kind.
bool same(const Value& value, const json::value& expected);

bool same_scalar(const Value& value, std::string_view type, std::string_view text) {
  switch (value.kind()) {
    case ValueKind::string:
      return type == "string" && value.string() == text;
    case ValueKind::integer:
      return type == "integer" && std::to_string(value.integer()) == text;
    case ValueKind::boolean:
      return type == "bool" && value.boolean() == (text == "true");
    case ValueKind::real:
      return type == "float";
    case ValueKind::time:
      return type == "time-local";
    case ValueKind::date:
      return type == "date-local" && value.moment().text == text;
    case ValueKind::date_time:
      return (type == "datetime" || type == "datetime-local") &&
             value.moment().begin == parse_instant(text);
    case ValueKind::array:
    case ValueKind::table:
      break;
  }
  return false;
}

bool same(const Value& value, const json::value& expected) {
  if (const json::array* elements = expected.if_array()) {
    if (!value.is(ValueKind::array) || value.size() != elements->size()) return false;
    for (std::size_t i = 0; i < elements->size(); ++i) {
      if (!same(value[i], (*elements)[i])) return false;
    }
    return true;
  }
  const json::object& members = expected.as_object();
  const json::value* type = members.if_contains("type");
  if (type != nullptr && type->is_string() && members.contains("value")) {
    return same_scalar(value, type->as_string(), members.at("value").as_string());
  }
  if (!value.is(ValueKind::table) || value.entries().size() != members.size()) return false;
  for (const Entry& entry : value.entries()) {
    const json::value* member = members.if_contains(entry.key);
    if (member == nullptr || !same(entry.value, *member)) return false;
  }
  return true;
}

class TomlSuite : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kSuite)) GTEST_SKIP() << "golang-github-burntsushi-toml-dev is not installed";
  }
};

TEST_F(TomlSuite, WhatIsValidMeansWhatTheSuiteSays) {
  const auto paths = documents("valid");
  EXPECT_GE(paths.size(), 100U);
  for (const fs::path& path : paths) {
    SCOPED_TRACE(path.string());
    const SourceFile file{"p.toml", bytes_of(path)};
    Diagnostics diagnostics;
    const auto scanned = scan_bytes(file, diagnostics);
    if (of_later_version(path)) {
      EXPECT_FALSE(scanned && Document::parse(file.path, *scanned, diagnostics));
      continue;
    }
    ASSERT_TRUE(scanned) << render(diagnostics);
    const auto document = Document::parse(file.path, *scanned, diagnostics);
    ASSERT_TRUE(document) << render(diagnostics);
    const std::string expected = bytes_of(fs::path(path).replace_extension(".json"));
    EXPECT_TRUE(same(document->root(), json::parse(expected)));
  }
}

TEST_F(TomlSuite, WhatIsInvalidIsRefusedAtAPlaceInTheFile) {
  const auto paths = documents("invalid");
  EXPECT_GE(paths.size(), 230U);
  for (const fs::path& path : paths) {
    SCOPED_TRACE(path.string());
    const SourceFile file{"p.toml", bytes_of(path)};
    Diagnostics diagnostics;
    const auto scanned = scan_bytes(file, diagnostics);
    EXPECT_FALSE(scanned && Document::parse(file.path, *scanned, diagnostics));
    ASSERT_TRUE(diagnostics.has_errors());
    const auto lines = std::count(file.bytes.begin(), file.bytes.end(), '\n') + 1;
    const Place place = diagnostics.sorted().front().place;
    EXPECT_GE(place.line, 1U);
    EXPECT_LE(place.line, lines);
  }
}

}  // namespace
}  // namespace rolecall
