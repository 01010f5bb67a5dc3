#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "policies/byte_scan.h"
#include "policies/toml_document.h"

namespace rolecall::test {

/// A value and all that is in it, one a line, each with its kind and place.
inline std::string describe_whole(const Value& value, const std::string& name) {
  std::string out =
      fmt::format("{} {}:{} {}", name, value.at().line, value.at().column, describe(value.kind()));
  switch (value.kind()) {
    case ValueKind::string:
      return out + fmt::format(" <{}>\n", value.string());
    case ValueKind::integer:
      return out + fmt::format(" {}\n", value.integer());
    case ValueKind::boolean:
      return out + fmt::format(" {}\n", value.boolean());
    case ValueKind::date:
    case ValueKind::date_time:
      return out + fmt::format(" {}\n", value.moment().text);
    case ValueKind::array:
      out += fmt::format(" of {}\n", value.size());
      for (std::size_t i = 0; i < value.size(); ++i) {
        out += describe_whole(value[i], fmt::format("{}[{}]", name, i));
      }
      return out;
    case ValueKind::table:
      out += '\n';
      for (const Entry& entry : value.entries()) {
        out += fmt::format("{}:{} ", entry.at.line, entry.at.column);
        out += describe_whole(entry.value, fmt::format("{}.<{}>", name, entry.key));
      }
      return out;
    default:
      return out + '\n';
  }
}

/// What a TOML file says, or what is wrong with it; read with its plain lists, or by toml++ alone.
inline std::string document_text(const std::string& bytes, bool with_lists) {
  const SourceFile file{"p.toml", bytes};
  Diagnostics diagnostics;
  std::vector<PlainList> lists;
  const auto text = scan_bytes(file, diagnostics, with_lists ? &lists : nullptr);
  if (!text) return render(diagnostics);
  const auto document = Document::parse(file.path, *text, diagnostics, std::move(lists));
  return document ? describe_whole(document->root(), "$") : render(diagnostics);
}

}  // namespace rolecall::test
