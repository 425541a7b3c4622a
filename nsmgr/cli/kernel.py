"""The kernel as the verbs open it."""

from __future__ import annotations

from contextlib import contextmanager

from nsmgr.cli import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from nsmgr.kernel.linux import LinuxKernel


_held: list[LinuxKernel] = []


@contextmanager
def kernel() -> Iterator[LinuxKernel]:
    """A LinuxKernel; closed afterwards, unless the process ends right away and the kernel closes a thousand sockets quicker."""
    from nsmgr.kernel.linux import LinuxKernel

    opened = LinuxKernel()
    try:
        yield opened
    finally:
        if output.settings.last_act:
            _held.append(opened)  # or the sockets' finalizers would close them one by one all the same
        else:
            opened.close()
