#!/usr/bin/env python3
"""The shape of the house: who may include whom, and that the pure libraries are pure.

    tests/architecture.py [--quiet] [ARCHIVE...]

Sources are checked by their includes. Each archive given (libadit_protocols.a, libadit_policy.a) is also checked by the
symbols its objects need from elsewhere: linking alone proves nothing, for libc holds sockets and clocks for everyone.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What each directory may include of ours.
DIRECTIONS = {
    "protocols": {"protocols"},
    "policy": {"policy", "protocols"},
    "src": {"src", "policy", "protocols"},
}

# What the pure libraries may include from elsewhere. A list of what is allowed cannot be outwitted by a new header.
PURE_STANDARD = set("""
    algorithm array bit bitset cassert cctype charconv compare concepts cstddef cstdint cstdlib cstring deque functional
    initializer_list iterator limits list map memory numeric optional ranges set span stack stdexcept string string.h string_view
    tuple type_traits unordered_map unordered_set utility variant vector
""".split())
PURE_ELSEWHERE = re.compile(r"""^(
    boost/asio/ip/(address|address_v4|address_v6|network_v4|network_v6|bad_address_cast)\.hpp |
    boost/asio/buffer\.hpp |
    boost/beast/(core/(detail/)?(base64|string|string_type)|http/(error|field|fields|parser|basic_parser|empty_body|
        message|verb|status|rfc7230|type_traits|buffer_body|string_body))\.hpp |
    boost/system/(result|error_code)\.hpp | boost/(container|intrusive|core)/[a-z_/]+\.hpp |
    fmt/(format|core|ranges)\.h | re2/re2\.h
)$""", re.VERBOSE)
# `chrono` is for durations; clocks show among the symbols.
PURE_IN = {"policy": {"chrono"}, "protocols": set()}

# One library reads JSON, and only where configuration text becomes values.
JSON_READERS = re.compile(r"^policy/(load|json)[a-z_]*\.cpp$|^policy/load/[a-z_]+\.(cpp|hpp)$|^policy/json_[a-z_]+\.hpp$")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')

# Undefined symbols that would mean the world is touched.
WORLDLY = re.compile(r"""^(
    socket|socketpair|connect|bind|listen|accept4?|send(to|msg|mmsg|file)?|recv(from|msg|mmsg)?|shutdown|
    [gs]etsockopt|getsockname|getpeername|getaddrinfo|freeaddrinfo|gethostby\w+|
    open(at)?(64)?|creat|read|write|pread\w*|pwrite\w*|fopen(64)?|fread|fwrite|fclose|fgets|unlink|stat|fstat|mmap|
    f?printf|puts|putchar|perror|syslog|
    clock_gettime|gettimeofday|time|clock|localtime(_r)?|gmtime(_r)?|nanosleep|usleep|sleep|
    poll|p?select|epoll_\w+|timerfd_\w+|eventfd|
    pthread_(create|join|detach)|thrd_\w+|fork|vfork|execv\w*|system|popen|kill|signal|sigaction|getenv|random|rand|
    std::chrono::_V2::\w+_clock::now.* | std::thread::.* | std::this_thread::.* |
    std::(basic_)?(i|o|io)?f(ile)?stream.* | std::basic_filebuf.* | std::(cout|cerr|clog|cin)\b.* |
    std::filesystem::.* | std::random_device.* | std::condition_variable.* |
    boost::asio::detail::(socket_ops|scheduler|epoll_reactor|posix_\w+)::.* | boost::asio::io_context.* |
    ares_\w+ | spdlog::.*
)(@.*)?$""", re.VERBOSE)
# Boost's own error categories and Asio's text of an address use these; they open nothing.
HARMLESS = re.compile(r"^boost::asio::detail::socket_ops::(inet_|host_to_network|network_to_host).*")


def included(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1)


def objections_to_include(name, library, header):
    top = header.split("/")[0]
    if top in ("protocols", "policy", "src", "tests", "bench"):
        if top not in DIRECTIONS[library]:
            yield f"{library}/ may not include {top}/"
        return
    if header.startswith("nlohmann/") and not (JSON_READERS.match(name) or library == "src"):
        yield "JSON is read in policy/load only"
        return
    if library == "src" or header.startswith("nlohmann/"):
        return
    if header not in PURE_STANDARD | PURE_IN[library] and not PURE_ELSEWHERE.match(header):
        yield f"{library}/ is pure and may not include <{header}>"


def check_includes():
    for library in DIRECTIONS:
        for path in sorted((ROOT / library).rglob("*.[ch]pp")):
            name = path.relative_to(ROOT).as_posix()
            for number, header in included(path):
                for objection in objections_to_include(name, library, header):
                    yield f"{name}:{number}: {objection}"


def check_headers_guarded():
    for library in DIRECTIONS:
        for path in sorted((ROOT / library).rglob("*.hpp")):
            if "#pragma once" not in path.read_text(encoding="utf-8"):
                yield f"{path.relative_to(ROOT)}: no #pragma once"


def check_symbols(archive):
    listing = subprocess.run(["nm", "-uC", archive], capture_output=True, text=True, check=True).stdout
    member = archive
    for line in listing.splitlines():
        if line.endswith(":"):
            member = line[:-1]
        symbol = line.strip().removeprefix("U ").removeprefix("w ").strip()
        if WORLDLY.match(symbol) and not HARMLESS.match(symbol):
            yield f"{Path(archive).name}({member}) touches the world: {symbol}"


def check_the_check():
    """A check that can no longer object is worse than none."""
    must_object = ["socket", "clock_gettime@GLIBC_2.17", "std::chrono::_V2::steady_clock::now()", "pthread_create@GLIBC_2.34",
                   "fopen64", "std::basic_filebuf<char, std::char_traits<char> >::open(char const*)"]
    must_pass = ["memcpy", "operator new(unsigned long)", "std::__cxx11::basic_string<char>::_M_append(char const*)"]
    for symbol in must_object:
        if not WORLDLY.match(symbol):
            yield f"the symbol check does not see {symbol}"
    for symbol in must_pass:
        if WORLDLY.match(symbol):
            yield f"the symbol check objects to {symbol}"
    for library, header in [("protocols", "policy/policy.hpp"), ("policy", "src/version.hpp"), ("policy", "fstream"),
                            ("protocols", "nlohmann/json.hpp"), ("protocols", "boost/asio/ip/tcp.hpp")]:
        if not list(objections_to_include(f"{library}/example.hpp", library, header)):
            yield f"the include check lets {library}/ include {header}"


def main(arguments):
    quiet = "--quiet" in arguments
    archives = [argument for argument in arguments if not argument.startswith("--")]
    objections = [*check_the_check(), *check_includes(), *check_headers_guarded()]
    for archive in archives:
        objections += check_symbols(archive)
    for objection in objections:
        print(objection)
    if not quiet and not objections:
        print("src -> policy -> protocols holds; the pure parts are pure")
    return 1 if objections else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
