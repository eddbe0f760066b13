#include "src/review/host_folding.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace adit::review {
namespace {

// Below these, neighbours are strangers: anyone can have a name there.
constexpr std::array<std::string_view, 22> shared_domains{
    "amazonaws.com", "appspot.com",    "azureedge.net",    "azurewebsites.net",  "blogspot.com",
    "cloudapp.net",  "cloudfront.net", "core.windows.net", "firebaseapp.com",    "fly.dev",
    "github.io",     "gitlab.io",      "herokuapp.com",    "netlify.app",        "ngrok.io",
    "onrender.com",  "pages.dev",      "r2.dev",           "trafficmanager.net", "vercel.app",
    "web.app",       "workers.dev",
};

// The last `count` labels; all of them when there are fewer.
std::string_view last_labels(std::string_view name, unsigned count)
{
    auto at = name.size();
    while (count-- > 0) {
        const auto dot = at == 0 ? std::string_view::npos : name.rfind('.', at - 1);
        if (dot == std::string_view::npos)
            return name;
        at = dot;
    }
    return name.substr(at + 1);
}

bool is_below(std::string_view name, std::string_view domain)
{
    return name.size() > domain.size() && name.ends_with(domain) &&
           name[name.size() - domain.size() - 1] == '.';
}

// `co.uk`, `com.au`, `ac.jp`: a country and a short label below it.
bool looks_like_registry(std::string_view two_labels)
{
    const auto dot = two_labels.find('.');
    return dot != std::string_view::npos && dot <= 3 && two_labels.size() - dot - 1 == 2;
}

std::string_view shared_suffix(std::string_view one, std::string_view other)
{
    unsigned labels = 1;
    while (last_labels(one, labels) == last_labels(other, labels)) {
        if (last_labels(one, labels) == one || last_labels(other, labels) == other)
            return last_labels(one, labels);
        ++labels;
    }
    return last_labels(one, labels - 1);
}

void fold(const std::vector<std::string_view>& below, std::map<std::string, std::string>& patterns)
{
    auto suffix = below.front();
    for (const auto name : below)
        suffix = shared_suffix(suffix, name);
    for (const auto name : below)
        if (is_below(name, suffix))
            patterns[std::string{name}] = "*." + std::string{suffix};
}

}  // namespace

std::string_view owned_domain(std::string_view name)
{
    for (const auto shared : shared_domains)
        if (is_below(name, shared)) {
            const auto dot = name.rfind('.', name.size() - shared.size() - 2);
            return dot == std::string_view::npos ? name : name.substr(dot + 1);
        }
    const auto two = last_labels(name, 2);
    const bool shared = std::ranges::find(shared_domains, two) != shared_domains.end();
    return looks_like_registry(two) || shared ? last_labels(name, 3) : two;
}

std::map<std::string, std::string> fold_hosts(const std::set<std::string>& names,
                                              std::size_t fold_from)
{
    std::map<std::string, std::string> patterns;
    std::map<std::string_view, std::vector<std::string_view>> below;
    for (const auto& name : names) {
        patterns[name] = name;
        const auto domain = owned_domain(name);
        // A single label (`intranet`) owns nothing that could be folded.
        if (name != domain && domain.find('.') != std::string_view::npos)
            below[domain].push_back(name);
    }
    if (fold_from == 0)
        return patterns;
    for (const auto& [domain, hosts] : below)
        if (hosts.size() >= fold_from)
            fold(hosts, patterns);
    return patterns;
}

}  // namespace adit::review
