"""Public destinations, in two networks of our own: names, both families, and every way in which a dial can fail."""
import json
import tempfile
from pathlib import Path

from harness import namespaces
from harness.clients import curl
from harness.dns import Dns
from harness.gateway import Gateway, adit
from harness.namespaces import (METADATA, OTHER, PRIVATE, RESOLVER, SILENT, SITE, UNREACHABLE_HOST, UNREACHABLE_NETWORK,
                                WEB, WEB6, Internet)
from harness.origins import Door, HttpOrigin, ProgramOrigin
from harness.runner import check, contains, each, equal, main, test
from harness.wire import http_connect, read_exactly, socks4_connect, socks5_connect

PUBLIC = [{"name": "web and ssh", "action": "allow", "ports": [22, 80, 443]}]
ZONE = {
    "www.example.com": [WEB, WEB6],
    "four.example": [WEB],
    "six.example": [WEB6],
    "inside.example": [PRIVATE],
    "rebound.example": [PRIVATE, WEB],
    "metadata.example": [METADATA],
    "loop.example": ["127.0.0.1", "::1"],
    "silent.example": [SILENT],
    "half.example": [SILENT, WEB6],
    "first.example": ["2606:2800:220:1::99", WEB],  # an IPv6 address that refuses
    "gone.example": [UNREACHABLE_HOST],
    "A onlya.example": [WEB],
    "AAAA onlya.example": "silent",
    "broken.example": "broken",
}

folder = tempfile.TemporaryDirectory(prefix="adit-public-")
(Path(folder.name) / "hello").write_text("hello from far away\n")
world = Internet()
site = internet = dns = None
open_things = []


def prepare():
    global site, internet, dns
    namespaces.prepare()
    site, internet = world.__enter__()
    dns = Dns(ZONE, RESOLVER, 53, namespace=internet)
    for thing in (dns, HttpOrigin(folder.name, address=WEB, port=80, namespace=internet),
                  HttpOrigin(folder.name, address=WEB6, port=80, namespace=internet),
                  HttpOrigin(folder.name, address=PRIVATE, port=80, namespace=internet),
                  HttpOrigin(folder.name, address=METADATA, port=80, namespace=internet),
                  ProgramOrigin("cat", address=WEB, port=22, namespace=internet)):
        open_things.append(thing.__enter__())


def close():
    for thing in open_things:
        thing.__exit__()
    if site:
        world.__exit__()


def gateway_there(**configuration):
    return Gateway(**{"namespace": site, "rules": PUBLIC, "resolver": {"servers": [RESOLVER], "timeout": "3s"},
                      **configuration})


def by_http(gateway, host, port):
    with site.entered():
        return http_connect(gateway.address(), host, port)


def by_socks5(gateway, host, port):
    with site.entered():
        return socks5_connect(gateway.address(), host, port)


def by_socks4(gateway, host, port):
    with site.entered():
        return socks4_connect(gateway.address(), host, port)


@each([("http", "www.example.com"), ("socks5h", "www.example.com"), ("socks4a", "four.example"), ("socks5h", "six.example"),
       ("http", "onlya.example"), ("socks5h", WEB), ("http", f"[{WEB6}]")],
      lambda scheme, host: f"curl reaches {host} through {scheme}:// with the default policy's kind of rule")
def _(scheme, host):
    with gateway_there() as gateway:
        done = curl("--proxytunnel", "--proxy", gateway.url(scheme), f"http://{host}/hello", namespace=site)
        equal((done.code, done.output), (0, b"hello from far away\n"), repr(done))
        record = gateway.record()
        equal((record["rule"], record["host"]), ("web and ssh", host.strip("[]")))
        check(record["address"] in (f"{WEB}:80", f"[{WEB6}]:80"), f"address: {record}")


WATCHED = [{"name": "no web", "action": "deny", "ports": [80]}, {"name": "ssh", "action": "allow", "ports": [22]}]


@test("a policy that only observes lets public requests through, and records and counts what it would have said")
def _():
    with gateway_there(mode="observe", rules=WATCHED) as gateway:
        gateway.write(control=str(Path(gateway.folder.name) / "control.sock"))
        gateway.reload()
        contains(gateway.stderr.text(), "this policy only observes")
        for host in ("four.example", WEB):
            done = curl("--proxytunnel", "--proxy", gateway.url("http"), f"http://{host}/hello", namespace=site)
            equal((done.code, done.output), (0, b"hello from far away\n"), repr(done))
            record = gateway.record(host=host)
            equal((record["verdict"], record["reason"], record["would"], record["would_rule"]),
                  ("allow", "observed", "deny", "no web"))
            check("rule" not in record, f"a rule that allowed: {record}")
        by_http(gateway, WEB, 22)[0].close()
        equal(gateway.record(port=22)["rule"], "ssh")
        told = adit("rules", "--config", str(gateway.path))
        contains(told.stdout, "deny   no web  (would have decided 2)", told.stderr)
        contains(told.stdout, '(denied by the rules, but "mode" is "observe")')
        told = json.loads(adit("rules", "--config", str(gateway.path), "--json").stdout)
        equal([rule["hits"] for rule in told["rules"]] + [told["no_rule"]["hits"], told["observed"]["hits"]], [0, 1, 0, 2])


@each([PRIVATE, METADATA, "127.0.0.1", SITE, "inside.example"], lambda host: f"observing does not open {host}")
def _(host):
    with gateway_there(mode="observe", rules=WATCHED) as gateway:
        equal(by_http(gateway, host, 80)[1].status, 403)
        record = gateway.record()
        equal((record["verdict"], record["rule"], record["would"]), ("deny", "no web", "deny"))
        check("address" not in record, f"it was dialled: {record}")


INTERNAL = [("a private address", PRIVATE), ("a name for a private address", "inside.example"), ("the metadata service", METADATA),
            ("a name for the metadata service", "metadata.example"), ("a name for loopback", "loop.example"),
            ("loopback", "127.0.0.1"), ("the gateway's own address", SITE), ("an IPv4-mapped private address", f"::ffff:{PRIVATE}"),
            ("6to4 around a private address", "2002:a4d:1::"), ("localhost", "localhost")]


@each(INTERNAL, lambda what, _: f"an allow rule without networks does not reach {what}")
def _(what, host):
    with gateway_there() as gateway:
        equal(by_http(gateway, host, 80)[1].status, 403)
        record = gateway.record()
        equal((record["verdict"], record["reason"], record.get("near")), ("deny", "internal_address", "web and ssh"))
        check("address" not in record, f"it was dialled: {record}")
        equal(by_socks5(gateway, host, 80)[1], 2)


@test("a name with a private and a public address is dialled at the public one only")
def _():
    with gateway_there() as gateway:
        done = curl("--proxytunnel", "--proxy", gateway.url(), "http://rebound.example/hello", namespace=site)
        equal(done.code, 0, repr(done))
        record = gateway.record()
        equal(record["address"], f"{WEB}:80")
        equal({one["address"]: one["verdict"] for one in record["resolved"]}, {PRIVATE: "deny", WEB: "allow"})


@test("the private and the metadata address are reached by a rule that names them")
def _():
    with gateway_there(rules=[{"name": "inside", "action": "allow", "networks": ["10.0.0.0/8"]}]) as gateway:
        done = curl("--proxytunnel", "--proxy", gateway.url(), "http://inside.example/hello", namespace=site)
        equal(done.code, 0, repr(done))
        equal(by_http(gateway, METADATA, 80)[1].status, 403)
        equal(by_http(gateway, SITE, gateway.port())[1].status, 403)
    with gateway_there(rules=[{"name": "everything", "action": "allow", "networks": ["0.0.0.0/0"]}]) as gateway:
        equal(by_http(gateway, METADATA, 80)[1].status, 403)
        equal(by_http(gateway, SITE, 80)[1].status, 403)
    with gateway_there(rules=[{"name": "metadata", "action": "allow", "networks": ["metadata"]}]) as gateway:
        equal(by_http(gateway, METADATA, 80)[1].status, 200)


FAILURES = [
    ("a host that the network calls unreachable", UNREACHABLE_HOST, 80, 502, 4, "host_unreachable", "destination_ip_unroutable"),
    ("a name whose address is unreachable", "gone.example", 80, 502, 4, "host_unreachable", "destination_ip_unroutable"),
    ("a network without a route", UNREACHABLE_NETWORK, 80, 502, 3, "network_unreachable", "destination_ip_unroutable"),
    ("a closed port", WEB, 443, 502, 5, "refused", "connection_refused"),
    ("a name with a closed port", "www.example.com", 443, 502, 5, "refused", "connection_refused"),
    ("an address that swallows packets", SILENT, 80, 504, 6, "timed_out", "connection_timeout"),
    ("a name whose address swallows packets", "silent.example", 80, 504, 6, "timed_out", "connection_timeout"),
    ("a name that does not exist", "nowhere.example", 80, 502, 4, "name_unknown", "dns_error"),
]


@each(FAILURES, lambda what, host, port, status, rep, *_: f"{what} is {status}, REP {rep} and 0x5b")
def _(what, host, port, status, rep, ending, error):
    limits = {"connect_timeout": "1500ms", "drain_timeout": "200ms"}
    with gateway_there(limits=limits) as gateway:
        connection, reply = by_http(gateway, host, port)
        connection.close()
        equal(reply.status, status, reply.body)
        contains(reply.field("proxy-status"), f"error={error}")
        equal(by_socks5(gateway, host, port)[1], rep)
        equal(by_socks4(gateway, host, port)[1], 0x5b)
        for protocol in ("connect", "socks5", "socks4"):
            record = gateway.record(protocol=protocol)
            equal(record["ending"], ending, str(record))
            check(record["ms"]["total"] < 6000, f"{record['ms']}")


@test("a name server that says SERVFAIL is 502 with a DNS error")
def _():
    with gateway_there() as gateway:
        _, reply = by_http(gateway, "broken.example", 80)
        check(reply.status in (502, 504), reply.head)
        contains(reply.field("proxy-status"), "error=dns_")


@test("a dead address does not hold up a name that has another one (Happy Eyeballs)")
def _():
    with gateway_there() as gateway:
        for name in ("half.example", "first.example"):
            connection, reply = by_http(gateway, name, 80)
            equal(reply.status, 200, name)
            connection.close()
            record = gateway.record()
            check(record["ms"]["connect"] < 2000, f"{name}: {record['ms']}")


@test("answers are kept: a name is asked for once, however many tunnels go there")
def _():
    with gateway_there(workers=1) as gateway:
        dns.asked.clear()
        for _ in range(10):
            by_http(gateway, "four.example", 80)[0].close()
        check(len([1 for asked in dns.asked if asked[0] == "four.example"]) <= 2, f"{dns.asked}")


@test("a silent AAAA answer does not hold up a name whose A answer came")
def _():
    with gateway_there(resolver={"servers": [RESOLVER], "timeout": "5s"}) as gateway:
        connection, reply = by_http(gateway, "onlya.example", 80)
        equal(reply.status, 200)
        connection.close()
        check(gateway.record()["ms"]["total"] < 3000, "it waited")


@test("names are looked up as they stand: no search list is tried")
def _():
    with gateway_there() as gateway:
        dns.asked.clear()
        by_http(gateway, "shortname", 80)
        equal(set(dns.names_asked()), {"shortname"})


@test("the name server alone may be reached by the gateway; the client's name never leaves by another way")
def _():
    with gateway_there() as gateway:
        dns.asked.clear()
        equal(by_http(gateway, "four.example", 25)[1].status, 403)
        equal(dns.asked, [], "a port that no rule allows needs no look-up")


@test("a listener that others can reach, without a login and with a rule for all, is refused at start with the cure")
def _():
    gateway = Gateway(namespace=site, listeners=[{"name": "main", "address": f"{SITE}:1080"}], rules=PUBLIC).start()
    equal(gateway.wait(), 2)
    contains(gateway.stderr.text(), "clients")
    contains(gateway.stderr.text(), "open")
    for cure in ({"listeners": [{"name": "main", "address": f"{SITE}:1080", "open": True}]},
                 {"rules": [{**PUBLIC[0], "clients": ["10.0.0.0/8"]}]}):
        with Gateway(namespace=site, **{"listeners": [{"name": "main", "address": f"{SITE}:1080"}], "rules": PUBLIC, **cure}):
            pass


@test("rules see the client's address")
def _():
    rules = [{**PUBLIC[0], "clients": [SITE]}]
    listeners = [{"name": "main", "address": f"{SITE}:0"}, {"name": "inner", "address": "127.0.0.1:0"}]
    with gateway_there(rules=rules, listeners=listeners) as gateway:
        with site.entered():
            equal(http_connect(gateway.address("main"), WEB, 80)[1].status, 200)
            equal(http_connect(gateway.address("inner"), WEB, 80)[1].status, 403)
        equal(gateway.record(listener="inner")["reason"], "no_rule")


@test("a wildcard listener takes clients of both families and is itself unreachable through the gateway")
def _():
    rules = [{"name": "all inside", "action": "allow", "networks": ["private", "loopback", "self"], "clients": ["private", "self"]}]
    with gateway_there(listeners=[{"name": "main", "address": "*:3128"}], rules=rules) as gateway:
        with site.entered():
            for own in (SITE, "fd77::2", "127.0.0.1", "::1"):
                equal(http_connect((SITE, 3128), own, 3128)[1].status, 403, own)
                equal(gateway.record()["reason"], "own_listener")
            equal(http_connect(("fd77::2", 3128), PRIVATE, 80)[1].status, 200)


@test("an ssh-like stream reaches a public address through every dialect")
def _():
    with gateway_there() as gateway:
        for connect in (by_http, by_socks5, by_socks4):
            connection = connect(gateway, WEB, 22)[0]
            connection.sendall(b"SSH-2.0-x\r\n")
            equal(read_exactly(connection, 11), b"SSH-2.0-x\r\n")
            connection.close()


@test("a destination that takes no more connections delays only those who go there")
def _():
    with Door(OTHER, 443, backlog=1, namespace=internet), gateway_there(workers=1) as gateway:
        equal(by_http(gateway, OTHER, 443)[1].status, 200)
        connection, reply = by_http(gateway, WEB, 80)
        equal(reply.status, 200)


try:
    main(prepare)
finally:
    close()
