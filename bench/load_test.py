#!/usr/bin/env python3
"""The load tool works against its own origin: load_test.py PATH-TO-bench_load"""
import json
import socket
import subprocess
import sys
import unittest

LOAD = sys.argv.pop(1)


def three_free_ports():
    """A first port with two free ones behind it: others on this machine may take any of them until we do."""
    while True:
        held = []
        try:
            held.append(socket.create_server(("127.0.0.1", 0)))
            first = held[0].getsockname()[1]
            held += [socket.create_server(("127.0.0.1", first + more)) for more in (1, 2)]
            return first
        except (OSError, OverflowError):
            continue
        finally:
            for listener in held:
                listener.close()


class LoadTest(unittest.TestCase):
    def setUp(self):
        self.port = three_free_ports()
        self.origin = subprocess.Popen([LOAD, "origin", "--at", f"127.0.0.1:{self.port}"], stdout=subprocess.PIPE, text=True)
        self.assertEqual(self.origin.stdout.readline(), "ready\n")

    def tearDown(self):
        self.origin.kill()
        self.origin.communicate()

    def load(self, work, service, *options):
        """Without a proxy: the load connects to the origin itself."""
        command = [LOAD, work, "--protocol", "direct", "--proxy", f"127.0.0.1:{self.port + service}", *options]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=30).stdout)

    def test_every_tunnel_of_a_setup_gets_its_echo(self):
        result = self.load("setup", 0, "--tunnels", "50", "--in-flight", "4")
        self.assertEqual((result["tunnels"], result["failed"]), (50, 0))

    def test_a_setup_counts_the_tunnels_that_fail(self):
        self.origin.kill()
        self.origin.wait()
        result = self.load("setup", 0, "--tunnels", "3")
        self.assertEqual((result["tunnels"], result["failed"]), (0, 3))
        self.assertIn("refused", result["failure"])

    def test_trips_are_counted_and_timed(self):
        result = self.load("trips", 0, "--tunnels", "4", "--seconds", "0.05")
        self.assertGreater(result["trips"], 0)
        self.assertLessEqual(result["p50_us"], result["p99_us"])

    def test_bulk_flows_in_each_direction_and_in_both(self):
        down = self.load("bulk", 2, "--tunnels", "2", "--bytes", "1000000", "--direction", "download")
        up = self.load("bulk", 1, "--tunnels", "2", "--bytes", "1000000", "--direction", "upload")
        both = self.load("bulk", 2, "--tunnels", "2", "--seconds", "0.1", "--direction", "both")
        self.assertGreaterEqual(down["down"], 1000000)
        self.assertEqual(down["up"], 0)
        self.assertGreaterEqual(up["up"], 1000000)
        self.assertEqual(up["down"], 0)
        self.assertGreater(min(both["down"], both["up"]), 0)

    def test_idle_tunnels_are_held_until_a_line_comes(self):
        command = [LOAD, "idle", "--protocol", "direct", "--proxy", f"127.0.0.1:{self.port}", "--tunnels", "20",
                   "--in-flight", "5", "--gate", "yes"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
            self.assertEqual(load.stdout.readline(), "ready\n")
            load.stdin.write("\n")
            load.stdin.flush()
            self.assertEqual(json.loads(load.stdout.readline())["tunnels"], 20)
            self.assertIsNone(load.poll())
            load.communicate("\n")
        self.assertEqual(load.returncode, 0)


if __name__ == "__main__":
    unittest.main()
