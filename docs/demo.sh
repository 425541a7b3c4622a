#!/bin/sh
# The main job from beginning to end, on configs/spine-leaf.yaml. `make demo` runs this inside a throw-away sandbox:
# namespaces of its own for network, mounts and processes, so that nothing on this machine is touched and no root is needed.
set -eu
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin" # ip(8) is there on Debian, which is not in everybody's PATH
CONFIG=configs/spine-leaf.yaml

if [ "${NSMGR_SANDBOX-}" != 1 ]; then
    echo "error: this changes links by hand; run it in the sandbox: make demo" >&2
    exit 2
fi
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi

step() { printf '\n%s# %s%s\n' "$bold" "$*" "$plain"; }

# expect STATUS COMMAND…: show the command, run it, and stop the demo if it ends otherwise.
expect() {
    wanted=$1
    shift
    printf '$ %s\n' "$*"
    status=0
    "$@" || status=$?
    if [ "$status" != "$wanted" ]; then
        echo "demo: exit status $status instead of $wanted" >&2
        exit 1
    fi
    [ "$status" = 0 ] || echo "(exit status $status)"
}

# brief LINES COMMAND…: the same with the first lines of the output, and the last.
brief() {
    lines=$1
    shift
    printf '$ %s\n' "$*"
    "$@" >"$out"
    head -n "$lines" "$out"
    [ "$(wc -l <"$out")" -le "$lines" ] || { echo '  …'; tail -n 1 "$out"; }
}
out=/run/demo.out # the sandbox has a /run of its own: nothing stays, whatever ends this script

step "2 spines, 4 leaves, every leaf wired to every spine: is the file right?"
expect 0 nsmgr validate $CONFIG

step "What would be done? (the first lines; nothing is touched yet)"
brief 14 nsmgr plan $CONFIG

step "Do it"
brief 0 nsmgr apply $CONFIG
expect 0 nsmgr check $CONFIG

step "leaf1 reaches leaf4's loopback through the spines (our own ICMP echo, inside the namespace)"
expect 0 nsmgr exec leaf1 -- python3 -m nsmgr.icmp -c 3 -I 10.255.0.1 10.255.0.4

step "Somebody changes things by hand: an MTU, an address"
if command -v ip >/dev/null; then
    expect 0 ip -n leaf1 link set up1 mtu 1400
    expect 0 ip -n spine2 address del 10.255.1.2/32 dev lo
else
    echo "(this machine has no ip(8): a few lines of pyroute2 do it)"
    nsmgr exec leaf1 -- python3 -c \
        'from pyroute2 import IPRoute as I; i = I(); i.link("set", index=i.link_lookup(ifname="up1")[0], mtu=1400)'
    nsmgr exec spine2 -- python3 -c \
        'from pyroute2 import IPRoute as I; i = I(); i.addr("del", index=1, address="10.255.1.2", prefixlen=32)'
fi

step "check sees both, attribute by attribute"
expect 3 nsmgr check $CONFIG

step "apply repairs exactly that, in place: no link is made anew"
expect 0 nsmgr apply $CONFIG
expect 0 nsmgr exec leaf1 -- python3 -m nsmgr.icmp -c 3 -I 10.255.0.1 10.255.0.4

step "Once more: there is nothing to do, and nothing is written to the kernel"
expect 0 nsmgr apply $CONFIG

step "And away with it"
brief 0 nsmgr destroy spine-leaf
expect 0 nsmgr list
printf '\n%sdemo: done%s\n' "$bold" "$plain"
