"""Real clients in a clean environment: no proxy variables, no configuration of the person who runs the tests."""
import subprocess
import tempfile

from .gateway import clean_environment
from .runner import PATIENCE, need


class Finished:
    def __init__(self, run):
        self.code, self.output, self.words = run.returncode, run.stdout, run.stderr.decode("utf-8", "replace")

    def __repr__(self):
        return f"exit code {self.code}, said {self.words[-800:]!r}"


def run(*command, stdin=b"", namespace=None, environment=None):
    need(command[0])
    with tempfile.TemporaryDirectory(prefix="adit-home-") as home:
        command = [str(word) for word in command]
        if namespace:
            command = namespace.command(command)
        return Finished(subprocess.run(command, input=stdin, capture_output=True, timeout=3 * PATIENCE, check=False,
                                       env={**clean_environment(home), **(environment or {})}, cwd=home))


def curl(*arguments, **options):
    # -q stands first: no ~/.curlrc. An empty --noproxy: no host escapes the proxy.
    return run("curl", "-q", "--silent", "--show-error", "--noproxy", "", "--max-time", "30", *arguments, **options)


def git(*arguments, environment=None, **options):
    return run("git", *arguments, environment={"GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", **(environment or {})},
               **options)
