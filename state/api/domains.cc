#include <algorithm>
#include <boost/json/array.hpp>

#include "state/api/endpoints.h"
#include "state/api/fetch.h"
#include "state/api/reader.h"
#include "state/model/json.h"
#include "state/model/keys.h"

namespace rolecall {

namespace json = boost::json;

Result<std::vector<std::string>> fetch_verified_domains(ReadClient& client,
                                                        const std::string& organization,
                                                        std::size_t* calls) {
  const Endpoints endpoints(organization);
  Reader reader(client);
  std::vector<std::string> out;
  std::string problem;
  reader.walk([&](const std::string& cursor) { return endpoints.domains(cursor); },
              [&](const Reader::Page& page) {
                problem += page.problem;
                if (page.data == nullptr) return;
                for (const json::value& item : *page.data) {
                  const json::value* attributes = member(item, "attributes");
                  if (attributes == nullptr) continue;
                  const json::string* domain = string_member(*attributes, "name");
                  const json::value* claim = member(*attributes, "claim");
                  const json::string* status =
                      claim == nullptr ? nullptr : string_member(*claim, "status");
                  if (domain == nullptr || status == nullptr || *status != "verified") continue;
                  // Normalised by the same rules as the addresses it is compared with.
                  const auto email = Email::parse("x@" + std::string(*domain));
                  if (email) out.emplace_back(email->domain());
                }
              });
  reader.run();
  if (calls != nullptr) *calls += reader.calls();
  if (!problem.empty()) return fail(problem);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace rolecall
