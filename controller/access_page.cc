#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "controller/access_plots.h"
#include "controller/access_report.h"
#include "controller/access_style.h"
#include "state/model/html.h"

namespace rolecall {
namespace {

/// A browser has trouble with more; the tables as files have all.
constexpr std::size_t kMostRows = 20'000;
constexpr std::size_t kMostBars = 10;
constexpr std::size_t kShort = 16;

/// As a content security policy names what it lets through (CSP 3, section 2.3.1).
std::string source_hash(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(content.data(), content.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::array<unsigned char, EVP_MAX_MD_SIZE * 2> base64{};
  const int length = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  std::string out = "'sha256-";
  out.append(base64.begin(), base64.begin() + length);
  return out + "'";
}

/// "2026-12-01 08:00".
std::string to_the_minute(Instant at) {
  std::string out = format_instant(at).substr(0, std::string_view("2026-12-01T08:00").size());
  out[std::string_view("2026-12-01").size()] = ' ';
  return out;
}

/// Dates, roles and other short words stay on one line.
bool is_short(const std::string& text) {
  return text.size() <= kShort;
}

class Page {
 public:
  explicit Page(const AccessReport& report) : report_(report), style_(kReportStyle) {
    // On a narrow screen each cell stands below the next, with its column's name before it: said
    // once for a column, as saying it in each cell would make half of the page.
    style_ += "@media (max-width: 700px) {\n";
    for (const ReportTable& table : report.tables) {
      for (std::size_t i = 0; i < table.header.size(); ++i) {
        style_ += fmt::format("  #{} td:nth-child({})::before {{ content: \"{}\"; }}\n", table.id,
                              i + 1, table.header[i]);
      }
    }
    style_ += "}\n";
  }

  std::string run() {
    head();
    top();
    figures();
    plots();
    contents();
    out_ +=
        "<div class=\"search\" hidden><input id=\"filter\" type=\"search\" autocomplete=\"off\" "
        "spellcheck=\"false\" placeholder=\"Filter all tables: a name, a group, an app\" "
        "aria-label=\"Filter all tables\"><output id=\"found\"></output></div>\n";
    for (const ReportTable& table : report_.tables) section(table);
    out_ += fmt::format("</main>\n<script>{}</script>\n</body>\n</html>\n", kReportScript);
    return std::move(out_);
  }

 private:
  void head() {
    out_ += fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src {}; script-src {}; base-uri 'none'; form-action 'none'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"referrer\" content=\"no-referrer\">\n"
        "<title>Access report {}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
        source_hash(style_), source_hash(kReportScript), escape_html(format_instant(report_.at)),
        style_);
  }

  void top() {
    out_ += fmt::format(
        "<header><h1>Access report</h1>\n<p class=\"about\">Organization {}, directory {}, as read "
        "on "
        "<span class=\"short\">{} UTC</span>. {}</p>\n",
        escape_html(report_.organization), escape_html(report_.directory),
        escape_html(to_the_minute(report_.at)), escape_html(report_.direct_access));
    for (const std::string& gap : report_.gaps) {
      out_ += fmt::format("<p class=\"warn\">Not proved complete: {}</p>\n", escape_html(gap));
    }
    out_ += "</header>\n";
  }

  void figures() {
    out_ += "<dl>";
    for (const auto& [label, value] : report_.figures) {
      out_ +=
          fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escape_html(label), escape_html(value));
    }
    out_ += "</dl>\n";
  }

  void plots() {
    out_ += "<div class=\"plots\">\n";
    out_ += bar_plot("People per app", report_.people_per_app, kMostBars);
    out_ += bar_plot("Largest groups", report_.largest_groups, kMostBars);
    out_ += bar_plot("Active people, last seen within", report_.last_active, kMostBars);
    out_ += line_plot("People over time", report_.history, &Counts::users);
    out_ += line_plot("Groups over time", report_.history, &Counts::groups);
    out_ += line_plot("Org admins over time", report_.history, &Counts::org_admins);
    out_ += "</div>\n";
  }

  void contents() {
    out_ += "<nav aria-label=\"Tables\"><ul>";
    for (const ReportTable& table : report_.tables) {
      out_ += fmt::format("<li><a href=\"#{}\">{}</a></li>", escape_html(table.id),
                          escape_html(table.title));
    }
    out_ += "</ul></nav>\n";
  }

  void section(const ReportTable& table) {
    out_ += fmt::format(
        "<section id=\"{}\"><h2>{}<span class=\"count\" data-all=\"{}\">{}</span></h2>\n"
        "<p class=\"lead\">{}</p>\n",
        escape_html(table.id), escape_html(table.title), table.rows.size(), table.rows.size(),
        escape_html(table.lead));
    if (table.rows.empty()) {
      out_ += fmt::format("<p>{}</p>\n</section>\n", escape_html(table.if_empty));
      return;
    }
    const auto is_number = [&](std::size_t column) {
      return std::find(table.numbers.begin(), table.numbers.end(), column) != table.numbers.end();
    };
    out_ += "<div class=\"wide\"><table><thead><tr>";
    for (std::size_t i = 0; i < table.header.size(); ++i) {
      out_ += fmt::format("<th scope=\"col\"{}>{}</th>", is_number(i) ? " class=\"n\"" : "",
                          escape_html(table.header[i]));
    }
    out_ += "</tr></thead><tbody>\n";
    const std::size_t shown = std::min(table.rows.size(), kMostRows);
    for (std::size_t r = 0; r < shown; ++r) {
      out_ += "<tr>";
      for (std::size_t i = 0; i < table.rows[r].size(); ++i) {
        const std::string& cell = table.rows[r][i];
        const std::string_view look = is_number(i)     ? " class=\"n\""
                                      : is_short(cell) ? " class=\"short\""
                                                       : "";
        out_ += fmt::format("<td{}>{}</td>", look, escape_html(cell));
      }
      out_ += "</tr>\n";
    }
    out_ += "</tbody></table></div>\n";
    if (shown < table.rows.size()) {
      out_ +=
          fmt::format("<p class=\"warn\">{} more lines are in the tables that --csv writes.</p>\n",
                      table.rows.size() - shown);
    }
    out_ += "</section>\n";
  }

  const AccessReport& report_;
  std::string style_;
  std::string out_;
};

}  // namespace

std::string render_page(const AccessReport& report) {
  return Page(report).run();
}

}  // namespace rolecall
