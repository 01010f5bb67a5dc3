#pragma once

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "state/model/json.h"
#include "state/simulator/fake_org.h"

namespace rolecall::simulator {

inline constexpr std::string_view kOrgId = "1b2c3d4e-0000-4000-8000-0000000000aa";
inline constexpr std::string_view kDirectoryId = "22222222-0000-4000-8000-000000000001";
inline constexpr std::string_view kConfluence = "ari:cloud:confluence::site/1";
inline constexpr std::string_view kJira = "ari:cloud:jira-software::site/1";

/// Three people, two groups, two apps; and one of each kind that needs care.
inline constexpr std::string_view kSmallOrg = R"({
  "organization": {"id": "1b2c3d4e-0000-4000-8000-0000000000aa", "name": "Acme"},
  "directories": [{"id": "22222222-0000-4000-8000-000000000001", "name": "Main"}],
  "domains": [{"id": "d1", "name": "acme.example"}],
  "workspaces": [
    {"ari": "ari:cloud:confluence::site/1", "name": "acme", "host": "acme.atlassian.net"},
    {"ari": "ari:cloud:jira-software::site/1", "name": "acme", "host": "acme.atlassian.net",
     "capacity": 3, "roles": ["user", "admin", "user-access-admin"]}],
  "users": [
    {"email": "ada@acme.example", "id": "ada", "name": "Ada Lovelace", "roles": ["org-admin"]},
    {"email": "bob@acme.example", "id": "bob",
     "access": {"ari:cloud:confluence::site/1": ["guest"]}},
    {"email": "cyd@partner.example", "id": "cyd", "status": "suspended"},
    {"email": "gone@acme.example", "id": "gone", "status": "not_invited"},
    {"email": "off@acme.example", "id": "off", "status": "deactivated"}],
  "groups": [
    {"name": "engineering", "id": "g-eng", "description": "Builds things",
     "members": ["ada@acme.example", "cyd@partner.example"],
     "access": {"ari:cloud:jira-software::site/1": ["user"]}},
    {"name": "empty", "id": "g-empty"},
    {"name": "synced", "id": "g-synced", "synced": true, "members": ["bob@acme.example"]},
    {"name": "admins", "id": "g-admins", "built_in": true,
     "access": {"ari:cloud:confluence::site/1": ["admin"]}},
    {"name": "defaults", "id": "g-default", "default_role": {"ari:cloud:confluence::site/1": ["user"]}}]
})";

[[nodiscard]] inline std::string text(const boost::json::value& value) {
  return std::string(value.as_string());
}

struct Answered {
  int status = 0;
  boost::json::value body;
  HttpResponse raw;

  [[nodiscard]] std::string code() const {
    const auto* errors = array_member(body, "errors");
    return errors == nullptr ? "" : std::string(errors->at(0).at("code").as_string());
  }
  [[nodiscard]] const boost::json::array& data() const { return body.at("data").as_array(); }
  /// One member of each item of "data".
  [[nodiscard]] std::vector<std::string> each(std::string_view key) const {
    std::vector<std::string> out;
    for (const auto& item : data()) out.emplace_back(item.at(key).as_string());
    return out;
  }
  [[nodiscard]] std::string next() const {
    const auto* links = member(body, "links");
    const auto* next = links == nullptr ? nullptr : string_member(*links, "next");
    return next == nullptr ? "" : std::string(*next);
  }
  [[nodiscard]] std::string header(std::string_view name) const {
    for (const auto& [key, value] : raw.headers) {
      if (key == name) return value;
    }
    return "";
  }
};

/// An organization with a clock that stands still, and short words for its paths.
class Sim {
 public:
  explicit Sim(std::string_view seed = kSmallOrg) : Sim(parse(seed)) {}
  explicit Sim(const boost::json::value& seed) {
    auto made = FakeOrg::from_seed(seed, [now = now_] { return *now; });
    if (!made) throw std::runtime_error(made.error().what);
    org_ = std::make_unique<FakeOrg>(std::move(*made));
  }
  /// The small organization with these options.
  static Sim with_options(std::string_view options) {
    boost::json::value seed = parse(kSmallOrg);
    seed.as_object()["options"] = parse(options);
    return Sim(seed);
  }
  static boost::json::value parse(std::string_view text) {
    auto out = parse_json(text);
    if (!out) throw std::runtime_error(out.error().what);
    return *out;
  }

  Answered send(std::string method, std::string target, std::string body = {}) {
    HttpRequest request{std::move(method), std::move(target), "Bearer key", {}, std::move(body)};
    if (!request.body.empty()) request.content_type = "application/json";
    return send(request);
  }
  Answered send(const HttpRequest& request) {
    Answered out;
    out.raw = org_->handle(request);
    out.status = out.raw.status;
    if (auto parsed = parse_json(out.raw.body)) out.body = *parsed;
    return out;
  }
  Answered get(const std::string& path) { return send("GET", path); }
  Answered post(const std::string& path, std::string body = {}) {
    return send("POST", path, std::move(body));
  }
  Answered del(const std::string& path) { return send("DELETE", path); }

  static std::string v1(std::string_view rest) {
    return "/v1/orgs/" + std::string(kOrgId) + std::string(rest);
  }
  static std::string v2(std::string_view rest) {
    return "/v2/orgs/" + std::string(kOrgId) + std::string(rest);
  }
  static std::string dir(std::string_view rest) {
    return v2("/directories/" + std::string(kDirectoryId)) + std::string(rest);
  }

  Answered users(std::string body) { return post(dir("/users/search"), std::move(body)); }
  Answered groups(std::string body) { return post(dir("/groups/search"), std::move(body)); }
  boost::json::object user(std::string_view id, std::string_view expand = "groups") {
    const auto found = users(R"({"accountIds":[")" + std::string(id) + R"("],"expand":[")" +
                             std::string(expand) + R"("]})");
    return found.data().empty() ? boost::json::object() : found.data().at(0).as_object();
  }

  void faults(std::string_view script) {
    const auto set = org_->set_faults(parse(script));
    if (!set) throw std::runtime_error(set.error().what);
  }
  void pass(std::chrono::milliseconds time) { *now_ += time; }
  FakeOrg& org() { return *org_; }
  boost::json::array requests() { return org_->requests().as_array(); }

 private:
  std::shared_ptr<Instant> now_ = std::make_shared<Instant>(*parse_instant("2026-10-01T12:00:30Z"));
  std::unique_ptr<FakeOrg> org_;
};

}  // namespace rolecall::simulator
