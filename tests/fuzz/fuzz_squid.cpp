// The importer of squid.conf: whatever is imported is a configuration that loads.
#include "policy/load.hpp"
#include "src/review/squid.hpp"
#include "tests/fuzz/invariants.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    using adit::fuzz::require;
    const auto text = adit::fuzz::text_of(bytes, size);
    const auto no_file = [](const std::string&) -> adit::Result<std::string, std::string> {
        return {boost::system::in_place_error, "there are no files here"};
    };
    const auto imported = adit::review::import_squid(text, "squid.conf", no_file, "UTC");
    const auto loaded = adit::policy::load(imported.text);
    if (!loaded)
        std::fprintf(stderr, "%s\n%s\n", imported.text.c_str(),
                     to_text(loaded.error().front(), "imported").c_str());
    require(loaded.has_value(), "what is imported loads");
    return 0;
}
