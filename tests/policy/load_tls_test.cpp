#include "policy/load_tls.hpp"

#include "tests/policy/loading.hpp"

namespace adit::policy {
namespace {

std::string with_tls(std::string_view tls)
{
    return "{ \"listeners\": [ { \"address\": \"127.0.0.1:1080\", \"tls\": " + std::string{tls} +
           " } ],\n\"users\": { \"alice\": \"*\" }, \"rules\": [] }";
}

Tls tls_of(std::string_view text, const LoadOptions& options = {})
{
    return loaded(with_tls(text), options).configuration.listeners.front().tls.value();
}

TEST_CASE("a listener speaks TLS when it names a certificate and its key")
{
    const auto tls = tls_of(R"({ "certificate": "/etc/adit/cert.pem", "key": "key.pem" })");
    CHECK(tls.certificate == "/etc/adit/cert.pem");
    CHECK(tls.key == "key.pem");
    CHECK(tls.client_ca.empty());
    CHECK_FALSE(tls.required);
    CHECK(tls.user_from == Tls::UserFrom::cn);
    CHECK_FALSE(loaded(with_rules("")).configuration.listeners.front().tls.has_value());
}

TEST_CASE("TLS can be required, and a user's name be among the alternative names")
{
    const auto tls = tls_of(R"({ "certificate": "c", "key": "k", "client_ca": "a",
                                 "user_from": "san", "mode": "required" })");
    CHECK(tls.client_ca == "a");
    CHECK(tls.required);
    CHECK(tls.user_from == Tls::UserFrom::san);
}

TEST_CASE("relative paths begin at the folder of the configuration file")
{
    LoadOptions options;
    options.folder = "/etc/adit";
    const auto tls =
        tls_of(R"({ "certificate": "cert.pem", "key": "/run/key.pem", "client_ca": "ca/all.pem" })",
               options);
    CHECK(tls.certificate == "/etc/adit/cert.pem");
    CHECK(tls.key == "/run/key.pem");
    CHECK(tls.client_ca == "/etc/adit/ca/all.pem");
}

TEST_CASE("what is wrong with a file is told where the file is named, and a doubt is a warning")
{
    LoadOptions options;
    options.inspect_tls = [](const Tls& tls) {
        return std::vector<TlsFinding>{{"key", "cannot read " + tls.key},
                                       {"certificate", "expires soon", false}};
    };
    const auto text = with_tls(R"({ "certificate": "c", "key": "k" })");
    CHECK(mistakes_in(text, options) == "file:1:85: listeners[0].tls.key: cannot read k\n");

    options.inspect_tls = [](const Tls&) {
        return std::vector<TlsFinding>{{"certificate", "expires soon", false}};
    };
    const auto good = loaded(text, options);
    REQUIRE_FALSE(good.warnings.empty());
    CHECK(good.warnings.front().path == "listeners[0].tls.certificate");
}

TEST_CASE("a user without a password is written with a star")
{
    CHECK(
        loaded(with_tls(R"({ "certificate": "c", "key": "k" })")).configuration.users.at("alice") ==
        no_password);
}

}  // namespace
}  // namespace adit::policy
