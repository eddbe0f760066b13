// What judges requests at one moment: the configuration and what is known about the gateway itself.
// Never changed; a reload or a new interface address makes a new one.
#pragma once

#include <memory>

#include "policy/configuration.hpp"
#include "src/gateway/certificates.hpp"

namespace adit::gateway {

struct Snapshot {
    std::shared_ptr<const policy::Configuration> configuration;  // decisions point into its rules
    policy::Surroundings around;
    Certificates certificates = {};
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace adit::gateway
