"""TUN and TAP devices: rtnetlink refuses to make them (tun_validate), an ioctl on /dev/net/tun does."""

from __future__ import annotations

import errno
import fcntl
import os
import struct

from nsmgr.errors import UnsupportedByKernel
from nsmgr.model.attr import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEVICE = "/dev/net/tun"
IFF_TUN, IFF_TAP, IFF_MULTI_QUEUE, IFF_NO_PI, IFF_VNET_HDR, IFF_TUN_EXCL = 0x1, 0x2, 0x100, 0x1000, 0x4000, 0x8000
TUNSETIFF, TUNSETPERSIST, TUNSETOWNER, TUNSETGROUP, TUNSETIFINDEX = 0x400454CA, 0x400454CB, 0x400454CC, 0x400454CE, 0x400454DA
_IFREQ = struct.Struct("=16sH22x")
_INDEX = struct.Struct("=I")


def unavailable() -> str:
    """Why /dev/net/tun cannot be used, in words; "" when it can."""
    try:
        os.close(os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"{DEVICE}: {error.strerror}"
    return ""


def create(name: str, kind: str, index: int, attrs: Mapping[str, Value]) -> int:
    """Make a persistent device in the calling thread's namespace; returns how many ioctls that took.

    Args:
        kind: "tun" or "tap". index: the wanted ifindex, 0 = the kernel's choice.
        attrs: owner and owner_group (numeric ids), multi_queue, pi, vnet_hdr; everything else is for rtnetlink.

    Raises:
        UnsupportedByKernel: no /dev/net/tun, or no driver behind it.
        OSError: EBUSY (a device has that name or index), EPERM, EINVAL.
    """
    fd = _device(kind)
    try:
        if index:
            fcntl.ioctl(fd, TUNSETIFINDEX, _INDEX.pack(index))
        # Without EXCL, TUNSETIFF attaches to an existing device of that name.
        fcntl.ioctl(fd, TUNSETIFF, _IFREQ.pack(name.encode(), _flags(kind, attrs) | IFF_TUN_EXCL))
        done = _owners(fd, attrs)
        fcntl.ioctl(fd, TUNSETPERSIST, 1)  # last: should anything before fail, the device goes with the descriptor
    finally:
        os.close(fd)
    return done + 2 + bool(index)


def change(name: str, kind: str, attrs: Mapping[str, Value]) -> int:
    """Change owner, group, pi or vnet_hdr of an existing persistent device; returns how many ioctls that took.

    ``attrs`` must have them all: attaching to the device sets its flags to what this attachment says. OSError EINVAL =
    multi_queue differs, EBUSY = its only queue is in use. Its carrier, down without a process, does not change.
    """
    fd = _device(kind)
    try:
        fcntl.ioctl(fd, TUNSETIFF, _IFREQ.pack(name.encode(), _flags(kind, attrs)))
        done = _owners(fd, attrs)
    finally:
        os.close(fd)
    return done + 1


def _device(kind: str) -> int:
    try:
        return os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
            raise UnsupportedByKernel(f"{kind} devices", f"{DEVICE}: {error.strerror}", hint="modprobe tun") from error
        raise


def _flags(kind: str, attrs: Mapping[str, Value]) -> int:
    flags = IFF_TAP if kind == "tap" else IFF_TUN
    flags |= 0 if attrs.get("pi") else IFF_NO_PI
    flags |= IFF_MULTI_QUEUE if attrs.get("multi_queue") else 0
    return flags | (IFF_VNET_HDR if attrs.get("vnet_hdr") else 0)


def _owners(fd: int, attrs: Mapping[str, Value]) -> int:
    done = 0
    for request, value in ((TUNSETOWNER, attrs.get("owner")), (TUNSETGROUP, attrs.get("owner_group"))):
        if isinstance(value, int):
            fcntl.ioctl(fd, request, value - (1 << 32) if value >= 1 << 31 else value)  # the argument is a C int
            done += 1
    return done
