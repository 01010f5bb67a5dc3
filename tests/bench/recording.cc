#include "tests/bench/recording.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "state/model/json.h"

namespace rolecall::bench {
namespace {

namespace json = boost::json;

std::string key_of(const Request& request) {
  return fmt::format("{} {} {}", name(request.method), request.target, request.body);
}

std::string whole_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::string bytes(static_cast<std::size_t>(in.tellg()), '\0');
  in.seekg(0);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

}  // namespace

RecordingClient::RecordingClient(ReadClient& client, const std::string& folder)
    : client_(client), folder_(folder), index_(folder + "/index.jsonl") {}

void RecordingClient::start(Ticket ticket, ReadRequest request, std::chrono::milliseconds delay) {
  in_flight_.emplace(ticket, request.request());
  order_.push_back(ticket);
  client_.start(ticket, std::move(request), delay);
}

Completion RecordingClient::wait() {
  while (!ahead_.contains(order_.front())) {
    Completion next = client_.wait();
    const Ticket ticket = next.ticket;
    ahead_.emplace(ticket, std::move(next));
  }
  Completion done = ahead_.extract(order_.front()).mapped();
  order_.pop_front();
  const Request request = in_flight_.extract(done.ticket).mapped();
  if (!done.answer || done.answer->status != 200) {
    throw std::runtime_error("no answer to be recorded: " + key_of(request));
  }
  const std::string file = fmt::format("{:06}.json", ++calls_);
  std::ofstream(folder_ + "/" + file, std::ios::binary) << done.answer->body;
  index_ << json::serialize(json::object{{"request", key_of(request)},
                                         {"operation", name(request.operation)},
                                         {"content_type", done.answer->content_type},
                                         {"file", file}})
         << '\n';
  return done;
}

ReplayClient::ReplayClient(const std::string& folder) : folder_(folder) {
  std::ifstream index(folder + "/index.jsonl");
  if (!index) throw std::runtime_error("no recording in " + folder);
  for (std::string line; std::getline(index, line);) {
    const auto entry = parse_json(line);
    if (!entry) throw std::runtime_error("a line of the index is damaged: " + entry.error().what);
    const auto text = [&](std::string_view key) {
      return std::string(*string_member(*entry, key));
    };
    pages_.emplace(text("request"), Page{text("content_type"), text("file")});
  }
}

void ReplayClient::start(Ticket ticket, ReadRequest request, std::chrono::milliseconds) {
  waiting_.emplace_back(ticket, key_of(request.request()));
}

Completion ReplayClient::wait() {
  const auto [ticket, key] = std::move(waiting_.front());
  waiting_.pop_front();
  const auto page = pages_.find(key);
  if (page == pages_.end()) throw std::runtime_error("not in the recording: " + key);
  Response response;
  response.status = 200;
  response.content_type = page->second.content_type;
  response.body = whole_file(folder_ + "/" + page->second.file);
  return {ticket, std::move(response), 1, {}};
}

}  // namespace rolecall::bench
