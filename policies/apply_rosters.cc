#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "policies/byte_scan.h"
#include "policies/csv.h"
#include "policies/file_reader.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

/// Beyond so many problems, one thing is wrong with the whole file.
constexpr std::size_t kMostRosterProblems = 50;
/// Far over any organization; a hostile file must not take all memory.
constexpr std::int64_t kMaxLines = 1'000'000;
/// Words of a column that are tried for a "did you mean".
constexpr std::size_t kMaxWords = 1'000;

/// Line ends are not what a roster says.
std::string digested(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' || text.substr(i, 2) != "\r\n") out += text[i];
  }
  return out;
}

class RosterRows {
 public:
  RosterRows(Policy& policy, const RosterDecl& decl, std::uint32_t file, std::string_view text,
             Diagnostics& diagnostics)
      : policy_(policy),
        decl_(decl),
        file_(file),
        diagnostics_(diagnostics),
        reader_(policy, file, diagnostics),
        csv_(text),
        cut_at_(text.ends_with('\n') || text.ends_with('"') ? nullptr : text.data() + text.size()) {
  }

  void run() {
    const std::vector<CsvField>* header = csv_.next();
    if (header == nullptr) {
      if (!csv_problem()) error({1, 1}, "roster is empty", std::string(kNeverRemoval));
      return;
    }
    if (!find_columns(*header)) return;
    std::size_t rows = 0;
    while (const std::vector<CsvField>* row = csv_.next()) {
      ++rows;
      if (problems_ >= kMostRosterProblems) {
        return error({}, fmt::format("more than {} problems in this roster", kMostRosterProblems),
                     "look at the first ones");
      }
      read_row(*row);
    }
    if (csv_problem()) return;
    if (rows == 0) {
      error({1, 1}, "roster has a header and no rows", std::string(kNeverRemoval));
    } else if (decl_.active && !some_active_) {
      nobody_active();
    } else if (decl_.active) {
      guess_values();
    }
  }

 private:
  static constexpr std::string_view kNeverRemoval =
      "an empty roster never means \"remove everybody\"";

  void error(Position where, std::string what, std::string hint = {},
             std::vector<Place> related = {}) {
    ++problems_;
    related.insert(related.begin(), policy_.place(decl_.at));
    diagnostics_.error(policy_.place({file_, where.line, where.column}), std::move(what),
                       std::move(hint), std::move(related));
  }

  bool csv_problem() {
    const std::optional<CsvProblem>& problem = csv_.problem();
    if (problem) error(csv_.position(problem->offset), "not CSV: " + problem->what, problem->hint);
    return problem.has_value();
  }

  bool find_columns(const std::vector<CsvField>& header) {
    columns_ = header.size();
    std::unordered_map<std::string_view, std::size_t> by_name;
    std::unordered_map<std::string_view, std::size_t> again;
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < header.size(); ++i) {
      const std::string_view name = trim_ascii(header[i].text);
      names.push_back(name);
      if (!by_name.try_emplace(name, i).second) again.try_emplace(name, i);
    }
    bool fine = true;
    const auto find = [&](const RosterDecl::Column& column) {
      const auto found = by_name.find(column.name);
      const auto second = again.find(column.name);
      if (found == by_name.end()) {
        names.resize(std::min(names.size(), kMaxWords));
        std::string known = "the header has ";
        for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 20); ++i) {
          known += (i == 0 ? "" : ", ") + quote(names[i]);
        }
        error({1, 1}, fmt::format("roster has no column {}", quote(column.name)),
              did_you_mean(policy_, column.name, names, known), {policy_.place(column.at)});
      } else if (second != again.end()) {
        error(csv_.position(header[second->second].offset),
              fmt::format("column {} stands twice in the header", quote(column.name)),
              "rename or take out one of the two", {policy_.place(column.at)});
      }
      fine = fine && found != by_name.end() && second == again.end();
      return found == by_name.end() ? 0 : found->second;
    };
    email_ = find(decl_.email);
    for (const auto& [attribute, column] : decl_.attributes) attributes_.push_back(find(column));
    if (decl_.active) {
      active_ = find(decl_.active->column);
      active_at_ = csv_.position(header[active_].offset);
    }
    return fine;
  }

  void read_row(const std::vector<CsvField>& row) {
    const Position begin = csv_.position(row.front().offset);
    if (row.size() != columns_) {
      const bool blank = row.size() == 1 && row.front().text.empty();
      return error(begin,
                   blank ? std::string("blank line")
                         : fmt::format("row has {} field{}, the header has {}", row.size(),
                                       row.size() == 1 ? "" : "s", columns_),
                   blank ? "take it out" : "look for a delimiter too many or too few, or a quote");
    }
    const CsvField& field = row[email_];
    const Position where = csv_.position(field.offset);
    if (trim_ascii(field.text).empty()) {
      return error(where, fmt::format("row has no {}", quote(decl_.email.name)),
                   "give it an address, or take the row out");
    }
    const std::size_t errors_before = diagnostics_.error_count();
    const std::optional<Email> email = reader_.address(field.text, where);
    problems_ += diagnostics_.error_count() - errors_before;
    if (!email) return;
    const At at = reader_.at(where);
    const auto [first, added] = seen_.try_emplace(email->str(), at);
    if (!added) {
      return error(where, fmt::format("address {} stands twice in the roster", quote(email->str())),
                   "keep one of the two rows", {policy_.place(first->second)});
    }
    UserDecl* user = declared(*email, at);
    if (user == nullptr) return;
    if (decl_.active) read_active(row[active_], *user);
    for (std::size_t i = 0; i < attributes_.size(); ++i) {
      read_attribute(decl_.attributes[i].first, row[attributes_[i]], *user);
    }
  }

  /// Null where the row has nobody to say something about.
  UserDecl* declared(const Email& email, const At& at) {
    if (!decl_.declare_users) {
      const std::optional<PersonId> known = policy_.people.find(email);
      const auto found = known ? policy_.user_by_person.find(*known) : policy_.user_by_person.end();
      return found == policy_.user_by_person.end() ? nullptr : &policy_.users[found->second];
    }
    const PersonId person = *policy_.people.intern(email.str());
    const auto index = static_cast<std::uint32_t>(policy_.users.size());
    const auto [found, added] = policy_.user_by_person.try_emplace(person, index);
    if (added) {
      UserDecl user;
      user.person = person;
      user.at = at;
      policy_.users.push_back(std::move(user));
    }
    UserDecl& user = policy_.users[found->second];
    if (user.roster_at) {
      error({at.line, at.column},
            fmt::format("user {} is declared by two rosters", quote(email.str())),
            "keep one of the two rows, or write declare_users = false for one of the rosters",
            {policy_.place(*user.roster_at)});
      return nullptr;
    }
    user.roster_at = at;
    return &user;
  }

  void read_active(const CsvField& field, UserDecl& user) {
    const std::string_view word = trim_ascii(field.text);
    const Position where = csv_.position(field.offset);
    const auto& values = decl_.active->values;
    const bool active = std::any_of(values.begin(), values.end(),
                                    [&](const auto& value) { return value.first == word; });
    some_active_ = some_active_ || active;
    if (words_.size() < kMaxWords) words_.emplace(word);
    if (user.state_at) {
      return error(where,
                   fmt::format("{} of user {} is said here and in [users]", quote("state"),
                               quote(policy_.people.email(user.person).str())),
                   "take \"state\" out of [users], or the person out of the roster",
                   {policy_.place(*user.state_at)});
    }
    if (active) return;
    // A file that ends in the middle of a line may have been cut off there.
    const bool last = cut_at_ != nullptr && field.text.data() + field.text.size() == cut_at_;
    for (const auto& [value, at] : values) {
      if (!last || !value.starts_with(word)) continue;
      return error(
          where,
          fmt::format("the roster ends with {}, which is how {} begins", quote(word), quote(value)),
          "it may have been cut off; where it is whole, end its last line with a line break",
          {policy_.place(at)});
    }
    for (const auto& [value, at] : values) {
      const bool slip = fold_case(value) == fold_case(word) && slips_.size() < kMostRosterProblems;
      if (slip) slips_.push_back({std::string(word), value, where});
    }
    user.state = UserState::suspended;
    user.state_at = reader_.at(where);
    user.status = fmt::format("{} = {}", decl_.active->column.name, quote(word));
  }

  /// An empty field says nothing.
  void read_attribute(const std::string& name, const CsvField& field, UserDecl& user) {
    const std::string_view value = trim_ascii(field.text);
    if (value.empty()) return;
    const Position where = csv_.position(field.offset);
    const std::size_t errors_before = diagnostics_.error_count();
    const bool visible = reader_.visible(value, where, quote(name));
    problems_ += diagnostics_.error_count() - errors_before;
    if (!visible) return;
    const auto at = std::lower_bound(
        user.attributes.begin(), user.attributes.end(), name,
        [](const Attribute& left, const std::string& right) { return left.name < right; });
    if (at != user.attributes.end() && at->name == name) {
      return error(where,
                   fmt::format("attribute {} of user {} is set twice", quote(name),
                               quote(policy_.people.email(user.person).str())),
                   "keep one of the two", {policy_.place(at->at)});
    }
    user.attributes.insert(at, {name, std::string(value), reader_.at(where)});
  }

  void nobody_active() {
    std::vector<std::string_view> words(words_.begin(), words_.end());
    const auto& [value, at] = decl_.active->values.front();
    error(active_at_,
          fmt::format("no row has {} in column {}: everybody would be wanted suspended",
                      decl_.active->values.size() == 1 ? quote(value) : "any of \"values\"",
                      quote(decl_.active->column.name)),
          did_you_mean(policy_, value, words, "write what stands there for people who work"),
          {policy_.place(at)});
  }

  /// A misspelt value would suspend those it was meant for.
  void guess_values() {
    for (const Slip& slip : slips_) {
      if (!words_.contains(slip.value)) continue;  // told below
      diagnostics_.warning(
          policy_.place({file_, slip.at.line, slip.at.column}),
          fmt::format("{} in column {} is not {}: this person is wanted suspended",
                      quote(slip.word), quote(decl_.active->column.name), quote(slip.value)),
          "mend its case, or write it into \"values\" too");
    }
    std::vector<std::string_view> others;
    for (const std::string& word : words_) {
      const auto& values = decl_.active->values;
      const bool known = std::any_of(values.begin(), values.end(),
                                     [&](const auto& value) { return value.first == word; });
      if (!known) others.push_back(word);
    }
    for (const auto& [value, at] : decl_.active->values) {
      if (words_.contains(value)) continue;
      std::string hint = did_you_mean(policy_, value, others);
      if (hint.empty()) continue;
      diagnostics_.warning(
          policy_.place(at),
          fmt::format("no row has {} in column {}", quote(value), quote(decl_.active->column.name)),
          std::move(hint), {policy_.place({file_, active_at_.line, active_at_.column})});
    }
  }

  Policy& policy_;
  const RosterDecl& decl_;
  std::uint32_t file_;
  Diagnostics& diagnostics_;
  FileReader reader_;
  CsvReader csv_;
  const char* cut_at_;  ///< the end of the text, where no line ends there
  std::size_t columns_ = 0;
  std::size_t email_ = 0;
  std::vector<std::size_t> attributes_;  ///< columns, parallel to the roster's attributes
  std::size_t active_ = 0;
  Position active_at_{1, 1};
  bool some_active_ = false;
  std::set<std::string, std::less<>> words_;  ///< in the `active` column
  /// What stands in a row for somebody who is not active, and is a value but for its case.
  struct Slip {
    std::string word, value;
    Position at;
  };
  std::vector<Slip> slips_;
  std::unordered_map<std::string, At> seen_;
  std::size_t problems_ = 0;
};

bool usable(const RosterDecl& decl) {
  const bool columns = std::all_of(decl.attributes.begin(), decl.attributes.end(),
                                   [](const auto& pair) { return !pair.second.name.empty(); });
  return columns && !decl.email.name.empty() &&
         (!decl.active || (decl.declare_users && !decl.active->column.name.empty() &&
                           !decl.active->values.empty()));
}

/// The text of the roster's file, or nothing after saying why there is none.
std::optional<std::string_view> text_of(const Policy& policy, const RosterDecl& decl,
                                        const SourceFile* file, Diagnostics& diagnostics) {
  if (file == nullptr || file->unreadable) {
    const Error why = file == nullptr ? Error{decl.path + ": no such file", {}} : *file->unreadable;
    diagnostics.error(policy.place(decl.file_at), "roster " + why.what, why.hint);
    return std::nullopt;
  }
  const std::optional<std::string_view> text = decode_text(*file, "CSV", diagnostics);
  if (!text) return text;
  if (std::count(text->begin(), text->end(), '\n') > kMaxLines) {
    diagnostics.error({file->path, 0, 0}, fmt::format("roster has more than {} lines", kMaxLines),
                      "split it into several rosters");
    return std::nullopt;
  }
  const std::size_t nul = text->find('\0');
  if (nul == std::string_view::npos) return text;
  const auto lines = std::count(text->begin(), text->begin() + static_cast<long>(nul), '\n');
  diagnostics.error({file->path, static_cast<std::uint32_t>(lines + 1), 1}, "NUL byte in this line",
                    "rosters are text");
  return std::nullopt;
}

}  // namespace

bool apply_rosters(Policy& policy, std::span<const SourceFile* const> files, Digest& digest,
                   Diagnostics& diagnostics) {
  std::map<std::string_view, const SourceFile*> by_path;
  for (const SourceFile* file : files) by_path.emplace(file->path, file);
  const std::size_t errors_before = diagnostics.error_count();
  struct Part {
    const RosterDecl* decl;
    std::uint32_t file;
    std::string_view text;
  };
  std::vector<Part> parts;
  for (const RosterDecl& decl : policy.rosters) {
    const auto found = by_path.find(decl.path);
    const auto text =
        text_of(policy, decl, found == by_path.end() ? nullptr : found->second, diagnostics);
    if (!text) continue;
    digest.field(decl.path);
    digest.field(digested(*text));
    if (!usable(decl)) continue;
    parts.push_back({&decl, static_cast<std::uint32_t>(policy.files.size()), *text});
    policy.files.push_back(decl.path);
  }
  // Those that declare come first: the others add to them.
  std::stable_partition(parts.begin(), parts.end(),
                        [](const Part& part) { return part.decl->declare_users; });
  for (const Part& part : parts) {
    RosterRows(policy, *part.decl, part.file, part.text, diagnostics).run();
  }
  return diagnostics.error_count() == errors_before;
}

}  // namespace rolecall
