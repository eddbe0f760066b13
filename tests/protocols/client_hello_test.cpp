#include "protocols/client_hello.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include "tests/protocols/ways.hpp"

namespace adit::protocols {
namespace {

using testing::byte;
using testing::ExactBytes;
using testing::try_parser;
using namespace std::string_literals;

std::string two(std::size_t value)
{
    return byte(static_cast<unsigned>(value >> 8U & 255U)) +
           byte(static_cast<unsigned>(value & 255U));
}

std::string long_counted(const std::string& content)
{
    return two(content.size()) + content;
}

std::string record(const std::string& fragment)
{
    return "\x16\3\1"s + long_counted(fragment);
}

std::string message(const std::string& body)
{
    return "\1"s + byte(static_cast<unsigned>(body.size() >> 16U)) + two(body.size() & 0xffffU) +
           body;
}

std::string extension(unsigned type, const std::string& content)
{
    return two(type) + long_counted(content);
}

std::string server_name(const std::string& name, unsigned type = 0)
{
    return extension(0, long_counted(byte(type) + long_counted(name)));
}

// The parts of a body, so that a test spoils one of them.
struct Body {
    std::string version = "\3\3"s;
    std::string random = std::string(32, 'r');
    std::string session = byte(0);
    std::string ciphers = "\0\2\x13\1"s;
    std::string compressions = "\1\0"s;
    std::string extensions = long_counted(server_name("example.com"));

    std::string text() const
    {
        return version + random + session + ciphers + compressions + extensions;
    }
};

// `fragment` bytes to a record.
std::string in_records(const std::string& text, std::size_t fragment)
{
    std::string records;
    for (std::size_t at = 0; at < text.size(); at += fragment)
        records += record(text.substr(at, fragment));
    return records;
}

std::string in_words(const Step<ClientHello>& step)
{
    if (const auto* malformed = std::get_if<Malformed>(&step))
        return std::string{words(malformed->fault)};
    const auto* done = std::get_if<Done<ClientHello>>(&step);
    if (done == nullptr)
        return "more";
    return done->value.server_name ? done->value.server_name->text() : "no name";
}

std::string heard(const std::string& bytes)
{
    return in_words(try_parser(read_client_hello, bytes));
}

std::string heard(const Body& body)
{
    return heard(record(message(body.text())));
}

std::string with_extensions(const std::string& extensions)
{
    Body body;
    body.extensions = long_counted(extensions);
    return heard(body);
}

// Only the whole, for what is long.
std::string heard_at_once(const std::string& bytes)
{
    return in_words(read_client_hello(ExactBytes{bytes}));
}

std::string fault(Fault expected)
{
    return std::string{words(expected)};
}

std::string captured(const std::string& name)
{
    std::ifstream file{ADIT_SOURCE_DIR "/tests/corpus/client_hello/" + name, std::ios::binary};
    REQUIRE(file);
    return {std::istreambuf_iterator<char>{file}, {}};
}

TEST_CASE("the hello of a real client is understood, and the server it names")
{
    CHECK(heard(captured("openssl-tls13")) == "example.com");
    CHECK(heard(captured("openssl-tls12")) == "example.com");
    CHECK(heard(captured("openssl-alpn")) == "example.com");
    CHECK(heard(captured("openssl-tls12-no-name")) == "no name");
    CHECK(heard(captured("curl-name")) == "example.com");
    CHECK(heard(captured("curl-address")) == "no name");
}

TEST_CASE("a server name is made canonical: capitals are the same name")
{
    CHECK(heard(captured("openssl-tls10")) == "example.com");
}

TEST_CASE("a hello in several records is put together again")
{
    CHECK(heard(captured("openssl-fragments")) == "example.com");
    for (const std::size_t fragment : {1u, 2u, 3u, 4u, 5u, 50u}) {
        CAPTURE(fragment);
        CHECK(heard(in_records(message(Body{}.text()), fragment)) == "example.com");
    }
}

TEST_CASE("an address as the server name breaks RFC 6066, whoever sends it")
{
    CHECK(heard(captured("openssl-address")) == fault(Fault::bad_server_name));
    CHECK(with_extensions(server_name("2001:db8::1")) == fault(Fault::bad_server_name));
}

TEST_CASE("a server name is a host name without a trailing dot")
{
    for (const auto& name : {""s, "."s, "example.com."s, "a b"s, "a\0b"s, "*.example.com"s, "a..b"s,
                             "b\xc3\xbc"
                             "cher"s,
                             std::string(64, 'a')}) {
        CAPTURE(name);
        CHECK(with_extensions(server_name(name)) == fault(Fault::bad_server_name));
    }
    CHECK(with_extensions(server_name("example.com", 1)) == fault(Fault::bad_server_name));
}

TEST_CASE("there is one server name, in one extension")
{
    CHECK(with_extensions(server_name("a.example") + server_name("b.example")) ==
          fault(Fault::bad_client_hello));
    const auto name = [](const std::string& text) { return byte(0) + long_counted(text); };
    CHECK(with_extensions(extension(0, long_counted(name("a.example") + name("b.example")))) ==
          fault(Fault::bad_client_hello));
    CHECK(with_extensions(extension(0, "")) == fault(Fault::bad_client_hello));
    CHECK(with_extensions(extension(0, "\0\0"s)) == fault(Fault::bad_client_hello));
    CHECK(with_extensions(extension(0, long_counted(name("a.example")) + "x")) ==
          fault(Fault::bad_client_hello));
}

TEST_CASE("no extension comes twice, whatever it is")
{
    CHECK(with_extensions(extension(7, "a") + server_name("example.com") + extension(7, "b")) ==
          fault(Fault::bad_client_hello));
}

TEST_CASE("Encrypted ClientHello decides nothing, for decoys look the same")
{
    const auto ech = extension(0xfe0d, std::string(200, 'e'));
    CHECK(with_extensions(ech + server_name("example.com")) == "example.com");
    CHECK(with_extensions(ech) == "no name");
}

TEST_CASE("TLS 1.2 may have no extensions, or an empty list of them")
{
    Body body;
    body.extensions = "";
    CHECK(heard(body) == "no name");
    CHECK(with_extensions("") == "no name");
}

TEST_CASE("every part of a hello has the length and the values that it may have")
{
    const auto spoiled = [](auto spoil) {
        Body body;
        spoil(body);
        return heard(body);
    };
    const auto bad = fault(Fault::bad_client_hello);
    CHECK(spoiled([](Body& body) { body.version = "\2\0"s; }) == bad);
    CHECK(spoiled([](Body& body) { body.version = "\3\0"s; }) == bad);
    CHECK(spoiled([](Body& body) { body.version = "\4\0"s; }) == bad);
    CHECK(spoiled([](Body& body) { body.version = "\3\1"s; }) == "example.com");
    CHECK(spoiled([](Body& body) { body.session = byte(33) + std::string(33, 's'); }) == bad);
    CHECK(spoiled([](Body& body) { body.session = byte(32) + std::string(32, 's'); }) ==
          "example.com");
    CHECK(spoiled([](Body& body) { body.ciphers = "\0\0"s; }) == bad);
    CHECK(spoiled([](Body& body) { body.ciphers = "\0\3abc"s; }) == bad);
    CHECK(spoiled([](Body& body) { body.compressions = "\0"s; }) == bad);
    CHECK(spoiled([](Body& body) { body.compressions = "\1\1"s; }) == bad);
    CHECK(spoiled([](Body& body) { body.compressions = "\2\1\0"s; }) == "example.com");
    CHECK(spoiled([](Body& body) { body.extensions += "x"; }) == bad);
    CHECK(spoiled([](Body& body) { body.extensions.pop_back(); }) == bad);
    CHECK(spoiled([](Body& body) { body.extensions = "\0"s; }) == bad);
    CHECK(spoiled([](Body& body) { body.extensions = "\0\3\0\7\0"s; }) == bad);
    CHECK(heard(record(message(""))) == bad);
}

TEST_CASE("the first bytes of anything else are not TLS")
{
    for (const auto& bytes :
         {"GET / HTTP/1.1\r\n\r\n"s, "SSH-2.0-x\r\n"s, "\x80\x2e\1\3\1"s, "\x15\3\1\0\2\1\0"s,
          "\x17\3\3\0\1x"s, "\x16\2"s, "\x16\0\0"s, "\0"s}) {
        CAPTURE(bytes);
        CHECK(heard(bytes) == fault(Fault::not_tls));
    }
    CHECK(heard("") == "more");
    CHECK(heard("\x16\3") == "more");
}

TEST_CASE("what begins like TLS and is no hello is named as that")
{
    CHECK(heard("\x16\3\1\0\0"s) == fault(Fault::bad_tls_record));
    CHECK(heard("\x16\3\1\x40\1"s) == fault(Fault::bad_tls_record));
    CHECK(heard(record("\2\0\0\1x"s)) == fault(Fault::bad_client_hello));
    const auto hello = message(Body{}.text());
    CHECK(heard(record(hello + "x")) == fault(Fault::bad_client_hello));
    CHECK(heard(record(hello.substr(0, 9)) + "\x14\3\1\0\1\1"s) == fault(Fault::bad_tls_record));
    CHECK(heard(record(hello.substr(0, 9)) + "\x16\2"s) == fault(Fault::bad_tls_record));
}

TEST_CASE("a hello may be as long as 16 KiB with the headers of its records, and no longer")
{
    Body body;
    const auto with_padding = [&](std::size_t size) {
        body.extensions =
            long_counted(server_name("example.com") + extension(21, std::string(size, '\0')));
        return record(message(body.text()));
    };
    const auto room = max_client_hello - with_padding(0).size();
    CHECK(heard_at_once(with_padding(room)) == "example.com");
    CHECK(heard_at_once(with_padding(room + 1)) == fault(Fault::client_hello_too_long));
    CHECK(heard("\x16\3\1\0\4\1\1\0\0"s) == fault(Fault::client_hello_too_long));
    CHECK(heard_at_once(in_records(message(std::string(8000, 'x')), 1)) ==
          fault(Fault::client_hello_too_long));
}

}  // namespace
}  // namespace adit::protocols
