#include "protocols/ending.hpp"

namespace adit::protocols {

std::string_view word(Ending ending)
{
    switch (ending) {
        case Ending::established:
            return "established";
        case Ending::malformed:
            return "malformed";
        case Ending::login_needed:
            return "login_needed";
        case Ending::login_failed:
            return "login_failed";
        case Ending::login_locked:
            return "login_locked";
        case Ending::not_allowed:
            return "not_allowed";
        case Ending::address_not_allowed:
            return "address_not_allowed";
        case Ending::name_unknown:
            return "name_unknown";
        case Ending::name_timeout:
            return "name_timeout";
        case Ending::refused:
            return "refused";
        case Ending::host_unreachable:
            return "host_unreachable";
        case Ending::network_unreachable:
            return "network_unreachable";
        case Ending::timed_out:
            return "timed_out";
        case Ending::bad_answer:
            return "bad_answer";
        case Ending::loop:
            return "loop";
        case Ending::limit:
            return "limit";
        case Ending::internal:
            return "internal";
    }
    return "unknown";
}

}  // namespace adit::protocols
