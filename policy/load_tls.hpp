// The `tls` of a listener.
#pragma once

#include "policy/vocabulary.hpp"

namespace adit::policy {

// Empty after a mistake in its shape. What `options.inspect_tls` finds in the files is told at the
// key that names the file.
std::optional<Tls> read_tls(const Place& place, const Reader& reader, const Vocabulary& names,
                            const LoadOptions& options);

}  // namespace adit::policy
