// What a client would rather read, by its Accept field (RFC 9110 §12.5.1): a refusal is told in
// plain text or in JSON.
#pragma once

#include <cstdint>
#include <string_view>

namespace adit::protocols {

enum class BodyForm : std::uint8_t { text, json };

// `accept` is the field's value, or several joined by commas. JSON when application/json has the
// higher weight, or the same one and is named more exactly or earlier than text/plain; `*/*`, which
// most clients send, is text. A range that is not well-formed counts for nothing.
BodyForm preferred_form(std::string_view accept);

}  // namespace adit::protocols
