#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "state/model/text.h"
#include "state/simulator/json_writer.h"
#include "state/simulator/operation.h"

namespace rolecall::simulator::reads {
namespace {

/// Who the log says did it: the key behind all writes.
constexpr std::string_view kActor = "api-key";

std::optional<Instant> read_millis(std::string_view text, bool& broken) {
  if (text.empty()) return std::nullopt;
  std::int64_t millis = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), millis);
  broken = broken || ec != std::errc() || end != text.data() + text.size();
  return Instant(std::chrono::milliseconds(millis));
}

void write_event(JsonWriter& out, const World& world, const Event& event, bool processed) {
  const std::string id = fmt::format("event-{}", event.n);
  out.open('{');
  out.field("id", id);
  out.field("type", "events");
  out.key("attributes");
  out.open('{');
  out.field("time", write_instant(event.time));
  if (processed) out.field("processedAt", write_instant(event.time));
  out.field("action", event.action);
  out.key("actor");
  out.open('{');
  out.field("id", kActor);
  out.field("name", "Organization API key");
  out.close('}');
  out.key("context");
  out.open('[');
  for (const std::string& subject : {event.subject, event.object}) {
    if (subject.empty()) continue;
    out.open('{');
    out.field("id", subject);
    out.close('}');
  }
  out.close(']');
  out.close('}');
  out.key("links");
  out.open('{');
  out.field("self",
            fmt::format("{}/v1/orgs/{}/events/{}", world.options.base_url, world.org_id, id));
  out.close('}');
  out.close('}');
}

/// `call.position` is the number of the event to go on from (0: not begun), so that a kept cursor
/// stays good while events are added.
Reply write_page(const World& world, const Call& call, const std::vector<const Event*>& found,
                 std::optional<std::uint64_t> next, bool stream) {
  JsonWriter out;
  out.open('{');
  out.key("data");
  out.open('[');
  for (const Event* event : found) write_event(out, world, *event, stream);
  out.close(']');
  out.key("meta");
  out.open('{');
  out.key("next");
  if (next) {
    out.text(call.cursor_at(*next));
  } else {
    out.null();
  }
  out.key("page_size");
  out.number(static_cast<std::int64_t>(found.size()));
  out.close('}');
  write_url_links(out, world, call, next);
  out.close('}');
  return ok(out.take());
}

bool matches_any(const std::vector<std::string_view>& wanted, std::string_view value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

}  // namespace

Reply events(const World& world, const Call& call) {
  bool broken = false;
  const auto from = read_millis(call.text("from"), broken);
  const auto to = read_millis(call.text("to"), broken);
  if (broken) {
    Reply out = refuse(400, "ADMIN-400-3", "Invalid time");
    out.form_error = "from or to is no time in milliseconds";
    return out;
  }
  const std::size_t limit = call.limit(30);
  const std::string term = fold_case(call.text("q"));
  const std::string_view action = call.text("action");
  // Addresses, products and places are not recorded here: a filter on them finds nothing.
  const bool nothing = call.has("ip") || call.has("product") || call.has("location") ||
                       !matches_any(call.texts("actor"), kActor);
  std::vector<const Event*> found;
  std::optional<std::uint64_t> next;
  for (auto event = world.events.rbegin(); !nothing && event != world.events.rend(); ++event) {
    if (call.position != 0 && event->n > call.position) continue;
    if ((from && event->time < *from) || (to && event->time > *to)) continue;
    if (!action.empty() && event->action != action) continue;
    if (!term.empty() &&
        fold_case(event->action + '\n' + event->subject + '\n' + event->object).find(term) ==
            std::string::npos) {
      continue;
    }
    if (found.size() == limit) {
      next = event->n;
      break;
    }
    found.push_back(&*event);
  }
  return write_page(world, call, found, next, false);
}

Reply events_stream(const World& world, const Call& call) {
  bool broken = false;
  const auto from = read_millis(call.text("from"), broken);
  const auto to = read_millis(call.text("to"), broken);
  if (broken) {
    Reply out = refuse(400, "ADMIN-400-3", "Invalid time");
    out.form_error = "from or to is no time in milliseconds";
    return out;
  }
  const std::size_t limit = call.limit(200);
  const bool descending = call.text("sortOrder") == "desc";
  const auto in_range = [&](const Event& event) {
    return (!from || event.time >= *from) && (!to || event.time <= *to);
  };
  std::vector<const Event*> found;
  std::optional<std::uint64_t> next;
  if (descending) {
    for (std::size_t i = world.events.size(); i-- > 0;) {
      const Event& event = world.events[i];
      if ((call.position != 0 && event.n > call.position) || !in_range(event)) continue;
      if (found.size() == limit) {
        next = event.n;
        break;
      }
      found.push_back(&event);
    }
    return write_page(world, call, found, next, true);
  }
  const auto first =
      std::lower_bound(world.events.begin(), world.events.end(), call.position,
                       [](const Event& event, std::uint64_t n) { return event.n < n; });
  // The last page has a cursor too: kept for the next poll, it leads to what comes later.
  next = std::max(call.position, world.last_event + 1);
  for (auto event = first; event != world.events.end(); ++event) {
    if (!in_range(*event)) continue;
    if (found.size() == limit) {
      next = event->n;
      break;
    }
    found.push_back(&*event);
  }
  return write_page(world, call, found, next, true);
}

}  // namespace rolecall::simulator::reads
