"""The requests of a plan, one by one, as ``plan --messages`` shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nsmgr.model.kind import kind
from nsmgr.model.port import port
from nsmgr.model.thing import thing_type
from nsmgr.plan.plan import Plan, Step, Verb

_THINGS = (Verb.THING_ADD, Verb.THING_SET, Verb.THING_DEL)
_OTHER = {
    Verb.NETNS_ADD: "unshare(CLONE_NEWNET), mount --bind on /run/netns/{name}",
    Verb.NETNS_DEL: "umount, unlink /run/netns/{name}",
    Verb.TUN_ADD: "ioctl(/dev/net/tun, TUNSETIFF) {kind} {name}",
    Verb.SYSCTL: "write {value} to {name}",
    Verb.LINK_PORT: "generic netlink, family {family}, port {name}: {attrs}",
    Verb.LINK_GENL: "generic netlink, family {family}, {name}: {attrs}",
}


def documents(plan: Plan) -> Iterator[dict[str, Any]]:
    """One document a request: namespace, operation, and either ``message`` (type, flags, attributes, hex) or ``call``.

    A namespace descriptor (IFLA_NET_NS_FD) is only known when the message is sent; ``descriptors`` says which number
    stands for which namespace here.
    """
    from nsmgr.kernel.describe import describe
    from nsmgr.kernel.messages import encode

    operations = {operation.id: operation for operation in plan.operations}
    for batch in plan.batches():
        for step in batch.steps:
            operation = operations[step.op]
            head = {
                "step": step.id,
                "namespace": step.netns,
                "for": f"{operation.action.value} {operation.type} {operation.key}".strip(),
            }
            if step.verb in _OTHER and (step.verb is not Verb.LINK_PORT or port(step.kind).GENL):
                attrs = ", ".join(f"{name} {value}" for name, value in step.attrs.items())
                words = {"name": step.name, "kind": step.kind, "value": step.args.get("value", ""), "attrs": attrs}
                yield head | {"call": _OTHER[step.verb].format(family=kind(step.kind).GENL, **words)}
                continue
            if step.verb in _THINGS and thing_type(step.obj.type).CARRIER == "own":
                yield head | {"call": _by_hand(step)}
                continue
            descriptors = _Descriptors()
            for message in encode(step, descriptors):
                document = head | {"message": describe(message)}
                yield document | ({"descriptors": descriptors.named()} if descriptors.numbers else {})


def _by_hand(step: Step) -> str:
    """What a type's own codec does, in words: its requests may carry keys, and are not made here."""
    attrs = ", ".join(f"{name} {value}" for name, value in step.obj.attrs.items())
    said = {Verb.THING_ADD: "make", Verb.THING_SET: "change", Verb.THING_DEL: "remove"}[step.verb]
    return f"{said} {step.obj.type} {step.obj.key}" + (f": {attrs}" if step.verb is not Verb.THING_DEL else "")


class _Descriptors:
    """fd_of for a message that is only looked at: small numbers in order of use."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, netns: str) -> int:
        return self.numbers.setdefault(netns, 100 + len(self.numbers))

    def named(self) -> dict[str, str]:
        return {str(number): netns for netns, number in self.numbers.items()}


def text(plan: Plan) -> Iterator[str]:
    """The same for people, one block a request."""
    for document in documents(plan):
        lines = [f"{document['namespace']}: {document['for']}"]
        if "call" in document:
            lines.append(f"  {document['call']}")
        else:
            message = document["message"]
            lines.append(f"  {message['type']} {'|'.join(message['flags'])}")
            lines.append(f"    {', '.join(f'{name} {value}' for name, value in message['header'].items())}")
            lines += _attributes(message["attributes"], 4)
            lines += [f"    # descriptor {number} = namespace {netns}" for number, netns in document.get("descriptors", {}).items()]
            lines += _hex(message["hex"])
        yield "\n".join(lines)


def _attributes(attributes: list[Any], indent: int) -> Iterator[str]:
    pad = " " * indent
    for name, value in attributes:
        if isinstance(value, list) and value and all(_is_attribute(part) for part in value):
            yield f"{pad}{name}"
            yield from _attributes(value, indent + 2)
        elif isinstance(value, list) and len(value) == 2 and isinstance(value[0], dict) and isinstance(value[1], list):
            header = " ".join(f"{key}={part}" for key, part in value[0].items())
            yield f"{pad}{name} {header}"
            yield from _attributes(value[1], indent + 2)
        else:
            yield f"{pad}{name} = {value}"


def _is_attribute(part: object) -> bool:
    return isinstance(part, list) and len(part) == 2 and isinstance(part[0], str)


def _hex(digits: str) -> list[str]:
    """32 bytes a line, in groups of 4: the length of a netlink word."""
    words = [digits[i : i + 8] for i in range(0, len(digits), 8)]
    return [f"    {' '.join(words[i : i + 8])}" for i in range(0, len(words), 8)]
