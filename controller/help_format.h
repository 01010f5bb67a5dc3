#pragma once

#include <CLI/Formatter.hpp>
#include <string>
#include <vector>

namespace rolecall {

/// Headings of the commands in `rolecall --help`, in their order.
inline constexpr const char* kBeginning = "To begin";
inline constexpr const char* kEveryDay = "Every day";
inline constexpr const char* kLooking = "To look closer";
inline constexpr const char* kHelping = "When something went wrong";
inline constexpr const char* kToolbox = "For shell and editor";

/// Help that fits a terminal of 80 columns: a column of names, a column of wrapped words.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override;
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override;
  std::string make_subcommand(const CLI::App* app) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;
  std::string make_option(const CLI::Option* option, bool positional) const override;
  std::string make_option_usage(const CLI::Option* option) const override;
};

}  // namespace rolecall
