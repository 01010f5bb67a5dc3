#pragma once

#include "state/api/endpoints.h"
#include "state/api/fetch.h"
#include "state/api/reader.h"

namespace rolecall {

/// The directory that `scope` means. Error: there is none, or more than one could be meant.
[[nodiscard]] Result<Directory> find_directory(Reader& reader, const Endpoints& endpoints,
                                               const FetchScope& scope);

}  // namespace rolecall
