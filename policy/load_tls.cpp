#include "policy/load_tls.hpp"

#include <array>

namespace adit::policy {

namespace {

constexpr std::array<Key, 5> tls_keys{
    {{"certificate"}, {"key"}, {"client_ca"}, {"user_from"}, {"mode"}}};
constexpr std::array<std::string_view, 2> mode_words{"offered", "required"};
constexpr std::array<std::string_view, 2> user_from_words{"cn", "san"};

std::string read_path(const std::optional<Place>& place, const Reader& reader,
                      const LoadOptions& options)
{
    const auto text =
        place ? reader.text(*place, "the path of a PEM file") : std::optional<std::string_view>{};
    if (!text)
        return {};
    if (text->empty() || text->find('\0') != std::string_view::npos) {
        reader.report().mistake(*place, "this is not the path of a file");
        return {};
    }
    if (text->front() == '/' || options.folder.empty())
        return std::string{*text};
    return options.folder + '/' + std::string{*text};
}

// A certificate that can be nobody's is asked for in vain.
void check_client_ca(const Place& place, const Reader& reader, const Vocabulary& names)
{
    if (!names.users)
        reader.report().mistake(place,
                                "a client certificate logs a user in, and the file has no "
                                "\"users\"; add them, or take \"client_ca\" out");
}

}  // namespace

std::optional<Tls> read_tls(const Place& place, const Reader& reader, const Vocabulary& names,
                            const LoadOptions& options)
{
    const auto before = reader.report().mistakes();
    const Fields fields{place, reader.report(), tls_keys};
    if (!fields.is_object())
        return std::nullopt;
    Tls tls;
    tls.certificate =
        read_path(fields.require("certificate", "write the path of a PEM file, the chain in it"),
                  reader, options);
    tls.key = read_path(fields.require("key", "write the path of a PEM file"), reader, options);
    if (const auto client_ca = fields.find("client_ca")) {
        tls.client_ca = read_path(client_ca, reader, options);
        check_client_ca(*client_ca, reader, names);
    }
    if (const auto user_from = fields.find("user_from")) {
        if (!fields.find("client_ca"))
            reader.report().mistake(*user_from,
                                    "without \"client_ca\" no client is asked for a certificate; "
                                    "add it, or take \"user_from\" out");
        if (reader.word(*user_from, user_from_words) == 1U)
            tls.user_from = Tls::UserFrom::san;
    }
    if (const auto mode = fields.find("mode"))
        tls.required = reader.word(*mode, mode_words) == 1U;
    if (reader.report().mistakes() != before)
        return std::nullopt;
    if (!options.inspect_tls)
        return tls;
    for (const auto& finding : options.inspect_tls(tls)) {
        const auto at = fields.find(finding.key).value_or(place);
        if (finding.is_mistake)
            reader.report().mistake(at, finding.message);
        else
            reader.report().warning(at, finding.message);
    }
    return tls;
}

}  // namespace adit::policy
