"""A KernelPort around another that fails where it is told to."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping, Sequence

from nsmgr.errors import KernelError
from nsmgr.kernel.port import Counters, KernelPort, Observation, Want
from nsmgr.plan.plan import Batch, Step, Verdict

LOST, SILENT = -1, 0  # the answer to one step was lost; the call as a whole was not answered
FAULTS = {
    "EPERM": errno.EPERM,
    "EBUSY": errno.EBUSY,
    "EEXIST": errno.EEXIST,
    "ENODEV": errno.ENODEV,
    "ENOBUFS": errno.ENOBUFS,
    "ENOMEM": errno.ENOMEM,
    "EINVAL": errno.EINVAL,
    "lost ACK": LOST,
    "time-out": SILENT,
}


class Faulty:
    """``at``: ordinal of the step that fails with ``number``. again: so does one so many steps later, with EPERM (the way back).

    A lost answer: the step is carried out. SILENT: it is carried out, and the call raises, as do no others.
    blind: reads that raise SILENT, by ordinal.
    """

    def __init__(self, kernel: KernelPort, at: int, number: int, *, again: int = -1, blind: Iterable[int] = ()) -> None:
        self.kernel, self.faults, self.blind = kernel, {at: number}, frozenset(blind)
        if again >= 0:
            self.faults[at + 1 + again] = errno.EPERM
        self.done = self.reads = self.hit = 0

    @property
    def counters(self) -> Counters:
        return self.kernel.counters

    def observe(self, wants: Mapping[str, Want], *, remember: bool = False) -> Observation:
        self.reads += 1
        if self.reads - 1 in self.blind:
            self.hit += 1
            raise KernelError("read links")
        return self.kernel.observe(wants, remember=remember)

    def probe(self, kinds: Iterable[str]) -> dict[str, str]:
        return self.kernel.probe(kinds)

    def probe_sysctls(self, keys: Iterable[str]) -> dict[str, str]:
        return self.kernel.probe_sysctls(keys)

    def transact(self, batch: Batch) -> list[Verdict]:
        first, self.done = self.done, self.done + len(batch.steps)
        due = [at for at in sorted(self.faults) if first <= at < self.done]
        if not due:
            return self.kernel.transact(batch)
        position = due[0] - first
        number = self.faults.pop(due[0])
        self.hit += 1
        carried = position + (number in (LOST, SILENT))
        verdicts = self._send(batch.netns, batch.steps[:carried])
        step = batch.steps[position]
        if number == SILENT:
            raise KernelError("change links", netns=batch.netns)
        failed = {verdict.step: verdict.step for verdict in verdicts if not verdict.ok}
        if number == LOST:
            verdicts.pop()
        verdicts.append(Verdict(step.id, number))
        failed[step.id] = step.id
        self.done = due[0] + 1
        for later in batch.steps[position + 1 :]:
            blame = next((failed[need] for need in later.needs if need in failed), None)
            if blame is None:
                verdicts += self.transact(Batch(batch.netns, (later,)))
            else:
                self.done += 1
                failed[later.id] = blame
                verdicts.append(Verdict(later.id, skipped=True, blame=blame))
        return verdicts

    def _send(self, netns: str, steps: tuple[Step, ...]) -> list[Verdict]:
        return self.kernel.transact(Batch(netns, steps)) if steps else []

    def list_netns(self) -> list[str]:
        return self.kernel.list_netns()

    def wait_gone(
        self, names: Sequence[str], cookies: Sequence[int], timeout: float, held: Callable[[list[str]], None] | None = None
    ) -> list[str]:
        return self.kernel.wait_gone(names, cookies, timeout, held)

    def close(self) -> None:
        """Whoever made the other closes it."""
