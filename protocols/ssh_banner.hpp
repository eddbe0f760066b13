// The lines with which SSH begins (RFC 4253 §4.2): the client's identification, and what a server
// says up to its own. What follows is the business of the two.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "protocols/bytes.hpp"
#include "protocols/step.hpp"

namespace adit::protocols {

// With its CR LF.
inline constexpr std::size_t max_ssh_identification = 255;

// Reads the first line of a client: "SSH-2.0-" software [SP comments] CR LF. `in` may end anywhere.
// Malformed with Fault::not_ssh when it does not begin like one, and with
// Fault::bad_ssh_identification when it does and breaks the rules.
Step<std::monostate> read_ssh_identification(Bytes in);

// A server may say other lines before its own identification. It is told each byte once.
class SshServerLines {
public:
    // How many of the bytes that follow are still part of these lines.
    std::size_t take(Bytes in);

    // The identification is complete, or they have gone on for more than 8 KiB.
    bool over() const { return identified_ || taken_ == most; }
    static constexpr std::size_t most = 8 * 1024;

private:
    static constexpr std::string_view mark = "SSH-";

    std::size_t taken_ = 0;
    std::size_t matched_ = 0;  // how much of the mark this line begins with
    bool is_other_ = false;    // this line does not begin with it
    bool identified_ = false;
};

}  // namespace adit::protocols
