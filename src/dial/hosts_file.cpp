#include "src/dial/hosts_file.hpp"

#include <utility>

#include "src/platform/system.hpp"

namespace adit::dial {

HostsFile::HostsFile(std::string path) : watch_{std::move(path)} {}

void HostsFile::look(std::chrono::steady_clock::time_point now)
{
    if (!watch_.changed(now))
        return;
    const auto text = platform::read_file_if_any(watch_.path());
    if (text)
        table_ = parse_hosts(*text);
    else
        watch_.forget();
}

const std::vector<Address>* HostsFile::find(const Domain& name,
                                            std::chrono::steady_clock::time_point now)
{
    look(now);
    const auto found = table_.find(name.text());
    return found == table_.end() ? nullptr : &found->second;
}

}  // namespace adit::dial
