"""Taking the names of many namespaces away, so that they die together, and waiting for it.

Why so: docs/design/007-teardown.md.
"""

from __future__ import annotations

import os

from nsmgr.kernel import netns
from nsmgr.kernel.descriptors import ensure_room, let_go

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nsmgr.kernel.gone import DeathWatch

FEW = 20  # namespaces: so many die together before cleanup_net() has woken up, more often than not
AHEAD = 400  # namespaces: removing so many names takes as long as the shortest run of cleanup_net()


class Unnaming:
    """Removes names and remembers whose end to wait for."""

    def __init__(self) -> None:
        self._deaths: DeathWatch | None = None
        self._unwatched: set[str] = set()

    def close(self) -> None:
        if self._deaths is not None:
            self._deaths.close()
            self._deaths = None

    def unname(self, names: Sequence[str], close_sockets: Callable[[], None] | None = None) -> list[OSError | None]:
        """Remove the names while a descriptor of ours holds each namespace, then let go of all at once; an outcome each.

        Else cleanup_net() would begin with the first, and every unmount wait for it: synchronize_rcu_expedited() takes 40 µs
        on an idle machine, 350 beside cleanup_net(), which itself is the quicker the more it finds on its list.

        Args:
            close_sockets: closes those the caller has open in some of them.
        """
        outcomes: list[OSError | None] = []
        held: dict[str, int] = {}
        room = ensure_room(len(names))
        try:
            for first in range(0, len(names), room):
                let_go(held.values())
                part = names[first : first + room]
                held = netns.hold(part)
                self._expect(held, close_sockets is not None)
                outcomes += _remove(part, held)
            if close_sockets is not None:
                close_sockets()
        finally:
            if self._deaths is not None:
                self._deaths.release(held.values())
            else:
                let_go(held.values())
        return outcomes

    def wait(self, names: Sequence[str], timeout: float, held: Callable[[list[str]], None] | None) -> list[str]:
        """Those of ``names`` that are not known to be gone after ``timeout`` seconds; see :meth:`KernelPort.wait_gone`.

        Where no namespace could be made to watch from, nothing is known, and all of them are returned at once.
        """
        alive = self._deaths.wait(names, timeout, held) if self._deaths is not None else set()
        return [name for name in names if name in alive or name in self._unwatched]

    def _expect(self, held: dict[str, int], sockets: bool) -> None:
        """Have the deaths of these namespaces watched from now on; ``sockets``: the caller has some in them."""
        try:
            if self._deaths is None:
                from nsmgr.kernel.gone import DeathWatch

                self._deaths = DeathWatch()
            self._deaths.expect(held, sockets)
        except OSError:
            self._unwatched.update(held)


def _remove(names: Sequence[str], held: dict[str, int]) -> list[OSError | None]:
    """Take the names away. One of many goes ahead, so that cleanup_net() is at work when the others die: they come to its
    next run, all of them, and have waited for the end of the first (30 ms, two rcu_barrier()) while names were removed.
    """
    ahead = max(0, len(names) - AHEAD) if len(names) > FEW else -1
    outcomes: list[OSError | None] = []
    for position, name in enumerate(names):
        try:
            netns.remove(name)
        except OSError as error:
            outcomes.append(error)
        else:
            outcomes.append(None)
        if position == ahead and name in held:
            os.close(held.pop(name))
    return outcomes
