"""The last word of scripts/test: reads CTest's JUnit reports and counts test cases, not test programs.

Skipped tests are listed by name, so that nobody takes them for passed ones.
"""
import re
import sys
import xml.etree.ElementTree as tree
from pathlib import Path

DOCTEST = re.compile(r"test cases:\s+\d+ \|\s+(\d+) passed \|\s+(\d+) failed \|\s+(\d+) skipped")
OURS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def counts_of(case):
    output = COLOUR.sub("", case.findtext("system-out") or "")
    found = OURS.findall(output) or DOCTEST.findall(output)
    passed, failed, skipped = (sum(int(counts[i]) for counts in found) for i in range(3))
    if case.find("failure") is not None or case.get("status") == "fail":
        failed = max(failed, 1)
    elif not found:
        if case.find("skipped") is not None:
            skipped = 1
        else:
            passed = 1
    return passed, failed, skipped, [line for line in output.splitlines() if line.startswith("SKIPPED")]


def main(reports):
    total = [0, 0, 0]
    failed_programs, skipped_lines = [], []
    for report in map(Path, reports):
        if not report.exists():
            failed_programs.append(f"{report.stem}: no report, so nothing ran")
            total[1] += 1
            continue
        for case in tree.parse(report).getroot().iter("testcase"):
            passed, failed, skipped, lines = counts_of(case)
            total = [a + b for a, b in zip(total, (passed, failed, skipped))]
            skipped_lines += [f"{report.stem}/{case.get('name')}: {line}" for line in lines]
            if failed:
                failed_programs.append(f"{report.stem}/{case.get('name')}")
    for line in skipped_lines:
        print(line)
    for name in failed_programs:
        print(f"FAILED   {name}")
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
