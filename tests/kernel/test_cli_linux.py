"""The command line as a program, on real namespaces: what the shell sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

NSMGR = (sys.executable, "-c", "from nsmgr.cli import main; main()")

LAB = """
version: 1
name: {prefix}
namespaces:
  {a}:
    sysctls: {{net.ipv4.ip_forward: 1}}
    links:
      lo: {{addresses: [10.255.0.1/32]}}
      br0: {{kind: bridge, stp: true, ageing_time: 100s, mcast_router: disabled, alias: "it's: 1", altnames: ["no"]}}
      e0: {{kind: veth, peer: {b}/e0, controller: br0, mtu: 1400, arp: false, promisc: true}}
      e1:
        kind: veth
        peer: {b}/e1
        addresses:
          - 10.0.0.1/24
          - {{address: 10.0.0.9, peer: 10.0.9.9/32}}
          - {{address: 10.1.0.1/24, label: "e1:x", metric: 50, noprefixroute: true}}
          - {{address: "2001:db8::1/64", nodad: true}}
      mv0: {{kind: macvlan, parent: e1, mode: bridge}}
      vx: {{kind: vxlan, id: 7, port: 4790, local: 10.0.0.1, remote: 10.0.0.2, learning: false, ageing: 60s, parent: e1}}
      vy: {{kind: vxlan, id: 8, local: "2001:db8::1", udp_csum: false, srcport: [1000, 2000]}}
      ifb7: {{kind: ifb, txqlen: 64, group: 5}}
{tap}    routes:
      - {{to: default, via: 10.0.0.2}}
      - {{to: "::/0", via: "2001:db8::2"}}
      - {{to: 10.9.0.0/16, nexthops: [{{via: 10.0.0.2}}, {{via: 10.0.0.3, weight: 2}}], table: 100, metric: 7}}
      - {{to: 192.0.2.0/24, type: blackhole, metric: 50, table: 100}}
      - {{to: 10.77.0.0/16, dev: e1, scope: link, prefsrc: 10.0.0.1, mtu: 1300, proto: static}}
    rules:
      - {{priority: 1000, from: 10.0.0.0/24, table: 100}}
      - {{priority: 1001, family: ipv6, fwmark: 5, table: 100}}
      - {{priority: 1003, fwmark: 16, fwmask: 255, ipproto: 6, dport: 80-90, table: 101, invert: true, suppress_prefixlength: 0}}
  {b}:
    links:
      e1: {{addresses: [10.0.0.2/24, 10.0.0.3/24, {{address: "2001:db8::2/64", nodad: true}}]}}
"""


def _tap() -> str:
    """A tap device for the lab, where /dev/net/tun may be opened: the sandbox of an ordinary user cannot."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError:
        return ""
    return "      tp: {kind: tap, owner: 1000}\n"


class Shell:
    """Runs nsmgr in a directory of its own, with a state directory of its own."""

    def __init__(self, directory: Path, a: str, b: str) -> None:
        self.directory, self.a, self.b = directory, a, b
        self.environment = os.environ | {"NSMGR_STATE_DIR": str(directory / "state")}
        (directory / "lab.yaml").write_text(LAB.format(a=a, b=b, prefix="lab", tap=_tap()))

    def __call__(self, *args: str, status: int = 0, state: str = "state") -> str:
        done = self.start(*args, state=state)
        out, err = done.communicate(timeout=60)
        assert done.returncode == status, (args, done.returncode, out, err)
        self.errors = err
        return out

    def start(self, *args: str, state: str = "state") -> subprocess.Popen[str]:
        environment = self.environment | {"NSMGR_STATE_DIR": str(self.directory / state)}
        return subprocess.Popen(
            [*NSMGR, *args], cwd=self.directory, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )


@pytest.fixture
def sh(name: Callable[[str], str], tmp_path: Path) -> Shell:
    return Shell(tmp_path, name("a"), name("b"))


def ip(*args: str) -> str:
    return subprocess.run(["ip", *args], capture_output=True, text=True, check=True).stdout


def test_life(sh: Shell) -> None:
    assert "Done: " in sh("apply", "lab.yaml")
    assert sh("apply", "lab.yaml") == "Nothing to do: lab is in the described state.\n"
    assert sh("check", "lab.yaml") == "In sync: lab is in the described state.\n"
    ip("-n", sh.a, "link", "set", "e0", "mtu", "1300")
    ip("-n", sh.a, "addr", "del", "10.0.0.1/24", "dev", "e1")
    drift = json.loads(sh("check", "--format", "json", "lab.yaml", status=3))
    assert {(change["action"], change["object"]) for change in drift["changes"]} >= {
        ("update", "e0"),
        ("create", "10.0.0.1/24 dev e1"),
    }
    assert "drifted (" in sh("list")
    sh("apply", "lab.yaml")
    sh("check", "lab.yaml")
    assert "in sync" in sh("list")
    assert sh("destroy", "lab") == "Destroyed lab: 2 namespaces\n"
    assert sh.a not in ip("netns")
    assert sh("list") == "No deployments.\n"


def test_saved_plan(sh: Shell) -> None:
    sh("plan", "--out", "plan.json", "lab.yaml")
    assert sh.a not in ip("netns")
    sh("apply", "plan.json")
    sh("check", "lab.yaml")
    sh("apply", "plan.json", status=5)
    assert "the state has moved" in sh.errors
    sh("destroy", "lab")


def test_export_plans_to_nothing_and_rebuilds(sh: Shell) -> None:
    sh("apply", "lab.yaml")
    (sh.directory / "exported.yaml").write_text(sh("export", "--name", "lab", sh.a, sh.b))
    sh("validate", "exported.yaml")
    sh("plan", "--exit-code", "exported.yaml")  # as this deployment …
    sh("plan", "--exit-code", "exported.yaml", state="nobody")  # … and for someone who knows nothing of it
    for one in (sh.a, sh.b):
        (sh.directory / "one.yaml").write_text(sh("show", "--format", "yaml", one))
        sh("plan", "--exit-code", "one.yaml", state="nobody")
    sh("destroy", "lab")
    sh("apply", "exported.yaml")
    sh("check", "lab.yaml")
    assert sh("export", "--name", "lab", sh.a, sh.b) == (sh.directory / "exported.yaml").read_text()
    sh("destroy", "lab")


def test_ip_batch_makes_the_same_network(sh: Shell) -> None:
    script = sh("plan", "--format", "ip-batch", "lab.yaml")
    assert "# ip cannot" not in script
    done = subprocess.run(["sh", "-e"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for line in script.splitlines():
        if line.startswith("# ip netns exec "):
            subprocess.run(line.removeprefix("# "), shell=True, check=True, stdout=subprocess.DEVNULL)
    text = LAB.replace("  {a}:\n", "  {a}:\n    adopt: true\n").replace("  {b}:\n", "  {b}:\n    adopt: true\n")
    (sh.directory / "adopt.yaml").write_text(text.format(a=sh.a, b=sh.b, prefix="lab", tap=_tap()))
    sh("check", "adopt.yaml")


def test_exec(sh: Shell) -> None:
    sh("apply", "lab.yaml")
    # Beside the links a kernel with bonds has a file there: bonding_masters.
    assert set(sh("exec", sh.b, "--", "ls", "/sys/class/net").split()) - {"bonding_masters"} == {"e0", "e1", "lo"}
    assert Path("/sys/class/net").stat().st_dev != 0  # this process's /sys is untouched
    assert "e1" not in os.listdir("/sys/class/net")
    own = sh("exec", sh.b, "--", "readlink", "/proc/self/ns/net", "/proc/self/ns/mnt").split()
    assert own[0] != os.readlink("/proc/self/ns/net")
    assert own[1] != os.readlink("/proc/self/ns/mnt")
    sh("exec", sh.b, "--", "sh", "-c", "exit 9", status=9)
    sh("exec", sh.b, "--", "no-such-program", status=127)
    sh("exec", sh.b, "--", "/", status=126)
    sh("exec", f"{sh.b}-none", "--", "true", status=1)
    assert sh.errors.startswith("error: cannot open namespace ")
    process = sh.start("exec", sh.b, "--", "sh", "-c", "echo $$; read x")
    assert process.stdout is not None
    assert int(process.stdout.readline()) == process.pid  # no fork
    process.kill()
    process.communicate()
    sh("destroy", "lab")


def test_exec_with_own_etc(sh: Shell) -> None:
    """/etc/netns/NAME files stand in for those in /etc, for the command only."""
    directory = Path("/etc/netns") / sh.b
    made = [path for path in (directory.parent, directory) if not path.exists()]
    try:
        directory.mkdir(parents=True)
    except OSError as error:
        pytest.skip(f"{directory}: {error.strerror}")
    try:
        (directory / "hosts").write_text("10.0.0.1 only-here\n")
        (directory / "nsmgrt-nothing").write_text("x\n")
        before = Path("/etc/hosts").read_text()
        sh("apply", "lab.yaml")
        assert sh("exec", sh.b, "--", "cat", "/etc/hosts") == "10.0.0.1 only-here\n"
        assert "there is no /etc/nsmgrt-nothing" in sh.errors
        assert Path("/etc/hosts").read_text() == before
        sh("destroy", "lab")
    finally:
        for file in directory.iterdir():
            file.unlink()
        for path in reversed(made):
            path.rmdir()


def test_run(sh: Shell) -> None:
    assert sh("run", "lab.yaml", "--", "ip", "-n", sh.b, "-br", "link", "show", "e1").startswith("e1")
    assert sh.a not in ip("netns")
    sh("run", "lab.yaml", "--", "sh", "-c", "exit 5", status=5)
    assert sh("run", "--sandbox", "lab.yaml", "--", "ip", "netns").split()[0].startswith(sh.a[:-1])
    assert sh.a not in ip("netns")


def test_doctor(sh: Shell) -> None:
    text = sh("doctor")
    assert "1 (one, as it should be)" in text
    report = json.loads(sh("doctor", "--format", "json"))
    assert report["kinds"]["veth"] == ""
    assert report["proof"]["link"]["name"] == "lo"


def test_a_stranger_of_the_same_name_is_not_touched(sh: Shell) -> None:
    ip("netns", "add", sh.a)
    before = ip("-n", sh.a, "-o", "link")
    sh("apply", "lab.yaml", status=1)
    assert sh.a in sh.errors
    assert "hint: " in sh.errors
    assert ip("-n", sh.a, "-o", "link") == before
    assert sh.b not in ip("netns")


def test_without_capabilities_one_line_says_which(sh: Shell) -> None:
    # PR_CAPBSET_DROP every capability, then exec: uid 0 without any.
    drop = "import ctypes, os, sys; [ctypes.CDLL(None).prctl(24, number, 0, 0, 0) for number in range(64)]"
    code = f"{drop}; os.execv(sys.argv[1], sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, *NSMGR, "apply", "-q", "lab.yaml"],
        cwd=sh.directory,
        env=sh.environment,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1
    error, hint = done.stderr.splitlines()
    assert "CAP_" in error
    assert "sandbox" in hint
    assert sh.a not in ip("netns")
