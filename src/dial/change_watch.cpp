#include "src/dial/change_watch.hpp"

#include <sys/stat.h>

namespace adit::dial {

using namespace std::chrono_literals;

bool ChangeWatch::changed(std::chrono::steady_clock::time_point now)
{
    if (seen_ && now - looked_ < 1s)
        return false;
    looked_ = now;
    const auto stamp = look();
    if (seen_ == stamp)
        return false;
    seen_ = stamp;
    return true;
}

ChangeWatch::Stamp ChangeWatch::look() const
{
    struct stat facts = {};
    if (::stat(path_.c_str(), &facts) != 0)
        return {};
    Stamp stamp;
    stamp.device = facts.st_dev;
    stamp.inode = facts.st_ino;
    stamp.size = facts.st_size;
    stamp.modified = facts.st_mtim.tv_sec * std::int64_t{1'000'000'000} + facts.st_mtim.tv_nsec;
    return stamp;
}

}  // namespace adit::dial
