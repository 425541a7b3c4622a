"""May we touch this? Refusals computed before anything is planned, so that nothing has been touched when they are raised."""

from __future__ import annotations

from nsmgr.errors import ConflictError, NsmgrError
from nsmgr.plan.plan import Plan
from nsmgr.plan.state import HOST, DesiredNetns, DesiredState, ObservedState


def check_claims(desired: DesiredState, observed: ObservedState) -> None:
    """Refuse namespaces that exist and are not this deployment's.

    Raises:
        ConflictError: a declared name is taken by a namespace this deployment did not make and may not adopt, or two
            deployments claim it; one message with a line for each.
        NsmgrError: a namespace to adopt (``from:``) does not exist.
    """
    conflicts, missing, hint = [], [], ""
    for name, netns in desired.namespaces.items():
        owner = observed.foreign_owner.get(name)
        if owner and not netns.adopt:
            conflicts.append(f"namespace {name} belongs to deployment {owner}, deployment {desired.name} claims it too")
            hint = f"take it out of one of the two files, or `nsmgr destroy {owner}`"
        elif (state := observed.namespaces.get(name)) is None:
            if netns.source not in ("create",) and name != HOST:
                missing.append(f"namespace {name} ({netns.source.replace(':', ' ')}) does not exist")
        elif not may_manage(netns, observed, state.cookie):
            recorded = observed.owned.namespaces.get(name)
            why = "was re-created by somebody else" if recorded else f"exists and was not made by deployment {desired.name}"
            conflicts.append(f"namespace {name} {why}")
            hint = "`adopt: true` in the namespace takes it over, `from: {path: …}` manages only what is declared in it"
    if conflicts:
        raise ConflictError("; ".join(conflicts), hint=hint)
    if missing:
        raise NsmgrError(
            "; ".join(missing), hint="is the process still running? `from: {pid: …}` needs its number in this pid namespace"
        )


def check_contested(desired: DesiredState, observed: ObservedState, plan: Plan) -> None:
    """Refuse to change what another deployment made, also where the file says ``adopt``: the two would undo each other's work.

    Describing it is no claim: the export of a namespace plans to nothing, whoever made it.
    """
    for operation in plan.operations if observed.foreign_owner or observed.foreign_objects else ():
        made = (operation.type, operation.key)
        other = observed.foreign_objects.get(operation.netns, {}).get(made)
        # What both have written down (of a time when one could) can still be taken away by either.
        if other and made not in observed.owned.objects.get(operation.netns, ()):
            raise ConflictError(
                f"{operation.type} {operation.key} in namespace {operation.netns} belongs to deployment {other}, "
                f"deployment {desired.name} wants to {operation.action.value} it",
                hint=f"take it out of one of the two files, or `nsmgr destroy {other}`",
            )
        owner = observed.foreign_owner.get(operation.netns)
        if owner:
            raise ConflictError(
                f"namespace {operation.netns} belongs to deployment {owner}, deployment {desired.name} wants to change it "
                f"({operation.action.value} {operation.type} {operation.key})",
                hint=f"change it in the files of {owner}, or `nsmgr destroy {owner}` first",
            )


def may_manage(netns: DesiredNetns, observed: ObservedState, cookie: int) -> bool:
    """Whether an existing namespace of this name is ours, or offered by the configuration.

    A recorded cookie of 0 means: the name was free when this deployment set out to make it, and the process died
    before it could write down the identity.
    """
    if netns.source != "create" or netns.adopt or netns.name == HOST:
        return True
    recorded = observed.owned.namespaces.get(netns.name)
    return recorded is not None and recorded in (0, cookie)
