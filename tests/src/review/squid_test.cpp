#include "src/review/squid.hpp"

#include <doctest/doctest.h>

#include "policy/load.hpp"

using namespace adit;
using namespace adit::review;

namespace {

Import imported(const std::string& text, const std::string& zone = "UTC")
{
    return import_squid(
        text, "squid.conf",
        [](const std::string& path) -> Result<std::string, std::string> {
            if (path == "/etc/squid/sites")
                return {boost::system::in_place_value, ".example.com  # ours\n\nwww.example.org\n"};
            return {boost::system::in_place_error, "read " + path + ": No such file or directory"};
        },
        zone);
}

policy::Loaded loaded(const std::string& text)
{
    policy::LoadOptions options{{},
                                [](const std::string& hash) { return hash.starts_with("$y$"); }};
    options.find_zone = [](const std::string& name) {
        return std::optional{policy::Zone{name, {policy::Shift{}}}};
    };
    auto read = policy::load(text, options);
    std::string mistakes;
    if (!read)
        for (const auto& mistake : read.error())
            mistakes += to_text(mistake, "imported") + '\n';
    REQUIRE_MESSAGE(read.has_value(), mistakes << text);
    return std::move(*read);
}

std::string rules_of(const Import& import)
{
    (void)loaded(import.text);
    const auto begin = import.text.find("  \"rules\": [\n") + 13;
    return import.text.substr(begin, import.text.rfind("  ],") - begin);
}

std::string rules_of(const std::string& text)
{
    const auto import = imported(text);
    CHECK(import.equivalent());
    return rules_of(import);
}

std::string notes_of(const std::string& text)
{
    const auto import = imported(text);
    (void)loaded(import.text);
    std::string all;
    for (const auto& note : import.notes)
        all += (note.differs ? "! " : "  ") + std::to_string(note.line) + ": " + note.words + '\n';
    return all;
}

}  // namespace

TEST_CASE("the classic lines about CONNECT come out right")
{
    const auto import = imported(
        "http_port 3128\n"
        "acl SSL_ports port 443 22 8443\n"
        "acl CONNECT method CONNECT\n"
        "http_access deny CONNECT !SSL_ports\n"
        "http_access allow CONNECT\n");
    CHECK(import.equivalent());
    CHECK(import.notes.empty());
    CHECK(rules_of(import) ==
          R"(    {
      "name": "line 4: deny CONNECT !SSL_ports",
      "action": "deny",
      "protocols": ["connect"],
      "ports": ["1-21", "23-442", "444-8442", "8444-65535"],
    },
    { "name": "line 5: allow CONNECT", "action": "allow", "protocols": ["connect"] },
    // What matches no rule is denied, as in Squid.
)");
    const auto policy = loaded(import.text).configuration;
    CHECK(policy.listeners.front().open);
    CHECK(policy.listeners.front().dual_stack);
}

TEST_CASE("plain HTTP is what is not CONNECT")
{
    const auto import = imported(
        "acl office src 10.0.0.0/8\nhttp_access allow office !CONNECT\n"
        "http_access deny !CONNECT\nhttp_access allow CONNECT\n");
    CHECK(import.equivalent());
    CHECK(import.notes.empty());
    CHECK(
        rules_of(import) ==
        R"(    { "name": "line 2: allow office !CONNECT", "action": "allow", "protocols": ["http"], "clients": ["10.0.0.0/8"] },
    { "name": "line 3: deny !CONNECT", "action": "deny", "protocols": ["http"] },
    { "name": "line 4: allow CONNECT", "action": "allow", "protocols": ["connect"] },
    // What matches no rule is denied, as in Squid.
)");
    const auto read = loaded(import.text);
    const auto& opened = read.configuration.listeners.front().protocols;
    CHECK(opened.contains(protocols::Protocol::connect));
    CHECK(opened.contains(protocols::Protocol::http));
    CHECK_FALSE(opened.contains(protocols::Protocol::socks5));
}

TEST_CASE("a list of other methods is known in part only, and closes what it cannot name")
{
    const std::string lists = "acl gets method GET\nacl some method CONNECT POST\n";
    const auto the_rest = "    // What matches no rule is denied, as in Squid.\n";
    CHECK(notes_of(lists + "http_access allow gets\n") ==
          "! 1: not imported: GET in the list gets\n"
          "! 2: not imported: POST in the list some\n"
          "! 3: gets is known only in part, so this line allows less than it did\n"
          "  3: left out: it matches no request that Adit would take\n");
    CHECK(rules_of(imported(lists + "http_access deny gets\nhttp_access allow all\n")) ==
          R"(    { "name": "line 3: deny gets", "action": "deny", "protocols": ["http"] },
    { "name": "line 4: allow all", "action": "allow" },
)" + std::string{the_rest});
    CHECK(rules_of(imported(lists + "http_access allow !gets\n")) ==
          R"(    { "name": "line 3: allow !gets", "action": "allow", "protocols": ["connect"] },
)" + std::string{the_rest});
    CHECK(rules_of(imported(lists + "http_access allow some\n")) ==
          R"(    { "name": "line 3: allow some", "action": "allow", "protocols": ["connect"] },
)" + std::string{the_rest});
    CHECK(rules_of(imported(lists + "http_access deny !some\nhttp_access allow all\n")) ==
          R"(    { "name": "line 3: deny !some", "action": "deny", "protocols": ["http"] },
    { "name": "line 4: allow all", "action": "allow" },
)" + std::string{the_rest});
    CHECK(rules_of(imported(lists + "http_access allow !some\n")) == the_rest);
}

TEST_CASE("a last line that denies makes Squid allow the rest, and a file without lines denies")
{
    CHECK(
        rules_of("acl bad dstdomain .evil.example\nhttp_access deny bad\n") ==
        R"(    { "name": "line 2: deny bad", "action": "deny", "hosts": ["*.evil.example", "evil.example"] },
    // The last http_access line denies, so Squid allows whatever matches none.
    { "name": "whatever matches no line", "action": "allow" },
)");
    CHECK(rules_of("http_port 3128\n") == "    // What matches no rule is denied, as in Squid.\n");
}

TEST_CASE("what a line leaves out is in its rule's not, lists of one kind together")
{
    CHECK(
        rules_of("acl staff src 10.1.0.0/16\n"
                 "acl web port 80 443\n"
                 "http_access deny !staff\n"
                 "http_access allow web\n") ==
        R"(    { "name": "line 3: deny !staff", "action": "deny", "not": { "clients": ["10.1.0.0/16"] } },
    { "name": "line 4: allow web", "action": "allow", "ports": [80, 443] },
    // What matches no rule is denied, as in Squid.
)");
    CHECK(rules_of("acl bad dstdomain evil.example\nacl worse dstdomain .worst.example\n"
                   "http_access allow !bad !worse\n") ==
          R"(    {
      "name": "line 3: allow !bad !worse",
      "action": "allow",
      "not": { "hosts": ["*.worst.example", "evil.example", "worst.example"] },
    },
    // What matches no rule is denied, as in Squid.
)");
}

TEST_CASE("of lists of several kinds the others stand before, with what the rest of the file says")
{
    CHECK(rules_of("acl guests src 10.9.0.0/16\nacl bad dstdomain evil.example\n"
                   "acl web port 80 443\n"
                   "http_access allow !bad !guests\nhttp_access allow web\n") ==
          R"~(    // line 5, for what line 4 leaves out
    { "name": "line 5: allow web", "action": "allow", "clients": ["10.9.0.0/16"], "ports": [80, 443] },
    // what line 4 leaves out
    { "name": "line 4: whatever matches no line", "action": "deny", "clients": ["10.9.0.0/16"] },
    { "name": "line 4: allow !bad !guests", "action": "allow", "not": { "hosts": ["evil.example"] } },
    { "name": "line 5: allow web (2)", "action": "allow", "ports": [80, 443] },
    // What matches no rule is denied, as in Squid.
)~");
}

TEST_CASE("destination addresses that a line leaves out are named, so that an allow reaches them")
{
    CHECK(
        rules_of("acl inside dst 10.0.0.0/8\nhttp_access deny !inside\nhttp_access allow all\n") ==
        R"(    // line 3, for what line 2 leaves out
    { "name": "line 3: allow all", "action": "allow", "networks": ["10.0.0.0/8"] },
    { "name": "line 2: deny !inside", "action": "deny" },
    // What matches no rule is denied, as in Squid.
)");
}

TEST_CASE("lists of times are windows, to the end of the minute that they name")
{
    const std::string lists =
        "acl work time MTWHF 08:00-17:30\nacl lunch time 12:00-12:59\nacl days time SA\n"
        "acl mixed time D 09:00-23:59 A 10:00-11:59 S\n";
    const std::string the_rest = "    // What matches no rule is denied, as in Squid.\n";
    const auto rule = [&](const std::string& line) {
        const auto import = imported(lists + "http_access " + line + "\n");
        CHECK(import.equivalent());
        const auto text = rules_of(import);
        REQUIRE(text.ends_with(the_rest));
        const auto begin = text.find("\"when\": ");
        return text.substr(begin, text.find(" },\n    // What") - begin);
    };
    CHECK(rule("allow work") == R"("when": { "days": ["mon-fri"], "hours": ["08:00-17:31"] })");
    CHECK(rule("allow days") == R"("when": { "days": ["sat-sun"] })");
    CHECK(rule("allow work lunch") ==
          R"("when": { "days": ["mon-fri"], "hours": ["12:00-13:00"] })");
    CHECK(rule("allow !lunch") == R"("when": { "hours": ["00:00-12:00", "13:00-24:00"] })");
    CHECK(rules_of(imported(lists + "http_access allow mixed\n")) ==
          R"(    {
      "name": "line 5: allow mixed",
      "action": "allow",
      "when": [{ "days": ["sun"] }, { "days": ["mon-fri"], "hours": ["09:00-24:00"] }, { "days": ["sat"], "hours": ["10:00-12:00"] }],
    },
)" + the_rest);
    CHECK(rules_of(imported(lists + "http_access allow work days\n")) == the_rest);
}

TEST_CASE("times are those of the machine's zone, and that is told")
{
    const std::string text = "acl work time 08:00-16:59\nhttp_access allow work\n";
    const auto here = imported(text, "Europe/Berlin");
    CHECK(here.equivalent());
    CHECK(rules_of(here).find(R"("when": { "hours": ["08:00-17:00"], "zone": "Europe/Berlin" })") !=
          std::string::npos);
    REQUIRE(here.notes.size() == 1);
    CHECK(here.notes.front().words == "times are those of Europe/Berlin, this machine's time zone");
    const auto nowhere = imported(text, "");
    CHECK_FALSE(nowhere.equivalent());
    CHECK(rules_of(nowhere).find(R"("when": { "hours": ["08:00-17:00"] })") != std::string::npos);
}

TEST_CASE("what Squid takes for no time is told")
{
    for (const auto* values : {"20:00-06:00", "8-17", "08:00-24:01", "25:00-26:00", "08:60-09:00",
                               "MTX", "mon", "08:00", "8:00-9:00-10:00", "+8:00-9:00"}) {
        CAPTURE(values);
        const auto import =
            imported(std::string{"acl t time "} + values + "\nhttp_access allow t\n");
        CHECK_FALSE(import.equivalent());
        CHECK(rules_of(import) == "    // What matches no rule is denied, as in Squid.\n");
    }
}

TEST_CASE("regular expressions stay what they are where RE2 means the same by them")
{
    const auto hosts = [](const std::string& regex) {
        const auto import = imported("acl r dstdom_regex " + regex + "\nhttp_access allow r\n");
        const auto text = rules_of(import);
        const auto begin = text.find("\"hosts\": [");
        CHECK(import.equivalent() == (begin != std::string::npos));
        return begin == std::string::npos
                   ? std::string{"none"}
                   : text.substr(begin + 9, text.find(']', text.rfind("/\"")) - begin - 8);
    };
    CHECK(hosts("evil") == R"(["/.*evil.*/"])");
    CHECK(hosts(R"(^ci-[0-9]+\.example\.com$)") == R"(["/ci-[0-9]+\\.example\\.com/"])");
    CHECK(hosts(R"(example\.com$)") == R"(["/.*example\\.com/"])");
    CHECK(hosts("^ads") == R"(["/ads.*/"])");
    CHECK(hosts(R"((^|\.)(a|b)\.net$)") == R"(["/.*(^|\\.)(a|b)\\.net/"])");
    CHECK(hosts("^a|b$") == R"(["/.*(?:^a|b$).*/"])");
    CHECK(hosts("-i ^WWW[0-9]{1,2}$") == R"(["/WWW[0-9]{1,2}/"])");
    CHECK(hosts(R"(^[[:alpha:]][a-z0-9\-]*\.x$)") == R"(["/[[:alpha:]][a-z0-9\\-]*\\.x/"])");
    for (const auto* regex : {"WWW", R"(\d+)", R"(\<ad)", "(?i)x", "a+?", "a{,3}", "*.example.com",
                              "a{x}", "[[=a=]]", R"([\-a])", R"((a)\1)", "a(", "a**", "[a"}) {
        CAPTURE(regex);
        CHECK(hosts(regex) == "none");
    }
}

TEST_CASE("of two lists of hosts with regular expressions a line says less, and that is told")
{
    const std::string lists =
        "acl evil dstdom_regex evil\nacl ours dstdomain .example.com\nacl www dstdomain "
        "www.evil.example a.example\n";
    const std::string words =
        "no rule can ask for two lists of hosts at once when there are regular expressions in them";
    CHECK(notes_of(lists + "http_access allow evil ours\n") ==
          "! 4: " + words + ", so this line allows less than it did\n" +
              "  4: left out: it matches no request that Adit would take\n");
    CHECK(notes_of(lists + "http_access deny ours evil\nhttp_access allow all\n") ==
          "! 4: " + words + ", so this line denies more than it did\n");
    // Which names an expression matches is known.
    CHECK(
        rules_of(lists + "http_access allow evil www\n") ==
        R"(    { "name": "line 4: allow evil www", "action": "allow", "hosts": ["www.evil.example"] },
    // What matches no rule is denied, as in Squid.
)");
}

TEST_CASE("of more expressions than a list may hold the others are told")
{
    const auto list = [](const std::string& name, int count) {
        auto text = "acl " + name + " dstdom_regex";
        for (int i = 0; i < count; ++i)
            text += " ^" + name + std::to_string(i) + "[0-9]";
        return text + '\n';
    };
    CHECK(notes_of(list("a", 1000) + "http_access allow a\n").empty());
    CHECK(notes_of(list("a", 1001) + "http_access allow a\n") ==
          "! 1: not imported: ^a1000[0-9] in the list a\n"
          "! 2: a is known only in part, so this line allows less than it did\n");
    CHECK(notes_of(list("a", 600) + list("b", 600) + "http_access allow !a !b\n").empty());
}

TEST_CASE("two lists of one kind in a line are what both hold")
{
    CHECK(
        rules_of("acl office src 10.0.0.0/8\nacl lab src 10.1.0.0/16 192.168.0.0/16\n"
                 "acl ours dstdomain .example.com\nacl some dstdomain www.example.com .org\n"
                 "http_access allow office lab ours some\n") ==
        R"(    { "name": "line 5: allow office lab ours some", "action": "allow", "clients": ["10.1.0.0/16"], "hosts": ["www.example.com"] },
    // What matches no rule is denied, as in Squid.
)");
}

TEST_CASE("a login is asked for where Squid asks for it")
{
    const auto text = imported(
        "acl known proxy_auth REQUIRED\nacl office src 10.0.0.0/8\n"
        "http_access allow known\nhttp_access allow office\n");
    // The second line helps nobody: who is not logged in was asked already.
    CHECK(rules_of(text) ==
          R"(    { "name": "line 3: allow known", "action": "allow", "users": ["*"] },
    // What matches no rule is denied, as in Squid.
)");
    const auto policy = loaded(text.text).configuration;
    CHECK(policy.listeners.front().login == protocols::Login::optional);
}

TEST_CASE("a login is asked for behind a list of which little is known, too")
{
    const auto rules = rules_of(
        imported("acl busy maxconn 20\nacl known proxy_auth REQUIRED\nacl office src 10.0.0.0/8\n"
                 "http_access allow busy known\nhttp_access allow office\n"));
    CHECK(rules ==
          R"(    // line 5, for what line 4 leaves out
    { "name": "line 5: allow office", "action": "allow", "clients": ["10.0.0.0/8"], "users": ["*"] },
    // What matches no rule is denied, as in Squid.
)");
}

TEST_CASE("long lists become sets, and lists may lie in files")
{
    CHECK(imported("acl sites dstdomain \"/etc/squid/sites\"\nacl web port 1 3 5 7 9\n"
                   "http_access allow sites web\n")
              .text.find(R"("web": { "ports": [1, 3, 5, 7, 9] })") != std::string::npos);
    CHECK(rules_of("acl sites dstdomain \"/etc/squid/sites\"\nacl web port 1 3 5 7 9\n"
                   "http_access allow sites web\n") ==
          R"(    {
      "name": "line 3: allow sites web",
      "action": "allow",
      "hosts": ["*.example.com", "example.com", "www.example.org"],
      "ports": ["@web"],
    },
    // What matches no rule is denied, as in Squid.
)");
}

TEST_CASE("what has no equivalent is listed, and never opens what Squid closes")
{
    CHECK(notes_of("cache_mem 256 MB\nacl night maxconn 20\nhttp_access deny night\n"
                   "http_access allow all\n") ==
          "  1: not imported: cache_mem\n"
          "! 2: not imported: lists of type maxconn have no equivalent\n"
          "! 3: night is known only in part, so this line denies more than it did\n"
          "  4: left out: it is never reached, for a line above decides everything\n");
    CHECK(rules_of(imported("acl night maxconn 20\nhttp_access deny night\n"
                            "http_access allow all\n")) ==
          "    { \"name\": \"line 2: deny night\", \"action\": \"deny\" },\n"
          "    // What matches no rule is denied, as in Squid.\n");
    CHECK(rules_of(imported("acl night maxconn 20\nhttp_access allow night\n"
                            "acl bad dstdomain \"/nowhere\" .evil.example\n"
                            "http_access allow !bad\n")) ==
          "    // What matches no rule is denied, as in Squid.\n");
    CHECK(notes_of("http_access allow nobody_knows\n") ==
          "! 1: there is no list called nobody_knows\n"
          "! 1: nobody_knows is known only in part, so this line allows less than it did\n"
          "  1: left out: it matches no request that Adit would take\n");
    CHECK(notes_of("acl x src host.example\nhttp_port 3128 intercept\n") ==
          "! 1: not imported: host.example in the list x\n"
          "! 2: not imported: http_port with intercept, which has no equivalent\n");
    // What stands behind a directive may be a secret.
    CHECK(imported("cache_peer parent parent 1 2 login=user:secret\n").text.find("secret") ==
          std::string::npos);
}

TEST_CASE("Squid's own example file becomes a configuration without a warning of ours")
{
    const auto import = imported(R"(
acl localnet src 0.0.0.1-0.255.255.255	# RFC 1122 "this" network (LAN)
acl localnet src 10.0.0.0/8		# RFC 1918 local private network (LAN)
acl localnet src 192.168.0.0/16
acl localnet src fc00::/7       	# RFC 4193 local private network range
acl SSL_ports port 443
acl Safe_ports port 80		# http
acl Safe_ports port 21		# ftp
acl Safe_ports port 443		# https
acl Safe_ports port 1025-65535	# unregistered ports
http_access deny !Safe_ports
http_access deny CONNECT !SSL_ports
http_access allow localhost manager
http_access deny manager
http_access allow localhost
http_access deny to_localhost
http_access deny to_linklocal
http_access allow localnet
http_access deny all
http_port 3128
coredump_dir /var/spool/squid
)");
    CHECK(import.equivalent());
    const auto read = loaded(import.text);
    CHECK_FALSE(read.configuration.listeners.front().open);
    std::string warnings;
    for (const auto& warning : read.warnings)
        warnings += to_text(warning, "imported") + '\n';
    CHECK(warnings.empty());
    CHECK_MESSAGE(read.configuration.policy.rules().size() == 7, import.text);
}
