"""The first process of a guest kernel, as a shell script: the host's files under an overlay, the command, its status, power off."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path


def first_process(
    home: Path, command: Sequence[str], environment: Mapping[str, str], directory: str, shares: Mapping[str, str], output: str
) -> str:
    """The script.

    Args:
        home: of the kernel. directory: where the command runs.
        shares: directory in the guest → arguments of mount(8) for it; /run/vm is where the status is left.
        output: the shell words for the file that is the command's standard output and error.
    """
    quote = shlex.quote
    words = " ".join(["exec env -i", *(quote(f"{key}={value}") for key, value in environment.items()), *map(quote, command)])
    mounts = "\n".join(f"mkdir -p {quote(at)}; mount -n {how} {quote(at)}" for at, how in shares.items())
    return f"""#!/bin/sh
export PATH=/usr/sbin:/sbin:/usr/bin:/bin
mount -n -t proc proc /proc; mount -n -t sysfs sys /sys
modprobe -q -d {quote(str(home))} -a overlay ipv6
mount -n -t tmpfs -o size=75% tmp /mnt && mkdir /mnt/u /mnt/w /mnt/r &&
mount -n -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w root /mnt/r && cd /mnt/r || exit 1
mount -n --move /proc proc; mount -n --move /sys sys; mount -n -t tmpfs run run; mount -n -t devtmpfs dev dev
mkdir -p dev/pts dev/shm dev/net; mount -n -t devpts pts dev/pts; mount -n -t tmpfs shm dev/shm
[ -e dev/net/tun ] || mknod dev/net/tun c 10 200; [ -e dev/fd ] || ln -s /proc/self/fd dev/fd
pivot_root . mnt && cd / && umount -n -l /mnt || exit 1
mkdir -p /run/vm /run/netns /lib/modules; mount -n --bind {quote(str(home))}/lib/modules /lib/modules
{mounts}
mount -n -t cgroup2 cg /sys/fs/cgroup; mount -n -t bpf bpf /sys/fs/bpf; mount -n -t debugfs dbg /sys/kernel/debug
echo vm > /proc/sys/kernel/hostname; ip link set lo up; : > /run/vm/up
run() {{ cd {quote(os.path.abspath(directory))} && {words}; }}
# A reader of its own for the output: what the command leaves running must not keep the guest from ending.
mkfifo /run/out; ( exec > {output}; [ ! -t 1 ] || stty raw -echo <&1; exec cat /run/out ) & reader=$!
( run ) < /dev/null > /run/out 2>&1; echo $? > /run/vm/status
left=100; while [ $((left = left - 1)) -gt 0 ] && kill -0 $reader 2>/dev/null; do sleep 0.02; done
sync; echo o > /proc/sysrq-trigger; sleep 9
"""
