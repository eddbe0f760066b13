#include "policy/source_file.hpp"

#include <algorithm>
#include <utility>

namespace adit::policy {

namespace {

constexpr std::string_view blanks = " \t\r\v\f";

std::size_t comment_in(std::string_view line, Comments comments)
{
    for (auto at = line.find('#'); at != line.npos; at = line.find('#', at + 1)) {
        const auto before = line.substr(0, at);
        if (before.find_first_not_of(blanks) == before.npos ||
            (comments == Comments::behind_blanks && blanks.find(before.back()) != blanks.npos))
            return at;
    }
    return line.size();
}

}  // namespace

SourceFiles::SourceFiles(ReadFile read, std::string folder)
    : read_{std::move(read)}, folder_{std::move(folder)}
{
}

const SourceFile& SourceFiles::open(std::string_view written)
{
    if (const auto known = files_.find(written); known != files_.end())
        return known->second;
    SourceFile file{std::string{written}, std::string{written}, {}, {}};
    if (!folder_.empty() && !written.starts_with('/'))
        file.path = folder_ + '/' + file.path;
    if (!read_) {
        file.failure = "files are not read here";
    } else if (auto text = read_(file.path)) {
        file.text = *std::move(text);
    } else {
        file.failure = text.error();
    }
    return files_.emplace(file.written, std::move(file)).first->second;
}

std::vector<ListLine> list_lines(std::string_view text, Comments comments)
{
    std::vector<ListLine> lines;
    std::size_t number = 0;
    std::size_t mark = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;  // a byte order mark is no entry
    for (std::size_t begin = 0; begin < text.size();) {
        ++number;
        const auto end = std::min(text.find('\n', begin), text.size());
        auto line = text.substr(begin + mark, end - begin - mark);
        line = line.substr(0, comment_in(line, comments));
        const auto first = line.find_first_not_of(blanks);
        if (first != line.npos)
            lines.push_back(
                {number, first + 1, line.substr(first, line.find_last_not_of(blanks) - first + 1)});
        begin = end + 1;
        mark = 0;
    }
    return lines;
}

}  // namespace adit::policy
