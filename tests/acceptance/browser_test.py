"""A browser loads a page with what it embeds through every kind of proxy that it knows, and through a pinned rule."""
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.clients import run
from harness.gateway import Gateway, LOOPBACK
from harness.origins import Certificate, HttpOrigin
from harness.runner import Skip, check, contains, each, equal, main, test

folder = tempfile.TemporaryDirectory(prefix="adit-browser-")
ROOT = Path(folder.name)
PARTS = {"page.html": "<link rel=stylesheet href=style.css><script src=script.js></script><img src=dot.svg>"
                      "<p id=p>no</p><script>go()</script>",
         "script.js": "function go() { document.getElementById('p').textContent = 'it ' + 'works' }",
         "style.css": "p { color: green }",
         "dot.svg": "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><circle r='4'/></svg>"}
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


def prepare():
    if not BROWSER:
        raise Skip("chromium is not installed (scripts/setup browser)")
    for name, text in PARTS.items():
        (ROOT / name).write_text(text)


def browse(proxy, page, *arguments):
    return run(BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
               f"--proxy-server={proxy}", "--proxy-bypass-list=<-loopback>", "--dump-dom", *arguments, page)


def records_of(gateway, origin):
    return [record for record in gateway.records() if record.get("port") == origin.port]


@each(["http", "socks5", "https"], lambda scheme: f"a page and its parts through an {scheme}:// proxy")
def _(scheme):
    certificate = Certificate(ROOT)
    listener = {"name": "main", "address": "127.0.0.1:0"}
    if scheme == "https":
        listener["tls"] = {"certificate": str(certificate.path), "key": str(certificate.key), "mode": "required"}
    with HttpOrigin(ROOT) as origin, Gateway(listeners=[listener]) as gateway:
        done = browse(gateway.url(scheme), f"http://localhost:{origin.port}/page.html", "--ignore-certificate-errors")
        contains(done.output.decode(), "it works", repr(done))
        protocol = "socks5" if scheme == "socks5" else "http"
        gateway.record(host="localhost", port=origin.port, protocol=protocol)
        check(scheme != "https" or all(record["tls"] == "1.3" for record in records_of(gateway, origin)),
              f"{gateway.records()}")


@each(["http", "socks5"], lambda scheme: f"a rule that pins TLS and the server's name does not disturb it ({scheme}://)")
def _(scheme):
    pinned = {**LOOPBACK, "hosts": ["localhost"], "inner": "tls", "sni": "same-host"}
    with HttpOrigin(ROOT, Certificate(ROOT)) as origin, Gateway(rules=[pinned]) as gateway:
        done = browse(gateway.url(scheme), f"https://localhost:{origin.port}/page.html", "--ignore-certificate-errors")
        contains(done.output.decode(), "it works", repr(done))
        record = gateway.record(port=origin.port, rule="loopback")
        equal(record["inner"], {"pinned": "tls", "server_name": "localhost"}, f"{record}")


main(prepare)
