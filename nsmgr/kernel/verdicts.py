"""The kernel's answer to a step → the verdict on it. Pure."""

from __future__ import annotations

import errno

from nsmgr.plan.plan import Verb, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from nsmgr.kernel.wire import Answer
    from nsmgr.plan.plan import Step

# What a delete answers when the thing went before: by a cascade in the kernel or by somebody else. That is what was wanted.
_GONE = {
    Verb.NETNS_DEL: {errno.ENOENT},
    Verb.LINK_DEL: {errno.ENODEV},
    Verb.ALTNAME_DEL: {errno.ENOENT, errno.ENODEV},
    Verb.ADDR_DEL: {errno.EADDRNOTAVAIL, errno.ENODEV},
    Verb.ROUTE_DEL: {errno.ESRCH, errno.ENODEV, errno.ENOENT},
    Verb.RULE_DEL: {errno.ENOENT},
}
# What a request answers whose link, address or route was to be made by an earlier one of the same send, and was not.
_CONSEQUENCES = frozenset(
    {
        errno.ENODEV, errno.ENXIO, errno.EINVAL, errno.ESRCH, errno.ENOENT, errno.EADDRNOTAVAIL,
        errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENOTCONN,
    }
)  # fmt: skip


def gone(step: Step) -> Collection[int]:
    """The errnos that mean: what was to be deleted is not there any more."""
    if step.verb is Verb.THING_DEL:
        from nsmgr.model.thing import thing_type

        return thing_type(step.obj.type).GONE
    found: Collection[int] = _GONE.get(step.verb, ())
    if step.verb is Verb.ROUTE_DEL and "nhid" in step.obj.attrs:
        return {*found, errno.EINVAL}  # the route went with its next hop object, and the kernel knows no such (fib_table_delete)
    return found


def verdict(step: Step, failed: dict[int, int], answer: Answer, attribute: str = "") -> Verdict:
    """The verdict on a step that was carried out; keeps the books in ``failed`` (step id → id of the root failure)."""
    if not answer.errno or answer.errno in gone(step):
        return Verdict(step.id, extack=answer.extack)
    blame = next((failed[need] for need in step.needs if need in failed), None)
    if blame is not None and answer.errno in _CONSEQUENCES:
        failed[step.id] = blame
        return Verdict(step.id, skipped=True, blame=blame)
    failed[step.id] = step.id
    return Verdict(step.id, answer.errno, answer.extack, attribute)
