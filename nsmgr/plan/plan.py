"""A plan: what will be done, as values. Printed, saved, counted, applied: always the same object.

Two levels. An :class:`Operation` is what a person reads (one object, one action, its attributes). A :class:`Step` is one
request to the kernel that serves an operation; a batch of steps goes out in one ``sendmsg``.
"""

from __future__ import annotations

from nsmgr.light import Enum, IntEnum
from nsmgr.model.attr import Value
from nsmgr.plan.state import NOTHING, Path
from nsmgr.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any


class Action(Enum):
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    MOVE = "move"

    @property
    def sign(self) -> str:
        return {"create": "+", "update": "~", "replace": "-/+", "delete": "-", "move": ">"}[self.value]


class AttrChange(Record, frozen=True):
    """observed None = not there before; desired None = taken away."""

    name: str
    observed: Value
    desired: Value
    forces_replacement: bool = False


class Operation(Record, frozen=True):
    """One object, one action. ``key``: the object's canonical text.

    type: namespace, link, address, route, rule, sysctl, or a thing's.
    """

    id: int
    action: Action
    netns: str
    type: str
    key: str
    changes: tuple[AttrChange, ...] = ()
    reason: str = ""
    origin: Path = ()


class Verb(IntEnum):
    """What a step asks. The fields of Step that each verb uses:

    NETNS_ADD      netns; args {"repair": bool} (unlink a stale file first)
    NETNS_DEL      netns; waits for nothing itself
    LINK_ADD       index, name, kind, attrs (top level, kind data, flags; references are already ifindexes; "state" included);
                   args: {"target": netns | absent (the link is born there instead of ``netns``, the sender's),
                          "peer": {"netns", "name", "index", "attrs"} for pairs}
    TUN_ADD        index, name, kind "tun"|"tap", attrs   (ioctl, not netlink)
    LINK_SET       index, kind, attrs (top level + flags + inet6), args {"rename": new name} optional
    LINK_DATA      index, kind, attrs (kind data only: RTM_NEWLINK without CREATE; full set where the kind needs it)
    LINK_PORT      index, name, kind of the controller, attrs (options as a port of it, without prefix)
    LINK_GENL      index, kind, attrs (those of the kind's generic netlink family, Where.GENL)
    LINK_MOVE      index, name, args {"target": netns, "rename": name, "new_index": int}; kind: of a link made only to be moved
    LINK_DEL       index, name
    ALTNAME_ADD/ALTNAME_DEL  index, args {"names": tuple}
    ADDR_ADD       index (of the link), name (link), obj Address; args {"replace": bool}
    ADDR_DEL       index, name, obj Address (as observed)
    ROUTE_ADD      obj Route with nexthop dev names; args {"replace": bool, "indexes": {dev name: ifindex}}
    ROUTE_DEL      obj Route; args {"indexes": …}
    RULE_ADD / RULE_DEL  obj Rule
    SYSCTL         name dotted key, args {"value": text}
    THING_ADD      obj Thing; index, name (its link); args {"replace": bool, "indexes": {link name: ifindex}}
    THING_SET      obj Thing as it shall be; index, name; args {"observed": Thing as it is, "indexes": …}
    THING_DEL      obj Thing as observed; index, name; args {"indexes": …}
    """

    NETNS_ADD = 1
    NETNS_DEL = 2
    LINK_ADD = 3
    TUN_ADD = 4
    LINK_SET = 5
    LINK_DATA = 6
    LINK_MOVE = 7
    LINK_DEL = 8
    ALTNAME_ADD = 9
    ALTNAME_DEL = 10
    ADDR_ADD = 11
    ADDR_DEL = 12
    ROUTE_ADD = 13
    ROUTE_DEL = 14
    RULE_ADD = 15
    RULE_DEL = 16
    SYSCTL = 17
    LINK_PORT = 18
    THING_ADD = 19
    THING_SET = 20
    THING_DEL = 21
    LINK_GENL = 22


class Step(Record):
    """One request. ``netns`` is the namespace whose socket (or /proc view) carries it.

    needs: ids of steps without which this one is not sent: they failed → this one is skipped.
    """

    id: int
    op: int
    verb: Verb
    netns: str
    index: int = 0
    name: str = ""
    kind: str = ""
    attrs: Mapping[str, Value] = NOTHING
    args: Mapping[str, Any] = NOTHING
    obj: Any = None
    needs: tuple[int, ...] = ()


class Batch(Record, frozen=True):
    """Steps for one namespace, in order, sent together. NETNS_ADD/NETNS_DEL batches hold many namespaces (netns "")."""

    netns: str
    steps: tuple[Step, ...]


class Verdict(Record, frozen=True):
    """The kernel's answer to one step: errno 0 = ok. ``skipped``: not sent, ``blame`` is the step id that failed before it.

    errno -1 = the answer was lost (outcome unknown: re-read).
    """

    step: int
    errno: int = 0
    extack: str = ""
    attribute: str = ""
    skipped: bool = False
    blame: int = -1

    @property
    def ok(self) -> bool:
        return self.errno == 0 and not self.skipped


class Summary(Record, frozen=True):
    create: int = 0
    update: int = 0
    replace: int = 0
    move: int = 0
    delete: int = 0


class Plan(Record, frozen=True):
    """Immutable; ``bool(plan)`` is False when there is nothing to do."""

    deployment: str
    operations: tuple[Operation, ...] = ()
    steps: tuple[Step, ...] = ()
    batches_: tuple[Batch, ...] = ()
    warnings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.operations)

    def batches(self) -> Iterator[Batch]:
        """One netlink send per namespace and phase, split only where a dependency crosses namespaces."""
        return iter(self.batches_)

    @property
    def summary(self) -> Summary:
        counts = dict.fromkeys(Action, 0)
        for operation in self.operations:
            counts[operation.action] += 1
        return Summary(
            counts[Action.CREATE], counts[Action.UPDATE], counts[Action.REPLACE], counts[Action.MOVE], counts[Action.DELETE]
        )

    def steps_of(self, operation: Operation) -> Sequence[Step]:
        return [step for step in self.steps if step.op == operation.id]
