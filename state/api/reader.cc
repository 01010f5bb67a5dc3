#include "state/api/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serialize.hpp>
#include <functional>

#include "state/api/fetch.h"
#include "state/api/key_refused.h"
#include "state/model/json.h"
#include "state/model/text.h"

namespace rolecall {
namespace {

namespace json = boost::json;

std::string_view path_of(const ReadRequest& request) {
  const std::string_view target = request.request().target;
  return target.substr(0, target.find('?'));
}

std::string endpoint(const ReadRequest& request) {
  return fmt::format("{} {}", name(request.request().method), path_of(request));
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned int code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::sscanf(std::string(text.substr(i + 1, 2)).c_str(), "%2x", &code) == 1) {
      out += static_cast<char>(code);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// v1 lists and, by its documentation, workspaces link with URLs; only their cursor is of interest.
std::string cursor_of(std::string_view link) {
  constexpr std::string_view kParameter = "cursor=";
  const std::size_t query = link.find('?');
  if (query == std::string_view::npos) return std::string(link);
  std::size_t at = link.find(kParameter, query);
  while (at != std::string_view::npos && link[at - 1] != '?' && link[at - 1] != '&') {
    at = link.find(kParameter, at + 1);
  }
  if (at == std::string_view::npos) return {};
  const std::string_view rest = link.substr(at + kParameter.size());
  return percent_decode(rest.substr(0, rest.find_first_of("&#")));
}

Result<json::value> document(const ReadRequest& request, const Completion& completion,
                             IsWanted is_wanted, json::storage_ptr memory) {
  const Answer& answer = completion.answer;
  if (!answer || answer->status != 200) return fail(describe_failure(request, answer));
  if (!is_json(*answer)) {
    return fail(fmt::format("{}: expected JSON, got {}; is the API address right?",
                            endpoint(request), quote(answer->content_type)));
  }
  Result<json::value> value = parse_json_parts(answer->body, is_wanted, std::move(memory));
  if (!value) return fail(fmt::format("{}: {}", endpoint(request), value.error().what));
  if (!value->is_object()) return fail(fmt::format("{}: $: expected an object", endpoint(request)));
  return value;
}

}  // namespace

struct Reader::Walk {
  MakeRequest make;
  OnPage on_page;
  Walking how;
  std::size_t pages = 0;
  std::unordered_set<std::size_t> seen{};    ///< hashes: cursors may be long
  std::unordered_set<std::size_t> begins{};  ///< hashes of the first items of pages
};

void Reader::get(ReadRequest request, OnDocument done, std::chrono::milliseconds delay) {
  waiting_.emplace(1, Job{std::move(request), std::move(done), delay, purpose_});
}

void Reader::walk(MakeRequest make, OnPage on_page, std::chrono::milliseconds delay) {
  Walking how;
  how.delay = delay;
  walk(std::move(make), std::move(on_page), std::move(how));
}

void Reader::walk(MakeRequest make, OnPage on_page, Walking how) {
  auto walk = std::make_shared<Walk>();
  walk->make = std::move(make);
  walk->on_page = std::move(on_page);
  walk->how = std::move(how);
  if (walk->how.purpose.empty()) walk->how.purpose = purpose_;
  next_page(walk, {}, walk->how.delay);
}

void Reader::next_page(const std::shared_ptr<Walk>& walk, const std::string& cursor,
                       std::chrono::milliseconds delay) {
  ReadRequest request = walk->make(cursor);
  const std::string where = endpoint(request);
  Job job{
      std::move(request),
      [this, walk, where](Result<json::value> value) {
        const auto stop = [&](const std::string& problem) {
          tell(problem);
          walk->on_page({nullptr, true, problem});
        };
        if (!value) return stop(value.error().what);
        ++walk->pages;
        const json::array* data = array_member(*value, "data");
        if (data == nullptr) {
          return stop(fmt::format("{} page {}: $.data is missing", where, walk->pages));
        }
        const json::value* links = member(*value, "links");
        const json::value* next = links == nullptr ? nullptr : member(*links, "next");
        if (next != nullptr && !next->is_string()) {
          return stop(fmt::format("{} page {}: $.links.next is no text", where, walk->pages));
        }
        const std::string follow =
            next == nullptr ? "" : cursor_of(std::string_view(next->get_string()));
        const bool last = next == nullptr || next->get_string().empty();
        if (!last && follow.empty()) {
          return stop(fmt::format("{} page {}: $.links.next holds no cursor", where, walk->pages));
        }
        if (!last && !walk->seen.insert(std::hash<std::string>()(follow)).second) {
          return stop(fmt::format("{}: cursor repeated after page {}, the listing is not trusted",
                                  where, walk->pages));
        }
        // New cursors without end that lead to the same.
        const bool again =
            !data->empty() &&
            !walk->begins.insert(std::hash<std::string>()(json::serialize(data->front()))).second;
        if (!last && again) {
          return stop(
              fmt::format("{}: page {} begins as an earlier one, the listing is not trusted", where,
                          walk->pages));
        }
        if (!last && walk->pages >= kMostPages) {
          return stop(fmt::format("{}: more than {} pages", where, kMostPages));
        }
        walk->on_page({data, last, {}});
        if (!last) next_page(walk, follow, {});
      },
      delay, walk->how.purpose, walk->how.goes_on};
  waiting_.emplace(walk->how.pages - std::min(walk->how.pages, walk->pages), std::move(job));
}

void Reader::run(const std::function<bool()>& enough) {
  while ((!waiting_.empty() || !in_flight_.empty()) && !(enough && enough())) {
    while (!waiting_.empty() && client_.can_start()) {
      Job job = std::move(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      if (job.goes_on && !job.goes_on()) continue;
      const Ticket ticket = next_ticket_++;
      client_.start(ticket, job.request, job.delay);
      in_flight_.emplace(ticket, std::move(job));
    }
    if (in_flight_.empty() && waiting_.empty()) break;
    const Completion completion = client_.wait();
    ++calls_;
    auto node = in_flight_.extract(completion.ticket);
    const Job& job = node.mapped();
    ++calls_for_[job.purpose];
    if (on_call) on_call();
    const Answer& answer = completion.answer;
    key_refused_ =
        key_refused_ || (answer ? answer->status == 401 : answer.error().what == kKeyRefusedBefore);
    if (completion.answer && completion.answer->date) server_date_ = completion.answer->date;
    // All of a page is let go at once, and the next one stands where it stood.
    json::monotonic_resource memory(page_memory_.data(), page_memory_.size());
    const IsWanted is_wanted = wanted ? wanted(job.request.request().operation) : nullptr;
    job.done(document(job.request, completion, is_wanted, &memory));
  }
}

}  // namespace rolecall
