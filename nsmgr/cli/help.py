"""Written by nsmgr.cli.generate from the verbs: edit those, then `make tables`."""

from __future__ import annotations

MADE_WITH = "typer 0.29.2"  # other versions may set the same words differently
TEXTS: dict[str, str] = {
    "": """\
Usage: nsmgr [OPTIONS] COMMAND [ARGS]...

  Declarative configuration of Linux network namespaces.

Options:
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  --version                       Print the version.
  --install-completion            Install completion for the current shell.
  --show-completion               Show completion for the current shell, to
                                  copy it or customize the installation.
  -h, --help                      Show this message and exit.

Commands:
  apply     Make it so: observe, plan, execute, verify; on failure or...
  plan      What apply would do.
  check     Is the kernel in the described state? Exit status 3, with the...
  validate  Check the files only: no kernel, no root.
  destroy   Remove everything the deployment made and give physical links...
  confirm   Keep what `nsmgr apply --confirm` made: it is not rolled back...
  rollback  Undo the last apply, one that was interrupted included:...
  list      Deployments on this host: namespaces, age, in sync or drifted.
  show      Observed state of namespaces: links, addresses, routes, rules.
  export    Observed state as a configuration: valid input that plans to...
  run       Bring up, run COMMAND, tear down whatever happens; the exit...
  exec      Run COMMAND in a namespace, with its /etc/netns/NETNS files...
  explain   What a key means: type, unit, default, netlink attribute, and...
  schema    JSON Schema of the configuration, for editors.
  doctor    What this kernel and these privileges allow: kinds, qdiscs,...
""",
    "apply": """\
Usage: nsmgr apply [OPTIONS] {FILE}...

  Make it so: observe, plan, execute, verify; on failure or Ctrl-C back to
  what was there before.

  FILE may be a plan saved by `nsmgr plan --out`: exactly that is done, or
  nothing if the state has moved since (exit 5).

Arguments:
  FILE <list[str]>  Configuration files; several are merged.  [required]

Options:
  --name NAME                     Deployment name, instead of the file's.
  -f, --format <text|json>        How to print the result.  [default: text]
  --on-error <rollback|stop|continue>
                                  After a refusal: undo everything, leave it
                                  at that, or do what can be done.  [default:
                                  rollback]
  --confirm TIME                  Undo it after TIME (60s, 5m) unless `nsmgr
                                  confirm NAME` comes before.
  --probe 'NETNS: COMMAND'        What works before must work afterwards, or
                                  all is undone.
  --probe-timeout TIME            How long probes are tried until they pass.
                                  [default: 10s]
  --lock-timeout SECONDS          How long to wait for another nsmgr on this
                                  deployment.  [default: 10.0; x>=0]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "plan": """\
Usage: nsmgr plan [OPTIONS] {FILE}...

  What apply would do. Changes nothing.

Arguments:
  FILE <list[str]>  Configuration files; several are merged.  [required]

Options:
  --name NAME                     Deployment name, instead of the file's.
  -f, --format <text|json|ip-batch>
                                  How to print the plan.  [default: text]
  -o, --out PLAN.json             Save it for `nsmgr apply PLAN.json`.
  --messages                      Show each netlink message: type, flags,
                                  attributes, hex.
  --undo                          Show the way back instead: what a rollback
                                  would do.
  --exit-code                     Exit status 3 when there is something to do.
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "check": """\
Usage: nsmgr check [OPTIONS] {FILE}...

  Is the kernel in the described state? Exit status 3, with the differences,
  if not. Changes nothing.

Arguments:
  FILE <list[str]>  Configuration files; several are merged.  [required]

Options:
  --name NAME                     Deployment name, instead of the file's.
  -f, --format <text|json>        How to print the result.  [default: text]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "validate": """\
Usage: nsmgr validate [OPTIONS] {FILE}...

  Check the files only: no kernel, no root. Exit status 4 when something is
  wrong.

Arguments:
  FILE <list[str]>  Configuration files; several are merged.  [required]

Options:
  --name NAME                     Deployment name, instead of the file's.
  -f, --format <text|json>        How to print the result.  [default: text]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "destroy": """\
Usage: nsmgr destroy [OPTIONS] {NAME|FILE}

  Remove everything the deployment made and give physical links back; returns
  when it is really gone.

Arguments:
  NAME|FILE <str>  A deployment's name, or its file.  [required]

Options:
  -f, --format <text|json>        How to print the result.  [default: text]
  --timeout SECONDS               How long to wait until namespaces are really
                                  gone.  [default: 30.0; x>=0]
  --lock-timeout SECONDS          How long to wait for another nsmgr on this
                                  deployment.  [default: 10.0; x>=0]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "confirm": """\
Usage: nsmgr confirm [OPTIONS] {NAME}

  Keep what `nsmgr apply --confirm` made: it is not rolled back any more.

Arguments:
  NAME <str>  A deployment's name.  [required]

Options:
  --lock-timeout SECONDS          How long to wait for another nsmgr on this
                                  deployment.  [default: 10.0; x>=0]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "rollback": """\
Usage: nsmgr rollback [OPTIONS] {NAME}

  Undo the last apply, one that was interrupted included: everything it
  touched is as it was before.

Arguments:
  NAME <str>  A deployment's name.  [required]

Options:
  --to N                          Apply this generation again, instead of
                                  undoing the last one.  [x>=1]
  --list                          Show the generations that are kept; change
                                  nothing.
  -f, --format <text|json>        How to print the result.  [default: text]
  --lock-timeout SECONDS          How long to wait for another nsmgr on this
                                  deployment.  [default: 10.0; x>=0]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "list": """\
Usage: nsmgr list [OPTIONS]

  Deployments on this host: namespaces, age, in sync or drifted.

Options:
  -f, --format <text|json>        How to print the result.  [default: text]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "show": """\
Usage: nsmgr show [OPTIONS] [NETNS]...

  Observed state of namespaces: links, addresses, routes, rules.

Arguments:
  NETNS <list[str]>  Namespaces by name, `host` for this one; none = all under
                     /run/netns.

Options:
  -f, --format <text|json|yaml>   yaml is valid input again.  [default: text]
  --name NAME                     Deployment name in the YAML.  [default:
                                  exported]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "export": """\
Usage: nsmgr export [OPTIONS] [NETNS]...

  Observed state as a configuration: valid input that plans to nothing here
  (`show --format yaml`).

Arguments:
  NETNS <list[str]>  Namespaces by name, `host` for this one; none = all under
                     /run/netns.

Options:
  --name NAME                     Deployment name in the YAML.  [default:
                                  exported]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "run": """\
Usage: nsmgr run [OPTIONS] [FILE]...

  Bring up, run COMMAND, tear down whatever happens; the exit status is
  COMMAND's.

  nsmgr run [--sandbox] [FILE]... -- COMMAND...

  COMMAND runs in the (sandbox's) host namespace, where `ip netns exec NAME`
  and `nsmgr exec NAME` work.

Arguments:
  FILE <list[str]>  Configuration files; several are merged.

Options:
  --sandbox                       In a throw-away sandbox: no root, touches
                                  nothing outside.
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "exec": """\
Usage: nsmgr exec [OPTIONS] {NETNS} {COMMAND}...

  Run COMMAND in a namespace, with its /etc/netns/NETNS files in place of
  those in /etc, and its own /sys.

  This very process becomes COMMAND (no fork): same pid, same terminal,
  signals reach it directly.

Arguments:
  NETNS <str>          A namespace's name, `pid:N` or `path:P`.  [required]
  COMMAND <list[str]>  Program and arguments.  [required]

Options:
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "explain": """\
Usage: nsmgr explain [OPTIONS] [PATH]

  What a key means: type, unit, default, netlink attribute, and what the
  kernel needs to change it.

Arguments:
  PATH <str>  A key: `mtu`, `vxlan.id`, `routes.via`.

Options:
  -f, --format <text|json>        How to print the result.  [default: text]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "schema": """\
Usage: nsmgr schema [OPTIONS]

  JSON Schema of the configuration, for editors.

Options:
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
    "doctor": """\
Usage: nsmgr doctor [OPTIONS]

  What this kernel and these privileges allow: kinds, qdiscs, rtnetlink
  handlers, groups, and what works without root.

  Proves the per-namespace rtnetlink socket with a scratch namespace. Leaves
  nothing behind. Exit status 1 when nsmgr cannot make namespaces here.

Options:
  -f, --format <text|json>        How to print the result.  [default: text]
  -q, --quiet                     Only errors, and what was asked for.
  -v, --verbose                   Say more.
  --log-level <debug|info|warning|error>
                                  Log to stderr from this level on.
  -h, --help                      Show this message and exit.
""",
}
