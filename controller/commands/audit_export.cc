#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "controller/commands.h"
#include "controller/output.h"
#include "controller/private_file.h"
#include "controller/store_path.h"
#include "state/store/export.h"

namespace rolecall {
namespace {

struct Close {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

/// A file that appears under its name when it is whole, for its owner alone.
class NewFile {
 public:
  explicit NewFile(std::string path)
      : path_(std::move(path)), draft_(fmt::format("{}.{}.new", path_, ::getpid())) {
    ::unlink(draft_.c_str());
    const int fd =
        ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) file_.reset(::fdopen(fd, "wb"));
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() { ::unlink(draft_.c_str()); }

  Result<void> write(std::string_view bytes) {
    if (file_ != nullptr &&
        std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) == bytes.size()) {
      return {};
    }
    return failed();
  }
  Result<void> finish() {
    const bool kept = file_ != nullptr && std::fflush(file_.get()) == 0 &&
                      ::fsync(::fileno(file_.get())) == 0 &&
                      std::rename(draft_.c_str(), path_.c_str()) == 0;
    return kept ? Result<void>{} : failed();
  }

 private:
  [[nodiscard]] tl::unexpected<Error> failed() const {
    return fail(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
  }

  std::string path_, draft_;
  std::unique_ptr<std::FILE, Close> file_;
};

int report(const Result<ChainHead>& head) {
  if (!head) {
    print_error(head.error());
    return kDoesNotVerify;
  }
  print_message(fmt::format("Audit head: {}\n", format_head(*head)));
  return finish_output(0);
}

}  // namespace

int run_audit_export(const GlobalOptions& global, const AuditExportOptions& options) {
  const std::string store = default_store_path(global);
  if (options.out.empty()) {
    return report(export_log(store, options.format, [](std::string_view bytes) -> Result<void> {
      print(bytes);
      return {};
    }));
  }
  if (const auto place = check_writable_place(options.out, {kExportBegins, kExportTableBegins});
      !place) {
    return print_error(place.error());
  }
  std::error_code ignored;
  if (std::filesystem::equivalent(options.out, store, ignored)) {
    return print_error({fmt::format("{} is the store itself", options.out), {}});
  }
  NewFile file(options.out);
  const auto head =
      export_log(store, options.format, [&](std::string_view bytes) { return file.write(bytes); });
  if (head) {
    if (const auto done = file.finish(); !done) return print_error(done.error());
  }
  return report(head);
}

}  // namespace rolecall
