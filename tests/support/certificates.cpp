#include "tests/support/certificates.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

namespace adit::tests {
namespace {

constexpr auto new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30";

}  // namespace

Certificates::Certificates() : folder_{std::filesystem::temp_directory_path() / "adit-tls-XXXXXX"}
{
    if (::mkdtemp(folder_.data()) == nullptr)
        throw std::runtime_error{"no folder for certificates"};
    openssl(fmt::format("req -x509 {} -subj /CN=authority -keyout ca.key -out ca.pem", new_key));
}

Certificates::~Certificates()
{
    std::filesystem::remove_all(folder_);
}

void Certificates::issue(const std::string& name, const std::string& subject,
                         const std::string& alternatives, const std::string& more)
{
    openssl(
        fmt::format("req -x509 -CA ca.pem -CAkey ca.key {} -subj '{}' -keyout {}.key -out "
                    "{}.pem -addext 'subjectAltName={}' {}",
                    new_key, subject, name, name, alternatives, more));
}

void Certificates::openssl(const std::string& arguments)
{
    const auto command = fmt::format("cd {} && openssl {} >openssl.log 2>&1", folder_, arguments);
    if (std::system(command.c_str()) != 0)
        throw std::runtime_error{"this failed: " + command};
}

void Certificates::write(const std::string& name, const std::string& text)
{
    std::ofstream{path(name)} << text;
}

}  // namespace adit::tests
