"""Figures become tables for people, docs/performance.md and pictures."""
import datetime
import os
import re
import statistics
import subprocess
from pathlib import Path

import peers
import picture


class Row:
    def __init__(self, title, work, key, digits, picture_title=None, in_ratio=True):
        self.title, self.work, self.key, self.digits = title, work, key, digits
        self.picture_title, self.in_ratio = picture_title, in_ratio

    def values(self, figures, peer):
        return [each[self.key] for each in figures.get(self.work, {}).get(peer, []) if self.key in each]


COSTS = [
    Row("CPU per tunnel, µs", "setup", "cpu_us", 0, "CPU per tunnel: connect, handshake, 64-byte echo, close (µs)"),
    Row("CPU per tunnel while idle tunnels are held, µs", "setup_held", "cpu_us", 0),
    Row("system calls per tunnel", "calls", "calls", 1),
    Row("CPU per round trip, 64 tunnels, µs", "trips", "cpu_us", 1, "CPU per round trip of 64 bytes, 64 tunnels (µs)"),
    Row("CPU per GB, 1 tunnel, download, s", "bulk_1_download", "cpu_s", 3),
    Row("CPU per GB, 1 tunnel, upload, s", "bulk_1_upload", "cpu_s", 3),
    Row("CPU per GB, 1 tunnel, both, s", "bulk_1_both", "cpu_s", 3),
    Row("CPU per GB, 8 tunnels, download, s", "bulk_8_download", "cpu_s", 3, "CPU per gigabyte, 8 tunnels, download (s)"),
    Row("CPU per GB, 8 tunnels, upload, s", "bulk_8_upload", "cpu_s", 3),
    Row("CPU per GB, 8 tunnels, both, s", "bulk_8_both", "cpu_s", 3),
    Row("CPU per GB, 64 tunnels, download, s", "bulk_64_download", "cpu_s", 3),
    Row("user memory per idle tunnel, KiB", "idle", "user_kib", 1, "User memory per idle tunnel (KiB)"),
    Row("kernel memory per idle tunnel, KiB", "idle", "kernel_kib", 1),
    Row("descriptors per idle tunnel", "idle", "descriptors", 1),
    Row("CPU while idle, %", "idle", "busy_percent", 1, in_ratio=False),
]
CLOCKS = [
    Row("set-up, median, µs", "setup", "p50_us", 0),
    Row("set-up, p99, µs", "setup", "p99_us", 0),
    Row("round trip, 64 tunnels, median, µs", "trips", "p50_us", 0),
    Row("round trip, 64 tunnels, p99, µs", "trips", "p99_us", 0),
    Row("download, 1 tunnel, GB/s", "bulk_1_download", "gb_per_second", 2, in_ratio=False),
    Row("download, 8 tunnels, GB/s", "bulk_8_download", "gb_per_second", 2, in_ratio=False),
    Row("fairness of 64 downloads, slowest/fastest", "bulk_64_download", "fairness", 2, in_ratio=False),
]
POLICY = Row("CPU per tunnel, µs", "setup", "cpu_us", 0)


def machine(root, cores, options):
    def said_by(*command):
        try:
            return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
        except (OSError, subprocess.CalledProcessError):
            return "unknown"
    cpu = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    changed = said_by("git", "status", "--porcelain", "--untracked-files=no") not in ("", "unknown")
    return {
        "cpu": cpu.group(1) if cpu else "unknown",
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "commit": said_by("git", "rev-parse", "--short", "HEAD") + (" with changes" if changed else ""),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "load_core": cores["load"],
        "proxy_core": cores["proxy"],
        "in_flight": options.in_flight,
        "quick": options.quick,
    }


def measured_peers(figures):
    seen = {name for by_peer in figures.values() for name in by_peer}
    variants = {kind.name for kind in peers.VARIANTS}
    return [name for name in peers.ALL if name in seen and name not in variants]


def median_of(row, figures, name):
    values = row.values(figures, name)
    return statistics.median(values) if values else None


def best_rival(row, figures, names):
    """The lowest median among the proxies that are not Adit and do a proxy's work."""
    medians = [median_of(row, figures, name) for name in names
               if not peers.ALL[name].is_relay and not name.startswith("adit")]
    return min((each for each in medians if each is not None), default=None)


def spread(values):
    """Highest to lowest as a share of the median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0


def number(value, digits):
    return "" if value is None else f"{value:,.{digits}f}"


def ratio(ours, theirs):
    return "" if not ours or not theirs or theirs <= 0 else f"{ours / theirs:.2f}"


def table_of(rows, figures, with_ratios):
    names = measured_peers(figures)
    head = ["", *(peers.ALL[name].title for name in names)]
    if with_ratios:
        head += ["ours / best proxy", "ours / relay", "spread, ours"]
    lines = [head]
    for row in rows:
        medians = [median_of(row, figures, name) for name in names]
        if all(each is None for each in medians):
            continue
        line = [row.title, *(number(each, row.digits) for each in medians)]
        if with_ratios:
            ours = median_of(row, figures, "adit")
            values = row.values(figures, "adit")
            compared = row.in_ratio and ours is not None
            line += [ratio(ours, best_rival(row, figures, names)) if compared else "",
                     ratio(ours, median_of(row, figures, "haproxy")) if compared else "",
                     f"{100 * spread(values):.0f} %" if len(values) > 1 else ""]
        lines.append(line)
    return lines if len(lines) > 1 else []


def policy_table(figures):
    few, many = (median_of(POLICY, figures, kind.name) for kind in peers.VARIANTS)
    if few is None or many is None:
        return []
    return [["", *(kind.title for kind in peers.VARIANTS), "ratio"],
            ["CPU per tunnel, asked by name, µs", number(few, 0), number(many, 0), ratio(many, few)]]


def markdown(table):
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]

    def written(line):
        cells = [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
        return "| " + " | ".join(cells) + " |"
    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:])]) + "|"
    return "\n".join([written(table[0]), rule, *map(written, table[1:])])


def provenance(results):
    about = results["machine"]
    size = "a quick run" if about["quick"] else "a full run"
    at_a_time = f"{about['in_flight']} tunnel{'' if about['in_flight'] == 1 else 's'}"
    return (f"{about['date']}, commit {about['commit']}, {about['cpu']}, {about['cores']} cores, Linux {about['kernel']}; "
            f"{size}, {at_a_time} set up at a time. Medians.")


def as_text(results):
    figures = results["figures"]
    parts = [provenance(results)]
    for table in (table_of(COSTS, figures, True), table_of(CLOCKS, figures, False), policy_table(figures)):
        if table:
            parts.append(markdown(table))
    parts += [f"Note: {complaint}." for complaint in results["complaints"]]
    return "\n\n".join(parts)


def save(results, docs):
    """Replaces what stands between the marks of docs/performance.md, and draws the pictures."""
    pictures = []
    (docs / "performance").mkdir(exist_ok=True)
    for row in (row for row in COSTS if row.picture_title):
        bars = [(peers.ALL[name].title, median_of(row, results["figures"], name), name)
                for name in measured_peers(results["figures"])]
        bars = [bar for bar in bars if bar[1] is not None and bar[2] != "direct"]
        if not bars:
            continue
        file = docs / "performance" / f"{row.work}.svg"
        file.write_text(picture.bars(row.picture_title, bars, row.digits), encoding="utf-8")
        pictures.append(f"![{row.picture_title}](performance/{file.name})")
    page = docs / "performance.md"
    text = page.read_text(encoding="utf-8")
    filled = as_text(results) + ("\n\n" + "\n".join(pictures) if pictures else "")
    marked = re.compile(r"(<!-- results: written by scripts/bench --save -->\n).*?(<!-- end of results -->)", re.DOTALL)
    page.write_text(marked.sub(lambda found: f"{found.group(1)}\n{filled}\n\n{found.group(2)}", text), encoding="utf-8")
