"""Figures about processes and the kernel, read from outside."""
import os
import re
import subprocess
import time
from pathlib import Path


def cpu_seconds(processes):
    """What the processes have used so far, in seconds, with the threads and the waited-for children that are gone.

    The clock of a process (CPUCLOCK_SCHED in the kernel) counts nanoseconds; utime and stime of /proc/PID/stat count ticks
    of 10 ms, which serves for the few peers whose children end.
    """
    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid in processes:
        try:
            total += time.clock_gettime(~pid << 3 | 2)
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            total += (int(stat[13]) + int(stat[14])) / tick
        except OSError:
            pass  # it ended just now
    return total


def user_kib(processes):
    """Proportional set size: a page shared by n processes counts for 1/n in each."""
    return sum(number_in(f"/proc/{pid}/smaps_rollup", "Pss") for pid in processes)


def descriptors(processes):
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in processes)


def kernel_kib():
    """What the kernel holds in structures that connections and threads need, the whole machine's."""
    return sum(number_in("/proc/meminfo", key) for key in ("Slab", "KernelStack", "PageTables")) + socket_buffers_kib()


def socket_buffers_kib():
    found = re.search(r"^TCP:.* mem (\d+)", Path("/proc/net/sockstat").read_text(encoding="ascii"), re.MULTILINE)
    return int(found.group(1)) * os.sysconf("SC_PAGE_SIZE") // 1024


def number_in(path, key):
    try:
        found = re.search(rf"^{key}:\s+(\d+)", Path(path).read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) if found else 0


class SystemCalls:
    """Counts the system calls of processes between start and stop, by strace."""

    def __init__(self, strace, processes, folder):
        self.report = Path(folder) / "system-calls"
        pids = [word for pid in processes for word in ("-p", str(pid))]
        self.tracer = subprocess.Popen([strace, "-f", "-c", "-U", "name,calls", "-o", str(self.report), *pids],
                                       stderr=subprocess.PIPE, text=True)
        self.is_attached = "attached" in self.tracer.stderr.readline()

    def stop(self):
        """{name: calls}, or nothing where tracing is forbidden."""
        self.tracer.terminate()
        self.tracer.communicate()
        if not self.is_attached or not self.report.exists():
            return {}
        rows = (line.split() for line in self.report.read_text(encoding="ascii").splitlines())
        return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit() and row[0] != "total"}
