#include "tests/support/written_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "tests/support/places.h"
#include "tests/support/temp_dir.h"

namespace rolecall::test {
namespace {

namespace fs = std::filesystem;

/// Takes the folder of the schemas. Every line of an export is a document.
constexpr const char* kValidate = R"(
import json, pathlib, sys
from jsonschema import Draft7Validator
def validator(name):
    schema = json.loads(pathlib.Path(sys.argv[1], f"rolecall-{name}.schema.json").read_text())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)
validators = {}
for path in sorted(pathlib.Path(".").iterdir()):
    name = path.name.split(".")[1]
    if name not in validators: validators[name] = validator(name)
    text = path.read_bytes().decode()
    for line, part in enumerate(text.split("\n")[:-1] if name == "audit" else [text], 1):
        try:
            error = next(validators[name].iter_errors(json.loads(part)), None)
            if error: error = "/".join(map(str, error.absolute_path)) + ": " + error.message[:300]
        except ValueError as no_json:
            error = str(no_json)
        if error: print(path.name, line, error)
print("end")
)";

bool has(const std::vector<std::string>& arguments, std::string_view word) {
  return std::find(arguments.begin(), arguments.end(), word) != arguments.end();
}

/// The value of `--option VALUE` or `--option=VALUE`.
std::string value_of(const std::vector<std::string>& arguments, const std::string& option) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == option && i + 1 < arguments.size()) return arguments[i + 1];
    if (arguments[i].starts_with(option + "=")) return arguments[i].substr(option.size() + 1);
  }
  return {};
}

}  // namespace

void WrittenDocuments::add(const std::vector<std::string>& arguments, const Outcome& outcome,
                           const fs::path& folder) {
  const std::string out = value_of(arguments, "--out");
  const std::string format = value_of(arguments, "--format");
  const auto add_file = [&](const char* schema) {
    // Plans are saved whatever the verdict, so long as there is one.
    const bool wrote = outcome.exit_code != 1 && outcome.exit_code != 8;
    if (wrote && fs::is_regular_file(folder / out)) add(schema, read_file(folder / out));
  };
  if (has(arguments, "plan") || has(arguments, "undo")) {
    if (format == "json" && !outcome.out.empty()) add("plan", outcome.out);
    if (!out.empty()) add_file("plan-file");
  } else if (has(arguments, "export") && format != "csv") {
    out.empty() ? add("audit", outcome.out) : add_file("audit");
  }
}

std::vector<std::string> WrittenDocuments::complaints() const {
  const TempDir place;
  for (std::size_t i = 0; i < documents_.size(); ++i) {
    place.write(fmt::format("{:04}.{}", i, documents_[i].first), documents_[i].second);
  }
  const ProcessWish wish{
      {"/usr/bin/python3", "-c", kValidate, source_dir() + "/examples"}, {}, place.path().string()};
  const Outcome outcome = Process(wish).wait();
  std::vector<std::string> lines;
  std::istringstream out(outcome.out);
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  if (outcome.exit_code != 0 || lines.empty() || lines.back() != "end") {
    throw std::runtime_error(outcome.said());
  }
  lines.pop_back();
  return lines;
}

}  // namespace rolecall::test
