"""Namespaces by name: made, listed, opened, identified, removed; the same directory as ip(8) in both directions."""

from __future__ import annotations

import errno
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nsmgr.errors import NsmgrError, PrivilegeError
from nsmgr.kernel import descriptors, gone, libc, netns
from nsmgr.kernel.linux import LinuxKernel
from nsmgr.kernel.netns import Netns, Stale
from nsmgr.kernel.port import LINKS, Want
from nsmgr.kernel.rtnl import RtnlSocket
from nsmgr.plan.plan import Batch, Step, Verb
from tests.kernel.conftest import ip, open_files

Name = Callable[[str], str]


@pytest.fixture
def host_fd() -> Iterator[int]:
    fd = os.open(netns.OWN, os.O_RDONLY)
    yield fd
    os.close(fd)


def create(*names: str, repair: bool = False) -> list[Netns | OSError]:
    return netns.create([(name, repair) for name in names], RtnlSocket)


def made(found: Netns | OSError | Stale | None) -> Netns:
    assert isinstance(found, Netns)
    return found


def delete(kernel: LinuxKernel, *names: str) -> None:
    verdicts = kernel.transact(Batch("", tuple(Step(n, 0, Verb.NETNS_DEL, name) for n, name in enumerate(names))))
    assert all(verdict.ok for verdict in verdicts)


def test_created_ones_are_open_named_and_different(name: Name) -> None:
    handles = [made(found) for found in create(name("a"), name("b"))]
    assert {name("a"), name("b")} <= set(netns.listing()[0])
    assert len({handle.cookie for handle in handles} | {RtnlSocket().cookie()}) == 3
    for handle in handles:
        assert os.fstat(handle.fd()).st_ino == netns.inode(netns.path_of(handle.name))
        handle.close()


def test_a_taken_name_is_refused_and_untouched(name: Name) -> None:
    first, second = create(name("a"), name("a"))
    assert isinstance(second, OSError)
    assert second.errno == errno.EEXIST
    assert netns.is_namespace(netns.path_of(name("a")))
    (third,) = create(name("a"), repair=True)  # repair never touches one that lives
    assert isinstance(third, OSError)
    made(first).close()


def test_failure_in_the_middle_leaves_nothing(name: Name) -> None:
    def fails(_: str) -> RtnlSocket:
        raise OSError(errno.ENOBUFS, "no buffers")

    before = open_files()
    (failed,) = netns.create([(name("a"), False)], fails)
    assert isinstance(failed, OSError)
    assert name("a") not in netns.entries()
    assert open_files() == before


def test_ip_sees_ours(name: Name) -> None:
    made(create(name("a"))[0]).close()
    assert name("a") in {entry["name"] for entry in ip("netns")}
    assert [link["ifname"] for link in ip("-n", name("a"), "link")][:1] == ["lo"]
    ip("netns", "del", name("a"))
    assert name("a") not in netns.entries()


def test_we_see_those_of_ip(name: Name, host_fd: int) -> None:
    ip("netns", "add", name("a"))
    assert name("a") in netns.listing()[0]
    handle = made(netns.open_many([(name("a"), "")], host_fd, RtnlSocket)[name("a")])
    assert handle.cookie not in (0, RtnlSocket().cookie())
    handle.close()
    netns.remove(name("a"))
    assert name("a") not in {entry["name"] for entry in ip("netns") or []}


def test_directory_is_one_shared_mount(name: Name) -> None:
    for suffix in "ab":
        made(create(name(suffix))[0]).close()
    ip("netns", "add", name("c"))
    with open("/proc/self/mountinfo") as table:
        lines = [line.split() for line in table]
    on_top = next(line[0] for line in reversed(lines) if line[4] in ("/run", "/"))  # in a sandbox the host's lies hidden below
    mounts = [" ".join(line) for line in lines if line[4] == netns.DIRECTORY and line[1] == on_top]
    assert len(mounts) == 1
    assert " shared:" in mounts[0]


def test_stale_file(name: Name, host_fd: int) -> None:
    """What a crash between open and mount leaves, and what a private mount namespace leaves outside."""
    os.mknod(netns.path_of(name("a")), 0)
    assert name("a") in netns.listing()[1]
    assert isinstance(netns.open_many([(name("a"), "")], host_fd, RtnlSocket)[name("a")], Stale)
    (refused,) = create(name("a"))
    assert isinstance(refused, OSError)
    handle = made(create(name("a"), repair=True)[0])
    assert name("a") in netns.listing()[0]
    handle.close()


def test_stale_mount(name: Name, host_fd: int) -> None:
    """A namespace of another kind is mounted there: setns(CLONE_NEWNET) answers EINVAL."""
    os.mknod(netns.path_of(name("a")), 0)
    libc.mount("/proc/self/ns/uts", netns.path_of(name("a")), libc.MS_BIND)
    assert isinstance(netns.open_many([(name("a"), "")], host_fd, RtnlSocket)[name("a")], Stale)
    netns.remove(name("a"))
    assert name("a") not in netns.entries()


def test_observe_reports_stale_and_absent(name: Name, kernel: LinuxKernel) -> None:
    os.mknod(netns.path_of(name("stale")), 0)
    observation = kernel.observe({name("stale"): Want(LINKS), name("absent"): Want(LINKS)})
    assert observation.stale == {name("stale")}
    assert not observation.namespaces


def test_by_path_and_by_pid(name: Name, kernel: LinuxKernel) -> None:
    handle = made(create(name("a"))[0])
    wants = {
        name("a"): Want(LINKS),
        "copy": Want(LINKS, source=f"path:{netns.path_of(name('a'))}"),
        "self": Want(LINKS, source=f"pid:{os.getpid()}"),
        "host": Want(LINKS, source="host"),
        "none": Want(LINKS, source="pid:99999999"),
    }
    found = kernel.observe(wants).namespaces
    assert found["copy"].cookie == found[name("a")].cookie == handle.cookie
    assert found["self"].cookie == found["host"].cookie == RtnlSocket().cookie()
    assert "none" not in found
    handle.close()


def test_a_name_made_anew_is_another_namespace(name: Name, kernel: LinuxKernel) -> None:
    """Inode numbers come back at once, cookies never; a kernel that holds the old one open must notice."""
    ip("netns", "add", name("a"))
    first = kernel.observe({name("a"): Want(LINKS)}).namespaces[name("a")]
    again = kernel.observe({name("a"): Want(LINKS)}).namespaces[name("a")]
    assert first.cookie == again.cookie
    ip("netns", "del", name("a"))
    ip("netns", "add", name("a"))
    second = kernel.observe({name("a"): Want(LINKS)}).namespaces[name("a")]
    assert second.cookie not in (0, first.cookie)
    ip("netns", "del", name("a"))
    assert name("a") not in kernel.observe({name("a"): Want(LINKS)}).namespaces


def test_handles_are_not_leaked(name: Name) -> None:
    before = open_files()
    with LinuxKernel() as kernel:
        kernel.transact(Batch("", tuple(Step(n, 0, Verb.NETNS_ADD, name(str(n))) for n in range(5))))
        kernel.observe({name(str(n)): Want(LINKS, sysctls=["net.ipv4.ip_forward"]) for n in range(5)})
        delete(kernel, name("0"))
    assert open_files() == before


def test_worker_threads_end_and_the_caller_stays(name: Name, kernel: LinuxKernel) -> None:
    own = os.stat(netns.OWN).st_ino
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, name("a")),)))
    assert os.stat(netns.OWN).st_ino == own
    assert [thread for thread in threading.enumerate() if thread.name == "nsmgr-netns"] == []


def test_host_is_where_the_kernel_was_made(name: Name) -> None:
    handle = made(create(name("a"))[0])

    def inside() -> LinuxKernel:
        libc.setns(handle.fd())
        return LinuxKernel()

    with netns.in_thread(inside) as kernel:
        assert kernel.observe({"host": Want(LINKS, source="host")}).namespaces["host"].cookie == handle.cookie
    handle.close()


def test_descriptor_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        descriptors.ensure_files(400)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard
        with pytest.raises(NsmgrError, match="the hard limit of this process is"):
            descriptors.ensure_files(hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ------------------------------------------------------------------------------------------------------------------- death


@contextmanager
def pinned(path: str) -> Iterator[socket.socket]:
    """A socket of a namespace keeps it alive after its name is gone."""
    fd = os.open(path, os.O_RDONLY)

    def work() -> socket.socket:
        libc.setns(fd)
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    held = netns.in_thread(work)
    os.close(fd)
    try:
        yield held
    finally:
        held.close()


def test_wait_gone(name: Name, kernel: LinuxKernel) -> None:
    names = [name(str(n)) for n in range(30)]
    kernel.transact(Batch("", tuple(Step(n, 0, Verb.NETNS_ADD, each) for n, each in enumerate(names))))
    delete(kernel, *names)
    assert kernel.wait_gone(names, [0] * 30, 10) == []
    assert not set(names) & set(netns.entries())


def test_wait_gone_is_not_fooled_by_a_pinned_one(name: Name, kernel: LinuxKernel) -> None:
    """Who holds it may take his time; meanwhile we are told of it, and the others are known to be gone."""
    names = [name("a"), name("b")]
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, names[0]), Step(1, 0, Verb.NETNS_ADD, names[1]))))
    told: list[list[str]] = []
    with pinned(netns.path_of(name("a"))):
        delete(kernel, *names)
        with pytest.raises(StopIteration):
            kernel.wait_gone(names, [0, 0], 60, lambda held: told.append(held) or next(iter(())))
        assert told == [[name("a")]]
        assert kernel.wait_gone(names, [0, 0], 0) == [name("a")]
    assert kernel.wait_gone(names, [0, 0], 60) == []


def test_wait_gone_returns_when_the_last_holder_lets_go(name: Name, kernel: LinuxKernel) -> None:
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, name("a")),)))
    with pinned(netns.path_of(name("a"))) as held:
        delete(kernel, name("a"))
        released: list[float] = []

        def release() -> None:
            released.append(time.monotonic())
            held.close()

        timer = threading.Timer(0.1, release)
        timer.start()
        assert kernel.wait_gone([name("a")], [0], 10) == []
        assert released
        assert time.monotonic() > released[0]
        timer.join()


def test_when_it_is_gone_so_are_the_far_ends(name: Name, kernel: LinuxKernel) -> None:
    """RTM_DELNSID is sent before the devices go; the wait must last until they are gone."""
    ends = [Step(2, 0, Verb.LINK_ADD, name("b"), index=10, name="p", kind="veth",
                 args={"peer": {"netns": name("a"), "name": "q", "index": 10, "attrs": {}}})]  # fmt: skip
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, name("a")), Step(1, 0, Verb.NETNS_ADD, name("b")))))
    assert kernel.transact(Batch(name("b"), tuple(ends)))[0].ok
    delete(kernel, name("a"))
    assert kernel.wait_gone([name("a")], [0], 10) == []
    assert set(kernel.observe({name("b"): Want(LINKS)}).namespaces[name("b")].links) == {"lo"}


def test_a_name_of_another_mount_keeps_it(name: Name, kernel: LinuxKernel) -> None:
    """`mount --bind /run/netns/a elsewhere` holds the namespace, and the wait says so."""
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, name("a")),)))
    os.mknod(netns.path_of(name("copy")), 0)
    libc.mount(netns.path_of(name("a")), netns.path_of(name("copy")), libc.MS_BIND)
    delete(kernel, name("a"))
    told: list[list[str]] = []

    def release(held: list[str]) -> None:
        told.append(held)
        netns.remove(name("copy"))

    assert kernel.wait_gone([name("a")], [0], 60, release) == []
    assert told == [[name("a")]]


def test_watching_leaves_no_trace_in_the_host(name: Name, kernel: LinuxKernel) -> None:
    """No id, no link, no event: what the watch needs is in namespaces of its own."""
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, name("a")),)))
    before = ip("netns", "list-id"), len(ip("link"))
    fds = open_files()
    with pinned(netns.path_of(name("a"))):
        delete(kernel, name("a"))
        assert (ip("netns", "list-id"), len(ip("link"))) == before
    assert kernel.wait_gone([name("a")], [0], 60) == []
    kernel.close()
    assert open_files() < fds


def test_wait_gone_without_veth(name: Name, kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the second of two sentinels tells: a run of cleanup_net() begins when the one before it has ended."""
    real = gone.veth_request
    monkeypatch.setattr(gone, "veth_request", lambda index, fd: real(index, fd).replace(b"veth", b"none"))
    names = [name(str(n)) for n in range(10)]
    kernel.transact(Batch("", tuple(Step(n, 0, Verb.NETNS_ADD, each) for n, each in enumerate(names))))
    delete(kernel, *names)
    assert kernel.wait_gone(names, [0] * 10, 60) == []


def test_without_room_for_a_witness_nothing_is_known(name: Name, kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, name("a")),)))

    def full() -> None:
        raise OSError(errno.ENOSPC, "user.max_net_namespaces")

    monkeypatch.setattr(gone, "DeathWatch", full)
    delete(kernel, name("a"))
    assert name("a") not in netns.entries()
    assert kernel.wait_gone([name("a")], [0], 60) == [name("a")]


def test_events_that_were_lost_are_made_up_for(name: Name, kernel: LinuxKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the smallest receive buffer most RTM_DELNSID do not fit."""
    monkeypatch.setattr(gone, "EVENT_BUFFER", 1)
    names = [name(str(n)) for n in range(30)]
    kernel.transact(Batch("", tuple(Step(n, 0, Verb.NETNS_ADD, each) for n, each in enumerate(names))))
    delete(kernel, *names)
    assert kernel.wait_gone(names, [0] * 30, 60) == []


def test_few_descriptors_are_enough(name: Name) -> None:
    """Namespaces are held while they are unnamed, as many as the hard limit of open files allows at a time."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    names = [name(str(n)) for n in range(12)]
    for handle in create(*names):
        made(handle).close()
    reader = os.fork()
    if not reader:
        status = 1
        try:
            top = open_files() + descriptors.SPARE_FILES + 5
            resource.setrlimit(resource.RLIMIT_NOFILE, (top, top))
            with LinuxKernel() as kernel:
                delete(kernel, *names)
                status = len(kernel.wait_gone(names, [0] * 12, 60))
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]) == 0
    assert not set(names) & set(netns.entries())
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (soft, hard)


def test_descriptors_are_let_go_of_and_no_others() -> None:
    fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(6)]
    descriptors.let_go([])
    descriptors.let_go([fds[4], fds[0], fds[1], fds[3]])
    assert [os.path.exists(f"/proc/self/fd/{fd}") for fd in fds] == [False, False, True, False, False, True]
    descriptors.let_go([fds[2], fds[5]])


def test_identities_without_the_ioctl(name: Name, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux before 6.18 answers NS_GET_ID with ENOTTY; a socket inside tells then. Neither counts files that are no namespace."""
    handles = [made(found) for found in create(name("a"), name("b"))]
    os.mknod(netns.path_of(name("stale")), 0)
    names = [name(suffix) for suffix in ("a", "b", "stale", "absent")]
    wanted = {handle.name: handle.cookie for handle in handles}
    assert netns.identify(names) == wanted
    monkeypatch.setattr(netns, "NS_GET_ID", 0xB7FF)
    assert netns.identify(names) == wanted
    for handle in handles:
        handle.close()


def test_deleting_what_is_not_there_is_done(name: Name, kernel: LinuxKernel) -> None:
    os.mknod(netns.path_of(name("stale")), 0)
    delete(kernel, name("absent"), name("stale"))
    assert name("stale") not in netns.entries()
    assert kernel.wait_gone([name("absent"), name("stale")], [0, 0], 1) == []


def test_without_privilege(name: Name) -> None:
    """As nobody: one clear error that names the capability, and reading one's own namespace works."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    if Path("/proc/self/setgroups").read_text() == "deny\n":
        pytest.skip("root of a user namespace with one user in it: there is nobody else")
    made(create(name("a"))[0]).close()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        answers = []
        try:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            kernel = LinuxKernel()
            state = kernel.observe({"host": Want(source="host", sysctls=["net.ipv4.ip_forward"])}).namespaces["host"]
            answers.append(f"{'lo' in state.links} {state.sysctls['net.ipv4.ip_forward'] in ('0', '1')}")
            try:
                kernel.transact(Batch("", (Step(0, 0, Verb.NETNS_ADD, name("b")),)))
            except PrivilegeError as error:
                answers.append(f"{error} | {error.hint}")
            try:
                kernel.observe({name("a"): Want()})
            except PrivilegeError as error:
                answers.append(str(error))
            for netns_name, step in (
                ("host", Step(0, 0, Verb.LINK_SET, "host", index=1, attrs={"mtu": 1})),
                ("", Step(0, 0, Verb.NETNS_DEL, name("a"))),
            ):
                answers.append(str(kernel.transact(Batch(netns_name, (step,)))[0].errno))
        except BaseException as error:
            answers.append(repr(error))
        finally:
            os.write(writer, "\n".join(answers).encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        lines = stream.read().splitlines()
    os.waitpid(child, 0)
    assert lines[0] == "True True"
    assert "CAP_" in lines[1] or "root" in lines[1]
    assert "nsmgr run --sandbox" in lines[1]
    assert "it takes CAP_SYS_ADMIN" in lines[2]
    assert lines[3:] == [str(errno.EPERM), str(errno.EPERM)]
    assert name("a") in netns.listing()[0]
