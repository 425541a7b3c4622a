"""Kernels as packages, made runnable without being installed: fetched with apt-get, unpacked or built, kept in a cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Kernel:
    """package: Debian's. configs: fragments for a kernel that is built from its source. what: in a line."""

    package: str
    what: str
    configs: tuple[str, ...] = ()


KERNELS = {
    "uml-full": Kernel("linux-source-6.12", "user-mode Linux 6.12, built once: every link kind and qdisc", ("uml.config",)),
    "uml": Kernel(
        "user-mode-linux", "Debian's user-mode Linux 6.1, nothing to build: no wireguard, netkit, xfrm, bareudp, netdevsim"
    ),
    "uml-debug": Kernel(
        "linux-source-6.12",
        "uml-full with fault injection, kmemleak, lockdep and reference trackers",
        ("uml.config", "uml-debug.config"),
    ),
    "6.12": Kernel("linux-image-6.12-amd64", "Debian's 6.12 under QEMU, with KVM where that works"),
    "6.1": Kernel("linux-image-amd64", "Debian's 6.1 under QEMU, likewise"),
}

# Debian package of each tool, where it is not called like the tool.
_PACKAGES = {
    "depmod": "kmod",
    "busybox": "busybox-static",
    "qemu-system-x86_64": "qemu-system-x86",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "xz": "xz-utils",
}
_SBIN = ":/usr/sbin:/sbin"
# Of an image package only what a network test can need is unpacked: a tenth of it.
_EXCLUDED = (
    "sound", "drivers/[!cnpv]*", "drivers/net/ethernet", "drivers/net/wireless", "fs/[!9fno]*",
)  # fmt: skip


class Problem(Exception):
    """There is no such kernel here; the text says why, and what would help."""


def cache() -> Path:
    """Where kernels are kept: NSMGR_VM_CACHE, else below the user's cache directory."""
    own = os.environ.get("NSMGR_VM_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nsmgr-vm"


def prepared(name: str) -> bool:
    """Whether it is there, and was built with the options that are wanted now."""
    try:
        return (cache() / name / "ready").read_text().splitlines()[-1] == _stamp(KERNELS.get(name))
    except (OSError, IndexError):
        return False


def _stamp(kernel: Kernel | None) -> str:
    """Changes with the options a kernel is built with."""
    parts = [(HERE / config).read_bytes() for config in kernel.configs] if kernel is not None else []
    return f"options {zlib.crc32(b''.join(parts)):08x}"


def prepare(name: str) -> Path:
    """The directory of a kernel, made on first use. Raises Problem.

    In it: ``linux`` (user-mode Linux) or ``vmlinuz`` and ``initramfs``, and lib/modules/VERSION.
    """
    home = cache() / name
    if prepared(name):
        return home
    kernel = KERNELS.get(name)
    if kernel is None:
        raise Problem(f"there is no kernel {name!r}; these are: {', '.join(KERNELS)}")
    image = "image" in kernel.package
    _need("unshare", "setpriv", "dpkg", "apt-get", "xz")
    _need(*(("gcc", "make", "flex", "bison", "bc") if kernel.configs else ("depmod",)))
    if image:
        _need("busybox", "qemu-system-x86_64")
    print(f"vm: preparing kernel {name} in {home}, once ...", file=sys.stderr, flush=True)
    cache().mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=cache()))
    begun = time.monotonic()
    try:
        _unpack(kernel.package, new)
        if kernel.configs:
            _build(new, kernel.configs)
        else:
            _modules(new)
        if image:
            _initramfs(new)
        elif not kernel.configs:
            (new / "usr/bin/linux.uml").rename(new / "linux")
        (new / "ready").write_text(f"{time.monotonic() - begun:.0f} s\n{_stamp(kernel)}\n")
        shutil.rmtree(home, ignore_errors=True)
        new.rename(home)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return home


def _need(*tools: str) -> None:
    path = os.environ.get("PATH", "") + _SBIN
    missing = sorted({_PACKAGES.get(tool, tool) for tool in tools if not shutil.which(tool, path=path)})
    if missing:
        raise Problem(f"missing tools: apt-get install --no-install-recommends {' '.join(missing)}")


def shell(script: str, directory: Path | str | None = None) -> str:
    """Output of a bash script that ends at the first failure. Raises Problem with its last lines."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory,
        env=os.environ | {"PATH": os.environ.get("PATH", "") + _SBIN},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise Problem(f"failed: {script}\n" + "\n".join(done.stdout.strip().splitlines()[-15:]))
    return done.stdout


def _unpack(package: str, into: Path) -> None:
    """Fetch a package and the kernel packages it depends on, and unpack them: no script of theirs is run, nothing is installed."""
    packages = {package}
    for _ in range(2):  # the image's name is that of a package which depends on the newest one
        found = shell(f"apt-cache depends {' '.join(sorted(packages))} || true")
        packages.update(re.findall(r"^  Depends: (linux-(?:image|source|binary|modules)-\d\S+)", found, re.MULTILINE))
    excluded = " ".join(f"--exclude='*/kernel/{pattern}'" for pattern in _EXCLUDED)
    with tempfile.TemporaryDirectory() as fetched:
        try:
            shell(f"apt-get download -q -o APT::Sandbox::User=root {' '.join(sorted(packages))}", fetched)
        except Problem as problem:
            raise Problem(f"cannot fetch {package} (no network? apt-get update needed?)\n{problem}") from None
        shell(f"for package in {fetched}/*.deb; do dpkg --fsys-tarfile $package | tar -x {excluded} -C {into}; done")


def _build(new: Path, configs: Sequence[str]) -> None:
    """User-mode Linux from the source package, of the options in ``configs`` and nothing else."""
    (new / "config").write_text("".join((HERE / name).read_text() for name in configs))
    shell(
        """
        mkdir -p src lib/modules
        tar -C src --strip-components=1 -xf usr/src/linux-source-*.tar.xz
        cd src
        export ARCH=um
        make -s KCONFIG_ALLCONFIG=../config allnoconfig
        make -s -j"$(nproc)" linux
        strip -o ../linux linux
        cd ..
        rm -rf src usr
        """,
        new,
    )


def _modules(new: Path) -> None:
    shell(
        """
        for directory in usr/lib/uml/modules usr/lib/modules; do
          [ ! -d $directory ] || { mkdir -p lib; mv $directory lib/modules; }
        done
        version=$(ls lib/modules)
        find lib -name '*.ko.xz' -print0 | xargs -0r xz -d
        depmod -b . $version
        rm -rf usr/share
        """,
        new,
    )


def _initramfs(new: Path) -> None:
    """What finds the host's files over 9p and hands over to the first process there."""
    shell(
        """
        mv $(ls -d boot/vmlinuz-* lib/modules/*/vmlinuz 2>/dev/null) vmlinuz
        mkdir -p i/bin i/m i/l
        cp "$(command -v busybox)" i/bin/
        number=10
        for module in $(for wanted in virtio_pci virtio_console 9pnet_virtio 9p overlay; do
              modprobe -d . -S $(ls lib/modules) --show-depends $wanted
            done | awk '$1 == "insmod" && !seen[$2]++ {print $2}'); do
          cp $module i/m/$number-$(basename $module)
          number=$((number + 1))
        done
        """,
        new,
    )
    (new / "i/init").write_text(
        "#!/bin/busybox sh\n"
        "for module in /m/*; do /bin/busybox insmod $module; done\n"
        "/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro root /l\n"
        "exec /bin/busybox switch_root /l /bin/sh $INIT\n"
    )
    shell("chmod 755 i/init; (cd i; find . | busybox cpio -o -H newc) > initramfs; rm -rf i boot", new)
