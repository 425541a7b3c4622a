"""Sending a batch's netlink steps on one socket, and turning the kernel's answers into verdicts."""

from __future__ import annotations

import errno
import os
import sys

from nsmgr.kernel import messages
from nsmgr.kernel.codec import CodecError
from nsmgr.kernel.rtnl import LOST, OK, Answer, RtnlSocket
from nsmgr.kernel.verdicts import verdict
from nsmgr.plan.plan import Step, Verb, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias

GROUP_DELETE_FROM = 4  # links; below it the extra SETLINKs cost more than they save

FdOf: TypeAlias = "Callable[[str], int]"


def send(socket: RtnlSocket, steps: Sequence[Step], fd_of: FdOf, failed: dict[int, int]) -> list[Verdict]:
    """Carry out netlink steps of one namespace in order, in one send; long runs of LINK_DEL go as a group."""
    verdicts: list[Verdict] = []
    for part, deletes in _split_deletes(steps):
        verdicts += _delete_links(socket, part, fd_of, failed) if deletes else _send(socket, part, fd_of, failed)
    return verdicts


def _split_deletes(steps: Sequence[Step]) -> Iterator[tuple[Sequence[Step], bool]]:
    start = position = 0
    while position < len(steps):
        stop = position
        while stop < len(steps) and steps[stop].verb is Verb.LINK_DEL:
            stop += 1
        if stop - position >= GROUP_DELETE_FROM:
            if position > start:
                yield steps[start:position], False
            yield steps[position:stop], True
            start = stop
        position = max(stop, position + 1)
    if start < len(steps):
        yield steps[start:], False


def _send(socket: RtnlSocket, steps: Sequence[Step], fd_of: FdOf, failed: dict[int, int]) -> list[Verdict]:
    batch: list[bytes] = []
    bounds: list[tuple[int, int] | Answer] = []
    for step in steps:
        try:
            encoded = messages.encode(step, fd_of)
        except CodecError as error:
            bounds.append(Answer(errno.EINVAL, f"cannot be encoded: {error}"))
        except OSError as error:  # fd_of: the other namespace is not there
            bounds.append(Answer(error.errno or errno.ENOENT, str(error)))
        else:
            bounds.append((len(batch), len(batch) + len(encoded)))
            batch += encoded
    answers = transact(socket, batch)
    verdicts = []
    for step, bound in zip(steps, bounds, strict=True):
        answer = bound if isinstance(bound, Answer) else _first_error(answers[bound[0] : bound[1]])
        verdicts.append(verdict(step, failed, answer, _attribute(answer)))
    return verdicts


def _attribute(answer: Answer) -> str:
    """The attribute that the kernel complains about; "" where it names none."""
    if answer.errno <= 0 or not answer.offset:
        return ""
    from nsmgr.kernel.describe import attribute_path

    return attribute_path(answer.message, answer.offset)


def transact(socket: RtnlSocket, batch: Sequence[bytes]) -> list[Answer]:
    """:meth:`RtnlSocket.transact`, with a refused send as the outcome "unknown" of every message."""
    try:
        return socket.transact(batch)
    except OSError:
        return [Answer(LOST, message=message) for message in batch]


def _first_error(answers: Iterable[Answer]) -> Answer:
    """A step of several messages fails with the first that fails; a warning counts when nothing did."""
    warning = OK
    for answer in answers:
        if answer.errno:
            return answer
        if answer.extack and not warning.extack:
            warning = answer
    return warning


def _delete_links(socket: RtnlSocket, steps: Sequence[Step], fd_of: FdOf, failed: dict[int, int]) -> list[Verdict]:
    """Delete many links by one RTM_DELLINK of a group made for that: one RCU wait for all, not one each (17 ms).

    rtnl_group_dellink() refuses as a whole when one of them cannot be deleted; then they go one by one.
    """
    group = int.from_bytes(os.urandom(4), sys.byteorder) | 1 << 31  # unused as far as anybody can tell
    encoded = messages.encode_group_delete([step.index for step in steps], group)
    answers = transact(socket, encoded)
    marks, delete = answers[: len(steps)], answers[len(steps) :]
    if not any(answer.errno for answer in delete) and all(answer.errno in (0, errno.ENODEV) for answer in marks):
        return [Verdict(step.id) for step in steps]
    if all(answer.errno == errno.ENODEV for answer in marks):
        return [Verdict(step.id) for step in steps]
    return _send(socket, steps, fd_of, failed)
