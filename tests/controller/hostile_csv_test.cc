// Whatever people and groups are called, a table of ours has the rows and cells that it is meant to
// have, and no cell that a spreadsheet computes (guarantees.md I5): read back by the letter of
// RFC 4180, by a reader that knows nothing of the one that writes.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "controller/commands.h"
#include "state/model/text.h"
#include "state/store/export.h"
#include "state/store/export_format.h"
#include "state/store/verify.h"
#include "tests/state/store/store_fixture.h"
#include "tests/support/cases.h"
#include "tests/support/hostile_names.h"
#include "tests/support/running_org.h"

namespace rolecall {
namespace {

namespace json = boost::json;
using test::HostileNames;
using test::kHostileNames;
using Row = std::vector<std::string>;

/// RFC 4180 to the letter: every record ends with CR LF, a cell is either quoted as a whole or has
/// no quote, comma or line break. Fails where the text is anything else.
class Rfc4180 {
 public:
  explicit Rfc4180(std::string_view text) : rest_(text) {}

  std::vector<Row> rows() {
    std::vector<Row> out;
    while (!rest_.empty() && !::testing::Test::HasFailure()) {
      Row& row = out.emplace_back();
      do row.push_back(cell());
      while (take(","));
      EXPECT_TRUE(take("\r\n")) << "record " << out.size() << ": " << quote(rest_);
    }
    return out;
  }

 private:
  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  std::string cell() {
    if (!take("\"")) {
      std::string out(rest_.substr(0, rest_.find_first_of("\",\r\n")));
      rest_.remove_prefix(out.size());
      return out;
    }
    std::string out;
    while (true) {
      const std::size_t end = rest_.find('"');
      if (end == std::string_view::npos) {
        ADD_FAILURE() << "a quote is never closed";
        rest_ = {};
        return out;
      }
      out += rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (!take("\"")) return out;
      out += '"';
    }
  }

  std::string_view rest_;
};

/// ASVS 1.2.10, and what some spreadsheets skip before a formula.
void expect_no_formula(const std::string& cell) {
  constexpr std::string_view kStarts("=+-@\t\r\n\0", 8);
  EXPECT_FALSE(!cell.empty() && kStarts.find(cell.front()) != std::string_view::npos)
      << quote(cell);
}

/// As README and export.h say: an apostrophe before what begins like a formula, or with one.
std::string without_guard(std::string cell) {
  if (cell.starts_with('\'')) cell.erase(0, 1);
  return cell;
}

TEST(HostileCsv, InTablesForPeopleIsEachNameInItsCell) {
  std::string csv = csv_line({"NAME", "ID", "AGAIN"});
  HostileNames written;
  for (int i = 0; i < kHostileNames; ++i) {
    const std::string name = written.next();
    csv += csv_line({name, std::to_string(i), name});
  }
  const std::vector<Row> rows = Rfc4180(csv).rows();
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(kHostileNames) + 1);
  HostileNames names;
  for (std::size_t i = 1; i < rows.size() && !HasFailure(); ++i) {
    const std::string name = names.next();
    SCOPED_TRACE(quote(name, 1'000));
    ASSERT_EQ(rows[i].size(), 3U);
    EXPECT_EQ(rows[i][1], std::to_string(i - 1));
    for (const std::size_t cell : {0U, 2U}) {
      expect_no_formula(rows[i][cell]);
      test::expect_one_harmless_line(rows[i][cell]);
      EXPECT_EQ(test::unescape(without_guard(rows[i][cell])), test::unescape(name));
    }
  }
}

TEST(HostileCsv, InAnExportOfTheLogIsEachNameByteForByte) {
  const auto written = static_cast<int>(test::cases(1'000));
  const TestFolder folder;
  const std::string path = folder / "rolecall.db";
  {
    auto store = Store::open(path, Store::Access::write);
    ASSERT_TRUE(store) << store.error().what;
    const auto run = store->begin_run(some_run());
    ASSERT_TRUE(run);
    std::vector<Intent> intents;
    HostileNames names;
    for (int i = 0; i < written; ++i) {
      Intent intent = some_intent(i + 1);
      intent.group = intent.user = names.next();
      intents.push_back(std::move(intent));
    }
    ASSERT_TRUE(store->record_intents(*run, kNoon, intents));
  }
  std::string csv;
  const auto head = export_log(path, ExportFormat::csv, [&](std::string_view bytes) {
    csv += bytes;
    return Result<void>{};
  });
  ASSERT_TRUE(head) << head.error().what;
  const std::vector<Row> rows = Rfc4180(csv).rows();
  ASSERT_FALSE(rows.empty());
  const Row& titles = rows.front();
  const auto column = [&](std::string_view title) {
    return static_cast<std::size_t>(std::find(titles.begin(), titles.end(), title) -
                                    titles.begin());
  };
  const std::size_t type = column("type"), user = column("user"), group = column("group_name");
  ASSERT_LT(std::max({type, user, group}), titles.size());
  HostileNames names;
  int intents = 0;
  for (const Row& row : rows) {
    if (HasFailure()) break;
    ASSERT_EQ(row.size(), titles.size());
    for (const std::string& cell : row) expect_no_formula(cell);
    if (row[type] != "intent") continue;
    ++intents;
    const std::string name = names.next();
    EXPECT_EQ(without_guard(row[user]), name);
    EXPECT_EQ(without_guard(row[group]), name);
  }
  EXPECT_EQ(intents, written);
  // store, run and head, the log's rows, the titles
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(head->seq) + 3);
  write_bytes(folder / "export.csv", csv);
  const auto verdict = verify_export(folder / "export.csv", {});
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->good()) << verdict->broken;
}

/// Organizations tell their names in JSON, where there is nothing but valid UTF-8.
std::vector<std::string> valid_names(std::size_t count) {
  HostileNames names;
  std::vector<std::string> out;
  while (out.size() < count) {
    std::string name = names.next();
    if (!find_invalid_utf8(name)) out.push_back(std::move(name));
  }
  return out;
}

TEST(HostileCsv, InTheTablesOfAReportIsNoRowAndNoCellTooMany) {
  const auto write = [](const test::RunningOrg& org) {
    GlobalOptions global = org.global();
    global.org = "1b2c3d4e-0000-4000-8000-0000000000aa";
    ReportOptions options;
    options.csv = (org.dir().path() / "tables").string();
    const auto ran = test::run_captured([&] { return run_report(global, options); });
    EXPECT_EQ(ran.code, 0) << ran.err;
    std::map<std::string, std::vector<Row>> out;
    for (const auto& file : std::filesystem::directory_iterator(options.csv)) {
      out[file.path().filename().string()] = Rfc4180(test::read_file(file.path())).rows();
    }
    return out;
  };
  const auto seed = [](const std::vector<std::string>& names) {
    json::array users, groups;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string email = "p" + std::to_string(i) + "@acme.example";
      users.push_back(json::object{{"email", email}, {"name", names[i]}});
      // Two groups must not have one name.
      groups.push_back(json::object{{"name", names[i] + " " + std::to_string(i)},
                                    {"description", names[i]},
                                    {"members", json::array{email}}});
    }
    return json::object{
        {"organization", json::object{{"id", "1b2c3d4e-0000-4000-8000-0000000000aa"}}},
        {"users", std::move(users)},
        {"groups", std::move(groups)}};
  };
  const auto names = valid_names(test::cases(300));
  const test::RunningOrg plain(seed(std::vector<std::string>(names.size(), "plain")));
  const test::RunningOrg hostile(seed(names));
  const auto expected = write(plain), tables = write(hostile);
  ASSERT_FALSE(tables.empty());
  std::size_t shown = 0;
  for (const auto& [file, rows] : tables) {
    SCOPED_TRACE(file);
    ASSERT_EQ(rows.size(), expected.at(file).size());
    for (const Row& row : rows) {
      EXPECT_EQ(row.size(), rows.front().size());
      for (const std::string& cell : row) {
        expect_no_formula(cell);
        test::expect_one_harmless_line(cell);
        shown += std::find(names.begin(), names.end(), without_guard(cell)) != names.end();
      }
    }
  }
  EXPECT_GT(shown, names.size() / 10) << "no table has the names";
}

}  // namespace
}  // namespace rolecall
