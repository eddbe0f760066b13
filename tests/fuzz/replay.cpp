// Runs a fuzz target on every file of the directories it is given, without a fuzzing engine.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace {

void replay(const std::filesystem::path& file)
{
    std::ifstream in{file, std::ios::binary};
    const std::vector<char> text{std::istreambuf_iterator<char>{in}, {}};
    const std::vector<std::uint8_t> bytes{text.begin(), text.end()};
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

}  // namespace

int main(int count, char** directories)
{
    int replayed = 0;
    for (int i = 1; i < count; ++i) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator{directories[i]}) {
            if (!entry.is_regular_file())
                continue;
            std::cerr << entry.path().string() << '\n';  // the last one named is the one that fails
            replay(entry.path());
            ++replayed;
        }
    }
    std::cerr << replayed << " inputs replayed\n";
    return replayed > 0 ? 0 : 1;
}
