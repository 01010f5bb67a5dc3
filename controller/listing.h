#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "state/api/api_client.h"
#include "state/api/reader.h"
#include "state/model/result.h"

namespace rolecall {

/// All items of one listing, as the API sent them. A listing that did not end properly is an error.
[[nodiscard]] Result<boost::json::array> read_list(ReadClient& client, Reader::MakeRequest make);

/// One document, as the API sent it.
[[nodiscard]] Result<boost::json::value> read_document(ReadClient& client, ReadRequest request);

/// The directory that reads without a policy look into: the organization's only one, or "-", which
/// stands for all of them.
[[nodiscard]] Result<std::string> directory_to_read(ReadClient& client,
                                                    const std::string& organization);

/// What stands at a path of member names ("attributes.name") as text for a table: texts as they
/// are, numbers and truth values in words, lists with commas, nothing as "".
[[nodiscard]] std::string cell(const boost::json::value& item, std::string_view path);

}  // namespace rolecall
