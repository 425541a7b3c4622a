"""Two states of a deployment, A and B: the way from one to the other has operations of every sort. What is seen is compared."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nsmgr import config, engine
from nsmgr.kernel import libc, netns
from nsmgr.kernel.fake import FakeKernel
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.port import KernelPort, Want
from nsmgr.plan.state import HOST, DesiredState
from nsmgr.store import Store
from tests.contract.test_rollback import differences, whole

_NEIGHBOUR = "sysctls: {ipv4.arp_evict_nocarrier: 0, ipv6.ndisc_evict_nocarrier: 0}"

# gw, sw, h1, h2 stay and change; old goes, new comes; far loses a link to near (a move); lent is somebody else's.
A = f"""
version: 1
namespaces:
  @gw:
    sysctls: {{net.ipv4.ip_forward: 1}}
    links:
      lo: {{addresses: [10.255.0.1/32]}}
      lan: {{kind: veth, peer: @sw/gw, mtu: 1400, addresses: [10.1.0.1/24, "2001:db8:1::1/64"], {_NEIGHBOUR},
            neighbors: [10.1.0.11 02:00:00:00:00:11, 10.1.0.12 02:00:00:00:00:12]}}
      up: {{kind: veth, peer: @old/down, addresses: [10.2.0.1/30]}}
      vx0: {{kind: vxlan, id: 100, port: 4789, state: up}}
    routes:
      - {{to: 10.10.0.0/16, via: 10.1.0.11}}
      - {{to: 10.11.0.0/16, via: 10.1.0.12, metric: 50}}
      - {{to: 10.12.0.0/16, via: 10.2.0.2, dev: up}}
    rules:
      - {{from: 10.1.0.0/24, table: 100, priority: 1000}}
      - {{from: 10.2.0.0/24, table: 101, priority: 1001}}
  @sw:
    links:
      br0: {{kind: bridge, stp: false}}
      gw: {{controller: br0}}
      p1: {{kind: veth, peer: @h1/eth0, controller: br0}}
      p2: {{kind: veth, peer: @h2/eth0, controller: br0}}
  @h1:
    links:
      eth0: {{addresses: [10.1.0.11/24]}}
      mac0: {{kind: macvlan, parent: eth0, mode: bridge, addresses: [10.1.0.111/24]}}
    routes: [{{to: default, via: 10.1.0.1, dev: eth0}}]
  @h2:
    links: {{eth0: {{addresses: [10.1.0.12/24], mtu: 1300}}}}
    routes: [{{to: default, via: 10.1.0.1}}, {{to: 10.99.0.0/16, via: 10.1.0.1}}]
  @old:
    links:
      lo: {{addresses: [10.255.0.9/32]}}
      down: {{addresses: [10.2.0.2/30]}}
      i0: {{kind: ifb}}
    routes: [{{to: default, via: 10.2.0.1}}]
    rules: [{{from: 10.2.0.0/24, table: 7, priority: 70}}]
  @far:
    links:
      x: {{kind: veth, peer: @near/x, addresses: [10.3.0.1/30]}}
      t0: {{kind: tap}}
      ren: {{kind: veth, peer: @near/fix, addresses: [10.4.0.1/30]}}
  @near:
    links: {{x: {{addresses: [10.3.0.2/30]}}, fix: {{addresses: [10.4.0.2/30]}}}}
  @lent:
    adopt: true
    manage: declared
    links: {{a: {{kind: veth, peer: @near/lent, addresses: [10.5.0.1/30]}}, b: {{kind: ifb, mtu: 1400}}}}
    routes: [{{to: 10.50.0.0/16, via: 10.5.0.2}}]
"""

B = f"""
version: 1
namespaces:
  @gw:
    sysctls: {{net.ipv4.ip_forward: 0, net.ipv4.fib_multipath_hash_policy: 1}}
    links:
      lo: {{addresses: [10.255.0.2/32]}}
      lan: {{kind: veth, peer: @sw/gw, mtu: 1450, addresses: [10.1.0.1/24, "2001:db8:1::2/64"], {_NEIGHBOUR},
            neighbors: [10.1.0.11 02:00:00:00:00:99, 10.1.0.13 02:00:00:00:00:13]}}
      up: {{kind: veth, peer: @new/down, addresses: [10.2.0.5/30]}}
      vx0: {{kind: vxlan, id: 200, port: 4789, state: up}}
    routes:
      - {{to: 10.10.0.0/16, via: 10.1.0.12}}
      - {{to: 10.13.0.0/16, via: 10.1.0.12, metric: 50}}
      - {{to: 10.12.0.0/16, via: 10.2.0.6, dev: up}}
    rules:
      - {{from: 10.1.0.0/24, table: 200, priority: 1000}}
      - {{from: 10.3.0.0/24, table: 102, priority: 1002}}
  @sw:
    links:
      br0: {{kind: bridge, stp: true}}
      gw: {{controller: br0}}
      p1: {{kind: veth, peer: @h1/eth0, controller: br0, mtu: 1450}}
      p2: {{kind: veth, peer: @new/eth0, controller: br0}}
  @h1:
    links:
      eth0: {{addresses: [10.1.0.21/24], mtu: 1450}}
      mac0: {{kind: macvlan, parent: eth0, mode: private, addresses: [10.1.0.111/24, 10.1.0.112/24]}}
      wan: {{kind: physical, match: {{name: nsmcard}}, addresses: [192.0.2.9/24]}}
    routes: [{{to: default, via: 10.1.0.1, dev: eth0}}, {{to: 10.98.0.0/16, via: 10.1.0.1, dev: eth0}}]
  @h2:
    links: {{eth1: {{kind: veth, peer: @new/h2, addresses: [10.6.0.1/30]}}, i1: {{kind: ifb}}}}
    routes: [{{to: 10.99.0.0/16, via: 10.6.0.2}}]
    rules: [{{from: 10.6.0.0/24, table: 9, priority: 90}}]
  @new:
    sysctls: {{net.ipv4.ip_forward: 1}}
    links:
      down: {{addresses: [10.2.0.6/30]}}
      eth0: {{addresses: [10.1.0.31/24]}}
      h2: {{addresses: [10.6.0.2/30]}}
      br1: {{kind: bridge}}
      t1: {{kind: tun}}
    routes: [{{to: default, via: 10.1.0.1}}, {{to: 10.97.0.0/16, via: 10.6.0.1}}]
    rules: [{{from: 10.6.0.0/24, table: 8, priority: 80}}]
  @far:
    links:
      named: {{kind: veth, peer: @near/fix, addresses: [10.4.0.1/30]}}
      t0: {{kind: tap, mtu: 1400}}
  @near:
    links: {{x: {{kind: veth, peer: @h2/x, addresses: [10.3.0.2/30]}}, fix: {{addresses: [10.4.0.5/30]}}}}
  @lent:
    adopt: true
    manage: declared
    links: {{b: {{kind: ifb, mtu: 1300, addresses: [10.7.0.1/24]}}, c: {{kind: veth, peer: @new/lent, addresses: [10.8.0.1/30]}}}}
    routes: [{{to: 10.50.0.0/16, via: 10.8.0.2}}]
"""


# What the kernel counts, or works out from addresses that are random.
COUNTED = frozenset(
    ("fdb_n_learned", "port_options.mcast_n_groups", "port_options.mcast_eht_hosts_cnt", "hello_timer", "gc_timer", "tcn_timer")
)
DRAWN = COUNTED | {"mac", "port_options.state", "port_options.designated_root", "port_options.designated_bridge"}


class Bench:
    """The deployment in its states, on the kernel, under a random prefix. Its "host" is a namespace of its own."""

    def __init__(self, directory: Path, before: str = A, after: str = B) -> None:
        self.prefix = f"nsmgrt-{secrets.token_hex(3)}-"
        self.name = self.prefix.rstrip("-")
        self.store = Store(directory / "state")
        self.a, self.b = self.load(before), self.load(after)
        self.names = dict.fromkeys((*self.a.namespaces, *self.b.namespaces))
        self.strangers = [f"{self.prefix}lent"] if "@lent" in before else []
        self.birth()

    def load(self, text: str) -> DesiredState:
        return config.loads(f"name: {self.name}\n" + text.replace("@", self.prefix))

    def birth(self) -> None:
        """What is there before nsmgr is, and must be there after it."""
        self.ip("link add nsmcard type ifb")
        for name in self.strangers:
            self.ip(f"netns add {name}")
            self.ip(f"-n {name} link add theirs type ifb")

    def ip(self, command: str, *, check: bool = True) -> str:
        done = subprocess.run(["ip", *command.replace("@", self.prefix).split()], capture_output=True, text=True)
        assert not check or done.returncode == 0, f"ip {command}: {done.stderr}"
        return done.stdout

    def see(self, kernel: KernelPort) -> dict[str, Any]:
        """All of all namespaces that could be changed, the host's included."""
        keys = {name: [*d.namespaces[name].sysctls] for d in (self.a, self.b) for name in d.namespaces}
        wants = {name: Want(sysctls=keys[name], peers=[*self.names], ports=True, things=frozenset(("neighbor",))) for name in keys}
        wants[HOST] = Want(source="host", peers=[*self.names])
        seen = kernel.observe(wants)
        assert not [name for name in seen.stale if name.startswith(self.prefix)], seen.stale
        return {name: whole(state) for name, state in seen.namespaces.items()}

    def open(self) -> AbstractContextManager[KernelPort]:
        """As a process of its own would."""
        return LinuxKernel()

    def apply(self, desired: DesiredState) -> engine.ApplyResult:
        with self.open() as kernel:
            return engine.apply(desired, kernel, self.store)

    def now(self) -> dict[str, Any]:
        with self.open() as kernel:
            return self.see(kernel)

    def left(self) -> list[str]:
        """What must not be there when nothing of the deployment is."""
        found = [f"namespace {name}" for name in netns.entries() if name.startswith(self.prefix) and name not in self.strangers]
        for name in (*self.strangers, HOST):
            links = set(self.now()[name]["links"])
            want = {"lo", "nsmcard"} if name == HOST else {"lo", "theirs"}
            found += [f"link {name}/{link}" for link in sorted(links ^ want)]
        if os.path.isdir(self.store.directory):
            found += [f"file {file}" for file in sorted(os.listdir(self.store.directory))]
        return found

    def close(self) -> None:
        try:
            with LinuxKernel() as kernel:
                engine.destroy(self.name, kernel, self.store)
        finally:
            for name in netns.entries():
                if name.startswith(self.prefix):
                    netns.remove(name)


class Imagined(Bench):
    """The same on the kernel in memory."""

    def __init__(self, directory: Path) -> None:
        self.kernel = FakeKernel()
        super().__init__(directory)

    def birth(self) -> None:
        self.kernel.add_physical("nsmcard", "02:00:00:00:aa:01")
        for name in self.strangers:
            self.kernel.netns_add(name)
            self.kernel.ip_link_add(name, "theirs", "ifb")

    def open(self) -> AbstractContextManager[KernelPort]:
        return nullcontext(self.kernel)


@contextmanager
def bench(before: str = A, after: str = B) -> Iterator[Bench]:
    """In a namespace that stands for the host's while it lasts."""
    home = os.open(netns.OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        libc.unshare(libc.CLONE_NEWNET)
        with TemporaryDirectory(prefix="nsmgrt-") as directory:
            made = Bench(Path(directory), before, after)
            try:
                yield made
            finally:
                made.close()
    finally:
        libc.setns(home)
        os.close(home)


def unlike(seen: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Where two views differ, without what the kernel makes up anew for each new link."""
    return [line for line in differences(seen, now) if line.partition(":")[0].rpartition("/")[2] not in COUNTED]


def told(seen: dict[str, Any]) -> dict[str, Any]:
    """A view without the random addresses of links: those of two clean applies differ too."""
    found = {}
    for name, state in seen.items():
        links = {link: {k: v for k, v in attrs.items() if k not in DRAWN} for link, attrs in state["links"].items()}
        found[name] = {**state, "links": links}
    return found
