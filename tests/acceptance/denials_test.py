"""What a refused client is told: enough to find the record and to ask the right person."""
import json

from harness.gateway import Gateway, LOOPBACK
from harness.runner import check, contains, each, equal, main, test
from harness.wire import http_connect

NOBODY = {"name": "nobody goes to \"port 9\"", "action": "deny", "ports": [9]}


def refusal(gateway, *fields):
    connection, reply = http_connect(gateway.address(), "127.0.0.1", 9, *fields)
    connection.close()
    equal(reply.status, 403)
    return reply, gateway.record(ending="not_allowed")


@test("a refusal names the rule and the request id, and that id finds the record")
def _():
    with Gateway(rules=[NOBODY, LOOPBACK]) as gateway:
        reply, record = refusal(gateway)
        equal(reply.field("content-type"), "text/plain; charset=utf-8")
        contains(reply.body, f"Rule: {NOBODY['name']}\n")
        contains(reply.body, f"Request: {record['id']}\n")
        contains(reply.field("proxy-status"), 'rule="nobody goes to \\"port 9\\""')
        contains(reply.field("proxy-status"), f'request-id="{record["id"]}"')
        equal(record["rule"], NOBODY["name"])


@test("a client whose Accept prefers JSON is told in JSON")
def _():
    with Gateway(rules=[NOBODY, LOOPBACK]) as gateway:
        reply, record = refusal(gateway, "Accept: application/json")
        equal(reply.field("content-type"), "application/json")
        told = json.loads(reply.body)
        equal(told["rule"], NOBODY["name"])
        equal(told["request_id"], record["id"])
        equal(told["error"], "http_request_denied")
        check(told["refused"] and told["advice"], f"no words for people: {told}")


@each(["", "Accept: */*", "Accept: text/html", "Accept: text/plain, application/json;q=0.5", "Accept: ;;,q=", "Accept:"],
      lambda accept: f"a request with {accept!r} is refused in plain text")
def _(accept):
    with Gateway(rules=[NOBODY, LOOPBACK]) as gateway:
        reply, _ = refusal(gateway, *([accept] if accept else []))
        equal(reply.field("content-type"), "text/plain; charset=utf-8")


@test("with reveal_rules false the rule is in the record and nowhere else")
def _():
    with Gateway(rules=[NOBODY, LOOPBACK], reveal_rules=False) as gateway:
        for fields in ((), ("Accept: application/json",)):
            reply, record = refusal(gateway, *fields)
            check("port 9" not in reply.head + reply.body, f"the rule is told: {reply.head}{reply.body}")
            contains(reply.body, record["id"])
            contains(reply.field("proxy-status"), record["id"])
            equal(record["rule"], NOBODY["name"])
        gateway.write(reveal_rules=True)
        gateway.reload()


@test("an observing rule changes nothing and is named in the record")
def _():
    watching = {"name": "watching", "action": "deny", "ports": [9], "observe": True}
    with Gateway(rules=[watching, {**NOBODY, "name": "nine"}, LOOPBACK]) as gateway:
        _, record = refusal(gateway)
        equal((record["rule"], record["would"], record["would_rule"]), ("nine", "deny", "watching"))
    with Gateway(rules=[watching, LOOPBACK]) as gateway:
        connection, reply = http_connect(gateway.address(), "127.0.0.1", 9)
        connection.close()
        equal(reply.status, 502)  # allowed, but nobody listens there


@test("a record carries the life of its rule where that is asked for")
def _():
    life = {"owner": "team a", "reason": "discard is of no use", "ticket": "OPS-7", "expires": "2999-12-31"}
    with Gateway(rules=[{**NOBODY, **life}, LOOPBACK], log={"access": "stdout", "rule_life": True}) as gateway:
        _, record = refusal(gateway)
        equal(record["life"], {**life, "expires": "3000-01-01T00:00:00Z"})
    with Gateway(rules=[{**NOBODY, **life}, LOOPBACK]) as gateway:
        _, record = refusal(gateway)
        check("life" not in record, "the life of the rule is told unasked")
    with Gateway(rules=[NOBODY, LOOPBACK], log={"access": "stdout", "rule_life": True}) as gateway:
        _, record = refusal(gateway)
        check("life" not in record, f"the rule has none: {record}")


main()
