#pragma once

#include <string>
#include <utility>

#include "state/api/api_client.h"

namespace rolecall {

/// Requests for tests of the layers below the endpoints.
struct RequestsForTests {
  [[nodiscard]] static ReadRequest read(Operation operation = Operation::getOrgs,
                                        std::string target = "/v1/orgs") {
    return ReadRequest(Request{operation, Method::get, std::move(target), ""});
  }
  [[nodiscard]] static WriteRequest write(Operation operation = Operation::addUserToGroup,
                                          std::string body = R"({"accountId":"a"})") {
    return WriteRequest(Request{operation, Method::post, "/v2/orgs/o/x", std::move(body)});
  }
  [[nodiscard]] static WriteRequest remove() {
    return WriteRequest(Request{Operation::deleteGroup, Method::del, "/v2/orgs/o/g", ""});
  }
};

}  // namespace rolecall
