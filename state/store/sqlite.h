#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "state/model/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace rolecall {

class Statement;

/// A connection to one SQLite file. sqlite.cc is the only file that knows SQLite's own functions.
///
/// Every failure is an Error in words ("cannot write the store /x/rolecall.db: no space left on
/// device"). Nobody else in the process may open the file: closing any descriptor of it would drop
/// SQLite's locks.
class Database {
 public:
  enum class Mode : std::uint8_t {
    read,    ///< never writes to the file; also where file and folder are read-only
    frozen,  ///< as read, and leaves nothing beside the file; what it reads holds only if nobody
             ///< has written meanwhile
    write,   ///< WAL and synchronous=FULL: what is committed is on disk
    memory,  ///< nowhere, for comparison with a real one
  };
  /// Opens an existing file. Nothing of its content has been looked at when this returns, and
  /// closing leaves its log alone, until accept() is called.
  [[nodiscard]] static Result<Database> open(const std::string& path, Mode mode);
  /// The content is ours: from here on it may be written.
  [[nodiscard]] Result<void> accept();

  /// Runs statements that return nothing.
  [[nodiscard]] Result<void> execute(const char* sql);
  [[nodiscard]] Result<Statement> prepare(std::string_view sql);
  /// The first column of the only row.
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view sql);

  /// The id that the last INSERT gave.
  [[nodiscard]] std::int64_t last_insert_id() const;

  /// Makes sure that transactions which change up to `pages` pages can still be written, by giving
  /// the write-ahead log its space now. Folds the log into the database when it has grown long.
  [[nodiscard]] Result<void> reserve(std::int64_t pages);
  /// Error when the file at the path is no longer the one that was opened.
  [[nodiscard]] Result<void> check_in_place();

  [[nodiscard]] const std::string& path() const { return state_->path; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  struct State {
    std::string path;
    Mode mode{};
    std::int64_t log_pages = 0;  ///< written to the write-ahead log since it last began anew
    // Closed before the rest goes: SQLite holds a pointer to log_pages.
    std::unique_ptr<sqlite3, Close> handle;
  };
  explicit Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
  [[nodiscard]] Result<void> open_handle(const std::string& name, int flags);
  [[nodiscard]] Result<void> checkpoint();

  std::unique_ptr<State> state_;
};

/// A prepared statement, kept as long as its Database.
class Statement {
 public:
  /// One use: parameters in their order, then rows. Takes the statement back to its start when it
  /// goes.
  class Use {
   public:
    explicit Use(Statement& statement) : statement_(statement) {}
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    Use& bind(std::string_view text);
    Use& bind(std::int64_t number);
    Use& bind_null();

    /// Whether there is a further row.
    [[nodiscard]] Result<bool> next();
    /// For statements without rows.
    [[nodiscard]] Result<void> run();

    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    /// Valid until the next step.
    [[nodiscard]] std::string_view text_view(int column) const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] bool is_integer(int column) const;
    [[nodiscard]] bool is_text(int column) const;

   private:
    Statement& statement_;
    int next_parameter_ = 1;
    int bind_code_ = 0;
  };
  [[nodiscard]] Use use() { return Use(*this); }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Everything or nothing: what is not committed is rolled back.
class Transaction {
 public:
  /// Fails at once when the store cannot be written, rather than at the first change.
  [[nodiscard]] static Result<Transaction> begin(Database& database);
  [[nodiscard]] Result<void> commit();

  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace rolecall
