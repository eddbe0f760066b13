// The gateway's own pages, for whoever talks to it as if it were a web server: what it is, and how
// to use it. They tell nothing of the policy, and nothing of the request but its validated host.
#pragma once

#include <string>

#include "protocols/fault.hpp"
#include "protocols/http_head.hpp"
#include "protocols/http_offer.hpp"
#include "protocols/result.hpp"

namespace adit::protocols {

// The complete answer to an origin-form request, after which the connection is closed: "/" in HTML
// for an Accept that names it and in plain text for others, "/proxy.pac" as a proxy
// auto-configuration file, but not at a unix socket, which no browser reaches. Every line of theirs
// works at this listener, whose offer holds CONNECT, plain HTTP or both. Faults: no_such_page,
// page_method; host_missing, host_repeated, bad_host and bad_port, for the pages name the host that
// Host names; body_not_allowed and bad_framing.
Result<std::string, Fault> help_page(const HttpHead& head, const HttpOffer& offer);

// The complete answer to an OPTIONS that may be forwarded no more; the connection is closed after it.
std::string options_answer(const HttpOffer& offer);

}  // namespace adit::protocols
