#include "state/store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>

#include "state/store/files.h"

namespace rolecall {
namespace {

// Rolecall writes under its own lock; others hold SQLite's locks for moments only.
constexpr int kBusyMilliseconds = 2000;
// The log is folded into the database when it is longer than this (SQLite's own default).
constexpr std::int64_t kCheckpointPages = 1000;
constexpr std::int64_t kLogHeaderBytes = 32;
constexpr std::int64_t kFrameBytes = 4096 + 24;
constexpr int kLogChunkBytes = 64 * 1024;

std::string reason(sqlite3* handle, int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "no space left on device";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another program is using it";
    case SQLITE_READONLY:
      return "it is read-only";
    case SQLITE_NOTADB:
      return "it is not a rolecall store";
    case SQLITE_CORRUPT:
      return "it is damaged (database disk image is malformed)";
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN: {
      const int error = handle != nullptr ? sqlite3_system_errno(handle) : 0;
      return error != 0 ? errno_text(error) : sqlite3_errstr(code & 0xff);
    }
    default:
      return handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  }
}

tl::unexpected<Error> failure(sqlite3* handle, int code, std::string_view verb,
                              std::string_view path) {
  std::string hint;
  switch (code & 0xff) {
    case SQLITE_FULL:
      hint = "make room, then run again: what was recorded is kept";
      break;
    case SQLITE_CORRUPT:
      hint = "restore a copy of the store, or name another with --store";
      break;
    case SQLITE_BUSY:
      hint = "wait for it, or end it, then run again: a run whose lock was taken away may be one";
      break;
    case SQLITE_NOTADB:
      hint = "name another file with --store; this one was not touched";
      break;
    default:
      break;
  }
  return fail(fmt::format("cannot {} the store {}: {}", verb, path, reason(handle, code)), hint);
}

tl::unexpected<Error> failure(sqlite3_stmt* statement, int code) {
  sqlite3* handle = sqlite3_db_handle(statement);
  const char* path = sqlite3_db_filename(handle, "main");
  return failure(handle, code, sqlite3_stmt_readonly(statement) != 0 ? "read" : "write",
                 path != nullptr ? path : "");
}

int count_log_pages(void* count, sqlite3*, const char*, int pages) {
  *static_cast<std::int64_t*>(count) = pages;
  return SQLITE_OK;
}

// A path as a URI, which alone can say "immutable".
std::string immutable_uri(std::string_view path) {
  std::string uri = "file://";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

bool log_is_empty(const std::string& path) {
  struct stat status {};
  if (::lstat((path + "-wal").c_str(), &status) != 0) return errno == ENOENT;
  return status.st_size == 0;
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}
void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

Result<void> Database::open_handle(const std::string& name, int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(
      name.c_str(), &opened,
      flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, nullptr);
  state_->handle.reset(opened);
  if (code != SQLITE_OK) return failure(opened, code, "open", state_->path);

  sqlite3_busy_timeout(opened, kBusyMilliseconds);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // SQLite opens files late: this is the first look at the content.
  if (auto schema = query_integer("PRAGMA schema_version"); !schema) {
    return tl::make_unexpected(schema.error());
  }
  // Kept small, so that a service takes no more memory as its store grows: the pages are in the
  // system's cache all the same.
  return execute("PRAGMA cell_size_check = ON; PRAGMA cache_size = -512");
}

Result<Database> Database::open(const std::string& path, Mode mode) {
  Database database(std::make_unique<State>(State{path, mode, 0, nullptr}));
  if (mode == Mode::memory) {
    auto opened = database.open_handle(":memory:", SQLITE_OPEN_READWRITE);
    if (!opened) return tl::make_unexpected(opened.error());
    return database;
  }
  // What SQLite makes beside a read-only file is read-only too, and would be in the way of the next
  // run once the file is not.
  const bool alone = mode == Mode::frozen || (mode == Mode::read && !may_write(path));
  if (alone && log_is_empty(path)) {
    auto opened = database.open_handle(immutable_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    if (!opened) return tl::make_unexpected(opened.error());
    return database;
  }
  auto opened = database.open_handle(
      path, mode == Mode::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  if (!opened && mode == Mode::read) {
    // WAL needs two files beside the database, which a read-only folder does not allow. Without
    // them all is in the database itself, and nobody who could write there is at work.
    const int code = sqlite3_extended_errcode(database.state_->handle.get()) & 0xff;
    if ((code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && log_is_empty(path)) {
      opened = database.open_handle(immutable_uri(path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    }
  }
  if (!opened) return tl::make_unexpected(opened.error());
  return database;
}

Result<void> Database::accept() {
  if (state_->mode != Mode::write) return {};
  sqlite3* handle = state_->handle.get();
  // SQLite opens a file that it may not write for reading instead.
  if (sqlite3_db_readonly(handle, "main") != 0) {
    return failure(handle, SQLITE_READONLY, "write", state_->path);
  }
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  if (auto done = execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"); !done) {
    return done;
  }
  // Replaces SQLite's own checkpoints, whose failure nobody would hear of.
  sqlite3_wal_hook(handle, count_log_pages, &state_->log_pages);
  return checkpoint();
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(state_->handle.get(), sql, nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return failure(state_->handle.get(), code, state_->mode == Mode::write ? "write" : "read",
                 state_->path);
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const int code =
      sqlite3_prepare_v3(state_->handle.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  if (code != SQLITE_OK) return failure(state_->handle.get(), code, "read", state_->path);
  return Statement(prepared);
}

Result<std::int64_t> Database::query_integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::make_unexpected(statement.error());
  auto use = statement->use();
  auto row = use.next();
  if (!row) return tl::make_unexpected(row.error());
  return *row ? use.integer(0) : 0;
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(state_->handle.get());
}

Result<void> Database::checkpoint() {
  int pages = 0;
  const int code = sqlite3_wal_checkpoint_v2(state_->handle.get(), "main",
                                             SQLITE_CHECKPOINT_PASSIVE, &pages, nullptr);
  // A reader may hold it up; the log goes on growing and is folded in later.
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) {
    return failure(state_->handle.get(), code, "write", state_->path);
  }
  state_->log_pages = pages > 0 ? pages : 0;
  return {};
}

Result<void> Database::reserve(std::int64_t pages) {
  if (state_->log_pages >= kCheckpointPages) {
    if (auto done = checkpoint(); !done) return done;
  }
  sqlite3_file* log = nullptr;
  int code = sqlite3_file_control(state_->handle.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (code != SQLITE_OK || log == nullptr || log->pMethods == nullptr) {
    return fail(fmt::format("cannot write the store {}: it has no write-ahead log", path()));
  }
  int chunk = kLogChunkBytes;
  // The log may end in unused space: reading it, SQLite stops at the first frame whose checksum
  // does not follow from the ones before.
  sqlite3_int64 size = kLogHeaderBytes + (state_->log_pages + pages) * kFrameBytes;
  log->pMethods->xFileControl(log, SQLITE_FCNTL_CHUNK_SIZE, &chunk);
  code = log->pMethods->xFileControl(log, SQLITE_FCNTL_SIZE_HINT, &size);
  if (code != SQLITE_OK) {
    return fail(fmt::format("cannot write the store {}: no space left for what is to be recorded "
                            "({} KiB: full disk, quota or limit of file size)",
                            path(), size / 1024),
                "make room, then run again: what was recorded is kept");
  }
  return {};
}

Result<void> Database::check_in_place() {
  int moved = 0;
  const int code =
      sqlite3_file_control(state_->handle.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (code == SQLITE_OK && moved == 0) return {};
  return fail(
      fmt::format("the store {} was moved, removed or replaced while it was in use", path()),
      "put the file back, or start again with the one that is there now");
}

Statement::Use::~Use() {
  sqlite3_reset(statement_.handle_.get());
  sqlite3_clear_bindings(statement_.handle_.get());
}

Statement::Use& Statement::Use::bind(std::string_view text) {
  // A view without data would be bound as NULL.
  const char* data = text.data() != nullptr ? text.data() : "";
  const int code = sqlite3_bind_text64(statement_.handle_.get(), next_parameter_++, data,
                                       text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_code_ = code;
  return *this;
}

Statement::Use& Statement::Use::bind(std::int64_t number) {
  const int code = sqlite3_bind_int64(statement_.handle_.get(), next_parameter_++, number);
  if (code != SQLITE_OK) bind_code_ = code;
  return *this;
}

Statement::Use& Statement::Use::bind_null() {
  const int code = sqlite3_bind_null(statement_.handle_.get(), next_parameter_++);
  if (code != SQLITE_OK) bind_code_ = code;
  return *this;
}

Result<bool> Statement::Use::next() {
  if (bind_code_ != SQLITE_OK) return failure(statement_.handle_.get(), bind_code_);
  const int code = sqlite3_step(statement_.handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(statement_.handle_.get(), code);
}

Result<void> Statement::Use::run() {
  auto row = next();
  if (!row) return tl::make_unexpected(row.error());
  return {};
}

std::int64_t Statement::Use::integer(int column) const {
  return sqlite3_column_int64(statement_.handle_.get(), column);
}

std::string Statement::Use::text(int column) const {
  return std::string(text_view(column));
}

std::string_view Statement::Use::text_view(int column) const {
  sqlite3_stmt* handle = statement_.handle_.get();
  // In this order: asking for the text may convert the value, which changes its length.
  const unsigned char* data = sqlite3_column_text(handle, column);
  const int size = sqlite3_column_bytes(handle, column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool Statement::Use::is_null(int column) const {
  return sqlite3_column_type(statement_.handle_.get(), column) == SQLITE_NULL;
}

bool Statement::Use::is_integer(int column) const {
  return sqlite3_column_type(statement_.handle_.get(), column) == SQLITE_INTEGER;
}

bool Statement::Use::is_text(int column) const {
  return sqlite3_column_type(statement_.handle_.get(), column) == SQLITE_TEXT;
}

Result<Transaction> Transaction::begin(Database& database) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) {
    return tl::make_unexpected(begun.error());
  }
  return Transaction(database);
}

Result<void> Transaction::commit() {
  auto done = database_->execute("COMMIT");
  if (done) database_ = nullptr;
  return done;
}

Transaction::~Transaction() {
  // SQLite has rolled back by itself after some errors; then this fails and nothing is amiss.
  if (database_ != nullptr) (void)database_->execute("ROLLBACK");
}

}  // namespace rolecall
