"""The kernel as the verbs open it."""

from __future__ import annotations

from nsmgr.cli import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nsmgr.kernel.linux import LinuxKernel


_held: list[LinuxKernel] = []


class kernel:  # noqa: N801 - read as a function: ``with kernel() as linux:``
    """A LinuxKernel; closed afterwards, unless the process ends right away and the kernel closes a thousand sockets quicker."""

    def __enter__(self) -> LinuxKernel:
        from nsmgr.kernel.linux import LinuxKernel

        self._opened = LinuxKernel()
        return self._opened

    def __exit__(self, *_: object) -> None:
        if output.settings.last_act:
            _held.append(self._opened)  # or the sockets' finalizers would close them one by one all the same
        else:
            self._opened.close()
