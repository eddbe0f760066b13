// A handshake without a word: the listener itself says where every client goes, so that the server
// may speak first and nothing the client says is looked at.
#pragma once

#include <utility>

#include "protocols/handshake.hpp"

namespace adit::protocols {

class FixedForward {
public:
    explicit FixedForward(Target target) : target_{std::move(target)} {}

    Protocol protocol() const { return Protocol::forward; }
    Wants advance(Bytes) { return {Tunnel{{Protocol::forward, target_}}, 0, {}}; }
    Wants verified(bool) { return advance({}); }  // never asked
    // There is nothing to say: a refused client sees its connection close.
    Reply conclude(const Answer&) const { return {}; }

private:
    Target target_;
};

}  // namespace adit::protocols
