"""Boot a kernel around one command: user-mode Linux as a process, other kernels under QEMU."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.vm.guest import first_process
from tests.vm.kernels import Problem, prepare

TIMED_OUT = 124  # as timeout(1)
QUIET = "quiet bonding.max_bonds=0 dummy.numdummies=0 ifb.numifbs=0"  # make no link unasked
LAST_WORDS = 25  # lines of the kernel's log that are shown when it dies, not counting call traces
_TRACE = re.compile(r"\s*(\[<|[0-9a-f]{8,} |Call Trace)")


class TimedOut(Exception):
    """The command, or the boot, took longer than it was given."""


def run(
    kernel: str,
    command: Sequence[str],
    *,
    memory: int = 1024,
    timeout: float = 1800,
    writable: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    directory: str = ".",
    parameters: str = "",
    log_to_stderr: bool = False,
) -> int:
    """The exit status of the command, run as root; its output goes to ours as it comes.

    The guest sees the host's whole file system read-only under an overlay that is thrown away, and the directories in ``writable``
    as they are. RUN_IN_VM in its environment is the kernel's name.

    Args:
        memory: MiB. timeout: seconds, boot included. parameters: more of them for the kernel.

    Raises:
        Problem: the kernel could not be fetched, built or booted. TimedOut.
    """
    home = prepare(kernel)
    with tempfile.TemporaryDirectory(prefix="nsmgr-vm.") as control:
        shared = {"/run/vm": control, **{os.path.abspath(path): os.path.abspath(path) for path in writable}}
        qemu = (home / "vmlinuz").exists()
        starter, how, output = _qemu(home, shared, memory, parameters) if qemu else _uml(home, shared, memory, parameters, control)
        inside = {**os.environ, **(environment or {}), "RUN_IN_VM": kernel}
        script = Path(control, "init")
        script.write_text(first_process(home, command, inside, directory, how, output))
        script.chmod(0o700)
        starter = [word.replace("@INIT@", str(script)) for word in starter]
        late, status = _wait(starter, Path(control, "console.log"), timeout, memory, log_to_stderr)
        answer, up = Path(control, "status"), Path(control, "up").exists()
        text = answer.read_text().strip() if answer.exists() else ""
        if text:
            return int(text)
        if late:
            raise TimedOut(f"timed out after {timeout:g} s" + ("" if up else ", still booting"))
        lines = Path(control, "console.log").read_text(errors="replace").splitlines()
        last = "\n".join([line for line in lines if not _TRACE.match(line)][-LAST_WORDS:])
        words = "stopped before the command ended" if up else "did not boot"
        raise Problem(f"kernel {kernel} {words} (exit {status}); its last words:\n{last}")


def _wait(starter: Sequence[str], log: Path, timeout: float, memory: int, log_to_stderr: bool) -> tuple[bool, int | None]:
    """(whether it took too long, exit status of the starter). Nothing of the guest outlives this process."""
    shared_memory = os.statvfs("/dev/shm") if os.path.isdir("/dev/shm") else None  # user-mode Linux keeps its memory in a file
    roomy = shared_memory is not None and shared_memory.f_bavail * shared_memory.f_frsize > memory << 20
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "-pf", "--kill-child", "sh", "-c", '"$@"; exit $?', "sh", *starter]
    with open(log, "ab") as errors:
        process = subprocess.Popen(
            command,
            env={**os.environ, "TMPDIR": "/dev/shm" if roomy else "/tmp"},
            stdin=subprocess.PIPE,  # never closed while it runs: a console that ends is a hang-up
            stderr=None if log_to_stderr else errors,
        )
        try:
            process.wait(timeout)
            return False, process.returncode
        except subprocess.TimeoutExpired:
            return True, None
        finally:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()


def _uml(
    home: Path, shared: Mapping[str, str], memory: int, parameters: str, control: str
) -> tuple[list[str], dict[str, str], str]:
    """(command, mounts, output) of user-mode Linux."""
    root = ("root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "init=@INIT@")
    consoles = ("con=null", "ssl=null", "con0=null,fd:2", "con1=fd:0,fd:1")
    place = (f"uml_dir={control}/", "umid=vm", f"mem={memory}M")
    command = [f"{home}/linux", *place, *root, *consoles, *QUIET.split(), *parameters.split()]
    return command, {at: f"-t hostfs -o {shlex.quote(path)} none" for at, path in shared.items()}, "/dev/tty1"


def _qemu(home: Path, shared: Mapping[str, str], memory: int, parameters: str) -> tuple[list[str], dict[str, str], str]:
    """The same of QEMU. /dev/kvm may open where the processor has no virtualisation: its flags tell."""
    flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    virtual = os.access("/dev/kvm", os.W_OK) and re.search(r"\b(vmx|svm)\b", flags) is not None
    processor = ("-accel", "kvm", "-cpu", "host") if virtual else ("-accel", "tcg,tb-size=256", "-cpu", "Nehalem")
    command = [
        "qemu-system-x86_64", "-M", "q35", "-nodefaults", "-no-user-config", "-nic", "none", "-display", "none", "-no-reboot",
        "-smp", str(min(2, os.cpu_count() or 1)), *processor, "-m", str(memory),
        "-kernel", f"{home}/vmlinuz", "-initrd", f"{home}/initramfs",
        "-append", f"console=ttyS0 panic=-1 mitigations=off random.trust_cpu=on INIT=@INIT@ {QUIET} {parameters}",
        "-chardev", "file,id=log,path=/proc/self/fd/2,append=on", "-serial", "chardev:log", "-chardev", "stdio,id=io,signal=off",
        "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=io",
    ]  # fmt: skip
    mounts: dict[str, str] = {}
    places = [("root", "", "/", ",readonly=on"), *((f"rw{i}", at, path, "") for i, (at, path) in enumerate(shared.items()))]
    for tag, at, path, mode in places:
        command += ["-fsdev", f"local,id={tag},path={path},security_model=none,multidevs=remap{mode}"]
        command += ["-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
        if at:
            mounts[at] = f"-t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=mmap {tag}"
    return command, mounts, "$(echo /dev/vport*)"
