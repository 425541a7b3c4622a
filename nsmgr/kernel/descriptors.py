"""How many descriptors there may be, and many closed at once."""

from __future__ import annotations

import os
import resource

from nsmgr.errors import NsmgrError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

SPARE_FILES = 64


def ensure_files(count: int) -> None:
    """Make room for ``count`` more-or-less permanent descriptors: raise RLIMIT_NOFILE towards the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + SPARE_FILES
    if soft == resource.RLIM_INFINITY or wanted <= soft:
        return
    if hard != resource.RLIM_INFINITY and wanted > hard:
        raise NsmgrError(
            f"{wanted} open files are needed at once, the hard limit of this process is {hard}",
            hint=f"raise it: ulimit -Hn {wanted}, or LimitNOFILE= of the systemd unit",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else hard, hard))


def ensure_room(wanted: int) -> int:
    """For how many of the ``wanted`` passing descriptors there is room once the limit has been raised; at least 1."""
    used = len(os.listdir("/proc/self/fd"))
    try:
        ensure_files(wanted + used)
    except NsmgrError:
        return max(1, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE_FILES - used)
    return max(1, wanted)


def let_go(descriptors: Iterable[int]) -> None:
    """Close them as fast as can be, a run of numbers in one close_range(2), so that what they hold dies together."""
    order = sorted(descriptors)
    while order:
        run = 1
        while run < len(order) and order[run] == order[0] + run:
            run += 1
        os.closerange(order[0], order[0] + run)
        del order[:run]
