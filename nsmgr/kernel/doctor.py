"""What this kernel and these privileges allow, as values for ``nsmgr doctor``. Works in scratch namespaces without a name."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nsmgr.errors import NsmgrError, errno_text
from nsmgr.kernel import libc, netns, probe, tun
from nsmgr.kernel.rtnl import Answer, RtnlSocket
from nsmgr.kernel.wire import IFINFOMSG, NLM_F_REQUEST, NLMSG_HEADER, RTM_NEWLINK, get_link
from nsmgr.model.kind import kind as kind_class
from nsmgr.model.links import kind_names

CAP_DAC_OVERRIDE, CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_SYS_RESOURCE = 1, 12, 19, 21, 24
CAPABILITIES = {
    "CAP_NET_ADMIN": CAP_NET_ADMIN,
    "CAP_SYS_ADMIN": CAP_SYS_ADMIN,
    "CAP_SYS_PTRACE": CAP_SYS_PTRACE,
    "CAP_DAC_OVERRIDE": CAP_DAC_OVERRIDE,
    "CAP_SYS_RESOURCE": CAP_SYS_RESOURCE,
}
FAMILY_NAMES = {
    0: "ROUTE", 2: "USERSOCK", 4: "SOCK_DIAG", 6: "XFRM", 7: "SELINUX", 8: "ISCSI", 9: "AUDIT", 10: "FIB_LOOKUP", 11: "CONNECTOR",
    12: "NETFILTER", 14: "DNRTMSG", 15: "KOBJECT_UEVENT", 16: "GENERIC", 18: "SCSITRANSPORT", 19: "ECRYPTFS", 20: "RDMA",
    21: "CRYPTO", 22: "SMC",
}  # fmt: skip
NOBODY = 65534
LO = 1  # LOOPBACK_IFINDEX


@dataclass(frozen=True, slots=True)
class SocketProof:
    """The kernel's rtnetlink socket of one new namespace (rtnetlink_net_init), seen working.

    cookie: SO_NETNS_COOKIE. link: name, index, mtu and flags of the loopback device as RTM_GETLINK answered at once.
    rows: portid-0 rows of protocol 0 in /proc/thread-self/net/netlink; exactly one. inode, drops: of that row.
    """

    cookie: int
    link: Mapping[str, int | str]
    rows: int
    inode: int
    drops: int


@dataclass(frozen=True, slots=True)
class Privileges:
    """What this process may do. Texts are "" when it works, else the kernel's answer."""

    uid: int
    capabilities: Mapping[str, bool]
    new_namespace: str
    tun: str


@dataclass(frozen=True, slots=True)
class Ordinary:
    """The same asked as an ordinary user (uid 65534 when we are root, else ourselves); "" = works, else why not."""

    uid: int
    read_links: str
    subscribe: str
    change_links: str
    user_namespace: str
    sandbox_links: str


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """kinds, qdiscs: name → "" when the kernel has it, else its words. handlers: RTM_GET* → family → handled.

    Without the privilege to make a namespace, proof is None, qdiscs and handlers are those of the present namespace or empty,
    and kinds that could not be asked about say so.
    """

    kernel: str
    kinds: Mapping[str, str]
    qdiscs: Mapping[str, str]
    handlers: Mapping[str, Mapping[str, bool]]
    highest_group: int
    families: Mapping[int, str]
    proof: SocketProof | None
    privileges: Privileges
    ordinary: Ordinary
    run_netns: str
    stale: tuple[str, ...] = ()
    without_root: tuple[str, ...] = field(default=())


def doctor() -> DoctorReport:
    """Ask the kernel. Takes some milliseconds; on a modular kernel it loads the modules of the kinds it asks about."""
    refused = ""
    proof: SocketProof | None = None
    qdiscs: dict[str, str] = {}
    try:
        proof, missing, gets, qdiscs_missing = netns.in_thread(_in_scratch)
        qdiscs = {name: qdiscs_missing.get(name, "") for name in probe.QDISCS}
        kinds = {name: missing.get(name, "") for name in kind_names() if kind_class(name).MAKER != "none"}
    except OSError as error:
        refused = errno_text(error.errno or 0)
        kinds = {name: f"not asked: {refused}" for name in kind_names() if kind_class(name).MAKER != "none"}
        socket = RtnlSocket()
        gets = probe.handlers(socket)
        socket.close()
    groups = RtnlSocket()
    highest = probe.highest_group(groups)
    groups.close()
    capabilities = probe.effective_capabilities()
    privileges = Privileges(
        os.geteuid(),
        {name: bool(capabilities >> bit & 1) for name, bit in CAPABILITIES.items()},
        refused,
        tun.unavailable(),
    )
    ordinary = as_ordinary_user()
    return DoctorReport(
        kernel=" ".join((os.uname().sysname, os.uname().release)),
        kinds=kinds,
        qdiscs=qdiscs,
        handlers=gets,
        highest_group=highest,
        families={number: FAMILY_NAMES.get(number, "?") for number in probe.netlink_families()},
        proof=proof,
        privileges=privileges,
        ordinary=ordinary,
        run_netns=_run_netns(),
        stale=tuple(netns.listing()[1]),
        without_root=_without_root(ordinary),
    )


def prove_rtnl_socket() -> SocketProof:
    """Make a namespace that only a thread holds, and see its rtnetlink socket work. OSError EPERM without CAP_SYS_ADMIN."""

    def work() -> SocketProof:
        libc.unshare(libc.CLONE_NEWNET)
        socket = RtnlSocket("scratch")
        try:
            return _prove(socket)
        finally:
            socket.close()

    return netns.in_thread(work)


def _in_scratch() -> tuple[SocketProof, dict[str, str], dict[str, dict[str, bool]], dict[str, str]]:
    libc.unshare(libc.CLONE_NEWNET)
    socket = RtnlSocket("scratch")
    try:
        kinds = [name for name in kind_names() if kind_class(name).MAKER != "none"]
        return _prove(socket), probe.missing_kinds(socket, kinds), probe.handlers(socket), probe.missing_qdiscs(socket)
    finally:
        socket.close()


def _prove(socket: RtnlSocket) -> SocketProof:
    from nsmgr.kernel.messages import decode_link

    payload = socket.request(get_link(LO))
    if isinstance(payload, Answer):
        raise NsmgrError(f"a new namespace did not answer RTM_GETLINK for lo: {errno_text(payload.errno)}")
    link = decode_link(payload, 0, len(payload))
    with open("/proc/thread-self/net/netlink") as table:  # not /proc/self: that is the leader's namespace
        rows = [line.split() for line in table][1:]
    own = [row for row in rows if row[1] == "0" and row[2] == "0"]  # sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
    mtu = link.attrs.get("mtu")
    return SocketProof(
        socket.cookie(),
        {"name": link.name, "index": link.index, "mtu": mtu if isinstance(mtu, int) else 0, "flags": link.flags},
        len(own),
        int(own[0][9]) if own else 0,
        int(own[0][8]) if own else 0,
    )


def _run_netns() -> str:
    if not os.path.isdir(netns.DIRECTORY):
        return "absent; made on the first apply"
    with open("/proc/thread-self/mountinfo") as table:
        mounts = [line.split() for line in table]
    for mount in mounts:
        if mount[4] == netns.DIRECTORY:
            return "shared mount" if any(word.startswith("shared:") for word in mount[6 : mount.index("-")]) else "private mount"
    return "a directory, not a mount of its own yet"


# ------------------------------------------------------------------------------------------------------- ordinary user


def as_ordinary_user() -> Ordinary:
    """Fork, give up root, try. A fork because credentials and user namespaces belong to a process, not to a thread."""
    uid = os.geteuid() or NOBODY
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            os.write(writer, json.dumps(_try_as(uid)).encode())
        except BaseException as error:
            os.write(writer, json.dumps({"failed": str(error)}).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        found: dict[str, str] = json.loads(answers.read() or b"{}")
    os.waitpid(child, 0)
    failed = found.get("failed", "no answer")
    names = ("read_links", "subscribe", "change_links", "user_namespace", "sandbox_links")
    return Ordinary(uid, *(found.get(name, failed) for name in names))


def _try_as(uid: int) -> dict[str, str]:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(uid, uid, uid)

    def tried(action: Callable[[], None]) -> str:
        try:
            action()
        except OSError as error:
            return errno_text(error.errno or 0)
        except NsmgrError as error:
            return error.message
        return ""

    return {
        "read_links": tried(_read_links),
        "subscribe": tried(lambda: RtnlSocket().subscribe(1)),
        "change_links": tried(_change_link),
        "user_namespace": tried(lambda: libc.unshare(libc.CLONE_NEWUSER | libc.CLONE_NEWNET)),
        "sandbox_links": tried(_change_link),
    }


def _read_links() -> None:
    RtnlSocket().dump(get_link())


def _change_link() -> None:
    """RTM_NEWLINK for lo without attributes, flags and change mask 0: do_setlink() changes nothing, but wants CAP_NET_ADMIN."""
    request = NLMSG_HEADER.pack(32, RTM_NEWLINK, NLM_F_REQUEST, 0, 0) + IFINFOMSG.pack(0, 0, LO, 0, 0)
    (answer,) = RtnlSocket().transact([request])
    if answer.errno in (errno.EPERM, errno.EACCES):
        raise PermissionError(answer.errno, os.strerror(answer.errno))


def _without_root(ordinary: Ordinary) -> tuple[str, ...]:
    works = ["validate, schema, explain, graph FILE: they touch no kernel"]
    if not ordinary.read_links:
        works.append("show, plan and check of the namespace one is in: links, addresses, routes and rules can be read")
    if not ordinary.subscribe:
        works.append("watch in the namespace one is in: events can be subscribed to")
    if not ordinary.user_namespace and not ordinary.sandbox_links:
        works.append("run --sandbox: everything, in a user namespace of one's own")
    return tuple(works)
