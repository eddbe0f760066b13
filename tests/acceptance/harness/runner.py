"""Runs the tests of one file in their order and says how each went. A test's name is a sentence of the manual.

    from harness.runner import test, main

    @test("curl reaches an origin through CONNECT")
    def _():
        ...

    main()

Words on the command line choose the tests whose names contain one of them. The exit code is 0, 1 when one failed, and 77
when all were skipped.
"""
import os
import shutil
import signal
import sys
import time
import traceback

SANITIZED = any(word in os.environ.get("ADIT_PROGRAM", "") for word in ("asan", "tsan"))

# Generous: a sanitized program on a busy machine is slow, and a test that waits for an event ends when it comes.
PATIENCE = 60 if SANITIZED else 20

_tests = []


class Skip(Exception):
    """This test cannot run here; the text says why."""


class TooSlow(Exception):
    pass


def test(sentence, seconds=120):
    def register(function):
        _tests.append((sentence, function, seconds))
        return function
    return register


def each(cases, sentence):
    """One test for each case; `sentence` is a function of the case. The function takes the case's values."""
    def register(function):
        for case in cases:
            values = case if isinstance(case, tuple) else (case,)
            _tests.append((sentence(*values), lambda values=values: function(*values), 120))
        return function
    return register


def need(*programs):
    missing = [program for program in programs if shutil.which(program, path=search_path()) is None]
    if missing:
        raise Skip(f"{', '.join(missing)} not installed (scripts/setup test)")


def search_path():
    return os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"


def check(condition, words="this does not hold"):
    if not condition:
        raise AssertionError(words)


def equal(actual, expected, words=""):
    if actual != expected:
        raise AssertionError(f"{words or 'not equal'}: got {actual!r}, expected {expected!r}")


def contains(whole, part, words=""):
    if part not in whole:
        raise AssertionError(f"{words or 'missing'}: {part!r} is not in {whole!r}")


def _on_alarm(signum, frame):
    raise TooSlow()


def _run_one(function, seconds):
    signal.signal(signal.SIGALRM, _on_alarm)
    signal.alarm(seconds * (3 if SANITIZED else 1))
    try:
        function()
        return "ok", ""
    except Skip as skip:
        return "SKIPPED", str(skip)
    except TooSlow:
        return "FAILED", f"not done after {seconds} s\n{traceback.format_exc()}"
    except BaseException as error:  # an interrupt by hand shows where, too
        if isinstance(error, KeyboardInterrupt):
            raise
        return "FAILED", traceback.format_exc()
    finally:
        signal.alarm(0)


def main(prepare=None):
    counts = {"ok": 0, "FAILED": 0, "SKIPPED": 0}
    words = sys.argv[1:]
    why_not = ""
    if prepare:
        try:
            prepare()
        except Skip as skip:
            why_not = str(skip)
    for sentence, function, seconds in _tests:
        if words and not any(word in sentence for word in words):
            continue
        began = time.monotonic()
        how, why = ("SKIPPED", why_not) if why_not else _run_one(function, seconds)
        counts[how] += 1
        print(f"{how:8} {sentence} ({time.monotonic() - began:.2f} s)", flush=True)
        if why:
            print("".join(f"         {line}\n" for line in why.splitlines()), end="", flush=True)
    print(f"{counts['ok']} passed, {counts['FAILED']} failed, {counts['SKIPPED']} skipped")
    if counts["FAILED"]:
        sys.exit(1)
    sys.exit(77 if counts["SKIPPED"] and not counts["ok"] else 0)
