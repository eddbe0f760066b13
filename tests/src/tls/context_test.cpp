#include "src/tls/context.hpp"

#include <filesystem>

#include "tests/src/tls/handshake.hpp"

using namespace adit;
using tests::certificates;
using tests::server_settings;

namespace {

// "key: what is wrong", a line for each; a warning has "(warning)" behind its key.
std::string findings(const policy::Tls& settings)
{
    std::string lines;
    for (const auto& finding : tls::inspect(settings))
        lines += std::string{finding.key} + (finding.is_mistake ? ": " : " (warning): ") +
                 finding.message + "\n";
    return lines;
}

std::string quoted(const std::string& name)
{
    return '"' + certificates().path(name) + '"';
}

}  // namespace

TEST_CASE("a good certificate with its key leaves nothing to say")
{
    auto settings = server_settings();
    settings.client_ca = certificates().path("ca.pem");
    CHECK(findings(settings).empty());
    CHECK(tls::Context::open(settings).has_value());
}

TEST_CASE("a file that is not there is named with the reason")
{
    policy::Tls settings;
    settings.certificate = certificates().path("no.pem");
    settings.key = certificates().path("no.key");
    settings.client_ca = certificates().path("no.ca");
    CHECK(findings(settings) ==
          "certificate: cannot read " + quoted("no.pem") + ": No such file or directory\n" +
              "key: cannot read " + quoted("no.key") + ": No such file or directory\n" +
              "client_ca: cannot read " + quoted("no.ca") + ": No such file or directory\n");
    CHECK(tls::Context::open(settings).error().size() == 3);
}

TEST_CASE("a file of another kind is said to be that")
{
    auto settings = server_settings();
    certificates().write("words.pem", "these are words\n");
    settings.certificate = certificates().path("words.pem");
    CHECK(findings(settings).starts_with("certificate: " + quoted("words.pem") +
                                         " holds no certificate; "));
    settings = server_settings();
    settings.key = certificates().path("server.pem");
    CHECK(findings(settings).starts_with("key: " + quoted("server.pem") +
                                         " holds no private key in PEM that can be used: "));
    settings = server_settings();
    settings.client_ca = certificates().path("words.pem");
    CHECK(findings(settings).starts_with("client_ca: " + quoted("words.pem") +
                                         " holds no certificates in PEM that can be used: "));
}

TEST_CASE("the key of another certificate is refused")
{
    auto settings = server_settings();
    settings.key = certificates().path("alice.key");
    CHECK(findings(settings) == "key: " + quoted("alice.key") +
                                    " is not the key of the certificate " + quoted("server.pem") +
                                    "\n");
}

TEST_CASE("a key with a passphrase is refused, and nobody is asked for it")
{
    certificates().openssl("pkey -in server.key -aes256 -passout pass:secret -out locked.key");
    auto settings = server_settings();
    settings.key = certificates().path("locked.key");
    CHECK(
        findings(settings).starts_with("key: " + quoted("locked.key") + " asks for a passphrase"));
}

TEST_CASE("a key that everyone can read is warned of")
{
    namespace fs = std::filesystem;
    fs::copy_file(certificates().path("server.key"), certificates().path("open.key"),
                  fs::copy_options::overwrite_existing);
    fs::permissions(certificates().path("open.key"), fs::perms{0644});
    auto settings = server_settings();
    settings.key = certificates().path("open.key");
    CHECK(findings(settings).starts_with("key (warning): everyone on this machine can read"));
    CHECK(tls::Context::open(settings).has_value());
}

TEST_CASE("a certificate that ends soon is warned of")
{
    certificates().openssl(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3 "
        "-subj /CN=localhost -keyout short.key -out short.pem");
    policy::Tls settings;
    settings.certificate = certificates().path("short.pem");
    settings.key = certificates().path("short.key");
    CHECK(findings(settings) == "certificate (warning): the certificate " + quoted("short.pem") +
                                    " expires within 14 days\n");
}
