#include "src/review/lines.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include <fmt/format.h>

namespace adit::review {
namespace {

constexpr std::size_t chunk_size = std::size_t{1} << 18;

// Puts lines together that begin in one chunk and end in another.
class Splitter {
public:
    explicit Splitter(const std::function<bool(const Line&)>& each) : each_{each} {}

    bool feed(std::string_view chunk)
    {
        for (;;) {
            const auto end = chunk.find('\n');
            if (end == std::string_view::npos) {
                keep(chunk);
                return true;
            }
            if (!hand_over(chunk.substr(0, end)))
                return false;
            chunk.remove_prefix(end + 1);
        }
    }
    void finish()
    {
        if (!begun_.empty())
            (void)hand_over({});  // the last line: whether to stop is no question any more
    }
    std::uint64_t lines() const { return number_; }

private:
    void keep(std::string_view part)
    {
        const auto room = longest_line - begun_.size();
        cut_ = cut_ || part.size() > room;
        begun_.append(part.substr(0, room));
    }
    bool hand_over(std::string_view rest)
    {
        Line line{rest, ++number_, false};
        if (!begun_.empty() || rest.size() > longest_line) {
            keep(rest);
            line.text = begun_;
            line.cut = cut_;
        }
        const bool go_on = each_(line);
        begun_.clear();
        cut_ = false;
        return go_on;
    }

    const std::function<bool(const Line&)>& each_;
    std::string begun_;
    bool cut_ = false;
    std::uint64_t number_ = 0;
};

struct Closer {
    void operator()(std::FILE* file) const
    {
        if (file != stdin)
            (void)std::fclose(file);  // it was only read
    }
};

}  // namespace

Result<std::uint64_t, std::string> for_each_line(const std::string& path,
                                                 const std::function<bool(const Line&)>& each)
{
    const std::unique_ptr<std::FILE, Closer> file{path == "-" ? stdin
                                                              : std::fopen(path.c_str(), "rbe")};
    if (!file)
        return fmt::format("read {}: {}", path, std::strerror(errno));
    std::vector<char> chunk(chunk_size);
    Splitter splitter{each};
    for (;;) {
        const auto size = std::fread(chunk.data(), 1, chunk.size(), file.get());
        if (size == 0)
            break;
        if (!splitter.feed({chunk.data(), size}))
            return splitter.lines();
    }
    if (std::ferror(file.get()) != 0)
        return fmt::format("read {}: {}", path, std::strerror(errno));
    splitter.finish();
    return splitter.lines();
}

}  // namespace adit::review
