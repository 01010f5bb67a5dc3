// guarantees.md G5: whatever an id holds, it is one segment of the path, one value of the query or
// one text of the body, or the request does not leave. Judged by the bytes that a server receives,
// for every endpoint that takes an id. ROLECALL_CASES says how many ids (60).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <variant>

#include "state/api/endpoints.h"
#include "state/api/http_client.h"
#include "tests/support/byte_server.h"
#include "tests/support/cases.h"

namespace rolecall {
namespace {

using std::chrono::milliseconds;
using test::Dice;
using testing::ByteServer;
using Any = std::variant<ReadRequest, WriteRequest>;
using namespace std::string_literals;

/// Ids of one call, whichever of them it takes.
struct Ids {
  std::string organization = "ORGANIZATION", directory = "DIRECTORY", account = "ACCOUNT",
              group = "GROUP", cursor = "CURSOR", domain = "DOMAIN";
};

struct Endpoint {
  const char* name;
  Any (*make)(const Endpoints&, const Ids&);
};

const Endpoint kEndpoints[] = {
    {"orgs", [](const Endpoints&, const Ids& ids) -> Any { return Endpoints::orgs(ids.cursor); }},
    {"org", [](const Endpoints& to, const Ids&) -> Any { return to.org(); }},
    {"directories",
     [](const Endpoints& to, const Ids& ids) -> Any { return to.directories(ids.cursor); }},
    {"domains", [](const Endpoints& to, const Ids& ids) -> Any { return to.domains(ids.cursor); }},
    {"domain", [](const Endpoints& to, const Ids& ids) -> Any { return to.domain(ids.domain); }},
    {"workspaces",
     [](const Endpoints& to, const Ids& ids) -> Any { return to.workspaces(ids.cursor); }},
    {"users",
     [](const Endpoints& to, const Ids& ids) -> Any {
       Endpoints::UserSearch search;
       search.account_ids = {ids.account};
       search.group_ids = {ids.group};
       return to.users(ids.directory, search, ids.cursor);
     }},
    {"user_count",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.user_count(ids.directory, ids.group);
     }},
    {"user_count_by_mfa",
     [](const Endpoints& to, const Ids& ids) -> Any { return to.user_count(ids.directory, true); }},
    {"user_roles",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.user_roles(ids.directory, ids.account, ids.cursor);
     }},
    {"groups",
     [](const Endpoints& to, const Ids& ids) -> Any {
       Endpoints::GroupSearch search;
       search.ids = {ids.group};
       return to.groups(ids.directory, search, ids.cursor);
     }},
    {"group_count",
     [](const Endpoints& to, const Ids& ids) -> Any { return to.group_count(ids.directory); }},
    {"group",
     [](const Endpoints& to, const Ids& ids) -> Any { return to.group(ids.directory, ids.group); }},
    {"group_roles",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.group_roles(ids.directory, ids.group, ids.cursor);
     }},
    {"invite",
     [](const Endpoints& to, const Ids& ids) -> Any {
       Endpoints::Invitation invitation;
       invitation.emails = {"a@b.example"};
       invitation.group_ids = {ids.group};
       return to.invite(invitation);
     }},
    {"grant_user_access",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.user_access(true, ids.account, "ari", "user");
     }},
    {"revoke_user_access",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.user_access(false, ids.account, "ari", "user");
     }},
    {"grant_org_admin",
     [](const Endpoints& to, const Ids& ids) -> Any { return to.org_admin(true, ids.account); }},
    {"revoke_org_admin",
     [](const Endpoints& to, const Ids& ids) -> Any { return to.org_admin(false, ids.account); }},
    {"suspend",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.suspend(ids.directory, ids.account);
     }},
    {"restore",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.restore(ids.directory, ids.account);
     }},
    {"remove_user",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.remove_user(ids.directory, ids.account);
     }},
    {"create_group",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.create_group(ids.directory, "name", "description");
     }},
    {"delete_group",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.delete_group(ids.directory, ids.group);
     }},
    {"add_member",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.add_member(ids.directory, ids.group, ids.account);
     }},
    {"remove_member",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.remove_member(ids.directory, ids.group, ids.account);
     }},
    {"grant_group_access",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.group_access(true, ids.directory, ids.group, "ari", "user");
     }},
    {"revoke_group_access",
     [](const Endpoints& to, const Ids& ids) -> Any {
       return to.group_access(false, ids.directory, ids.group, "ari", "user");
     }},
};

/// The n-th id: pieces that mean something to somebody, and any bytes.
std::string id_number(std::uint64_t n) {
  static const std::string kPieces[] = {
      "/",        "..",       ".",        "%2f",
      "%2F",      "%00",      "?",        "#",
      "&",        "=",        "\r\n",     "\n",
      "\r",       "\0"s,      "\\",       ";",
      ":",        "@",        " ",        "\t",
      "+",        "%",        "%zz",      "//",
      "/../",     "\xff",     "\xc0\xaf", "\xe2\x80\xae",
      "\xc3\xa9", "a",        "712020:",  "g-1",
      "X: y",     "HTTP/1.1", "\r\n\r\n", "\"",
      "\x7f",     "\x1b",     "cursor=",  "Authorization: Bearer x",
      "%0d%0a",   "..%2f"};
  Dice dice(n);
  if (n < std::size(kPieces)) return kPieces[n];
  std::string out;
  if (dice.chance(8)) {
    const int size = dice.chance(2) ? 4'096 : 1 + dice.below(64);
    for (int i = 0; i < size; ++i) out += static_cast<char>(dice.below(256));
    return out;
  }
  for (int i = 1 + dice.below(6); i > 0; --i) {
    out += kPieces[static_cast<std::size_t>(dice.below(std::size(kPieces)))];
  }
  if (dice.chance(16)) {
    while (out.size() < 4'096) out += out;
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == at) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

/// As any server decodes a segment.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// A request as it came, taken apart at the bytes that separate its parts.
struct Received {
  std::string method;
  std::vector<std::string> segments, query;
  std::vector<std::string> header_names;
  std::string body;
};

Received take_apart(const std::string& bytes) {
  Received out;
  const std::size_t end = bytes.find("\r\n\r\n");
  out.body = bytes.substr(end + 4);
  std::size_t line = 0;
  for (std::size_t at = 0; at < end; ++line) {
    const std::size_t next = bytes.find("\r\n", at);
    const std::string text = bytes.substr(at, next - at);
    EXPECT_EQ(text.find_first_of("\r\n\0"s), std::string::npos) << "within a line: " << text;
    at = next + 2;
    if (line > 0) {
      out.header_names.push_back(text.substr(0, text.find(':')));
      continue;
    }
    const auto words = split(text, ' ');
    EXPECT_EQ(words.size(), 3U) << text;
    out.method = words[0];
    EXPECT_EQ(words.back(), "HTTP/1.1");
    EXPECT_EQ(words[1].find('#'), std::string::npos) << words[1];
    const std::size_t question = words[1].find('?');
    out.segments = split(words[1].substr(0, question), '/');
    if (question != std::string::npos) out.query = split(words[1].substr(question + 1), '&');
  }
  return out;
}

using Requests = std::map<std::string, std::string>;  ///< raw, by the name of the endpoint

/// What a server receives of every endpoint; those that did not leave are missing.
Requests send(const Ids& ids) {
  const ByteServer server({{testing::answer(200)}});
  HttpOptions options;
  options.base = BaseUrl{false, "127.0.0.1", server.port(), "/admin"};
  auto client = make_http_client(options, Secret(std::string("canary"))).value();
  const Endpoints endpoints(ids.organization);
  std::vector<const char*> answered;
  for (const Endpoint& endpoint : kEndpoints) {
    std::visit([&](const auto& request) { client->start(1, request, milliseconds(0)); },
               endpoint.make(endpoints, ids));
    const Answer answer = client->wait().answer;
    if (answer) {
      answered.push_back(endpoint.name);
    } else {
      EXPECT_EQ(answer.error().kind, Failure::Kind::not_sent) << endpoint.name;
    }
  }
  const auto requests = server.requests();
  EXPECT_EQ(requests.size(), answered.size()) << "a request for each call that was not refused";
  Requests out;
  for (std::size_t i = 0; i < std::min(requests.size(), answered.size()); ++i) {
    out[answered[i]] = requests[i];
  }
  return out;
}

void expect_same_form(const Received& received, const Received& usual, const std::string& id) {
  EXPECT_EQ(received.method, usual.method);
  EXPECT_EQ(received.header_names, usual.header_names);
  ASSERT_EQ(received.segments.size(), usual.segments.size());
  for (std::size_t i = 0; i < usual.segments.size(); ++i) {
    const bool is_id = !usual.segments[i].empty() && std::isupper(usual.segments[i][0]) != 0;
    if (!is_id) {
      EXPECT_EQ(received.segments[i], usual.segments[i]);
      continue;
    }
    EXPECT_EQ(decoded(received.segments[i]), id);
    EXPECT_NE(received.segments[i], ".");
    EXPECT_NE(received.segments[i], "..");
    // Some servers end a segment there.
    EXPECT_EQ(received.segments[i].find_first_of("\\;@:\""), std::string::npos);
  }
  ASSERT_EQ(received.query.size(), usual.query.size());
  for (std::size_t i = 0; i < usual.query.size(); ++i) {
    const auto name = usual.query[i].substr(0, usual.query[i].find('='));
    EXPECT_EQ(received.query[i].substr(0, received.query[i].find('=')), name);
    const std::string value = usual.query[i].substr(name.size() + 1);
    const bool is_id = !value.empty() && std::isupper(value[0]) != 0;
    EXPECT_EQ(decoded(received.query[i].substr(name.size() + 1)), is_id ? id : value);
  }
  EXPECT_EQ(received.body.empty(), usual.body.empty());
}

TEST(IdsOnTheWire, AreOneSegmentOrDoNotLeave) {
  const Requests usual = send({});
  ASSERT_EQ(usual.size(), std::size(kEndpoints));
  const std::uint64_t ids = test::cases(60);
  std::size_t sent = 0, refused = 0;
  for (std::uint64_t n = 0; n < ids && !::testing::Test::HasFailure(); ++n) {
    const std::string id = id_number(n);
    SCOPED_TRACE(fmt::format("id {}", n));
    const Requests requests = send({id, id, id, id, id, id});
    for (const auto& [endpoint, bytes] : requests) {
      SCOPED_TRACE(endpoint);
      expect_same_form(take_apart(bytes), take_apart(usual.at(endpoint)), id);
    }
    sent += requests.size();
    refused += std::size(kEndpoints) - requests.size();
  }
  std::cout << fmt::format("{} ids in {} endpoints: {} requests as they should be, {} refused\n",
                           ids, std::size(kEndpoints), sent, refused);
}

}  // namespace
}  // namespace rolecall
