#include "controller/log.h"

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <string>

#include "controller/progress.h"
#include "state/model/instant.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& record, spdlog::memory_buf_t& out) override {
    const std::string time =
        format_instant(std::chrono::time_point_cast<std::chrono::milliseconds>(record.time));
    const auto level_view = spdlog::level::to_string_view(record.level);
    const std::string_view level(level_view.data(), level_view.size());
    const std::string message =
        escape_terminal(std::string_view(record.payload.data(), record.payload.size()));
    std::string line;
    if (format_ == LogFormat::json) {
      line = boost::json::serialize(
          boost::json::object{{"time", time}, {"level", level}, {"message", message}});
    } else {
      line = fmt::format("{} {}: {}", time, level, message);
    }
    line += '\n';
    const std::string_view before = Progress::make_way();
    out.append(before.data(), before.data() + before.size());
    out.append(line.data(), line.data() + line.size());
  }

  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(format_);
  }

 private:
  LogFormat format_;
};

spdlog::level::level_enum level_of(const GlobalOptions& options) {
  if (options.quiet && options.log_level < LogLevel::error) return spdlog::level::err;
  switch (options.log_level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

void set_up_log(const GlobalOptions& options) {
  auto logger = std::make_shared<spdlog::logger>("rolecall",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::make_unique<LineFormatter>(options.log_format));
  logger->set_level(level_of(options));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace rolecall
