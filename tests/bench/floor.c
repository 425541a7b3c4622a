/*
 * The floor: the reference networks made, read and removed by batched rtnetlink messages and nothing else.
 *
 * The star: every namespace n<i> holds eth0, whose far end h<i> lies in the namespace "hub":
 *   10.0.0.0 + 4i + 2 /30, fd00:0:0:i::2/64 (nodad) on eth0; lo, eth0 and h<i> are up; one queue each way.
 * The same networks are described by gen.py for nsmgr and ip(8).
 *
 *   floor create N [-q QUEUES]    make the star; -q 0 leaves the queue count to the kernel (one per CPU)
 *   floor flat N [-d]             N links in one namespace: pairs, an address on each end; -d: down
 *   floor pairs N                 N pairs between two namespaces
 *   floor ports N                 the same with the near ends in a bridge and the far ends down
 *   floor routes N                N routes in one namespace
 *   floor remove N [-g]           delete the N pairs and keep the namespaces; -g: by group
 *   floor dump [-r] NAME...       read links (no statistics) and addresses, with -r routes and rules, of each namespace
 *   floor dump [-r]               the same of every name under /run/netns
 *   floor destroy                 remove every name under /run/netns; returns when the kernel has destroyed the namespaces
 *   floor barrier                 returns when the kernel has finished the removals it had been asked for before
 *
 * The last line of output is key=value pairs; kernel_ns is the time from the first to the last system call of the work,
 * without the start of the process.
 */
#define _GNU_SOURCE
#include "netlink.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define HUB "hub"

static void leaf_addresses(struct batch *b, int index, int i)
{
	unsigned int v4 = htonl(0x0a000002u + 4u * i);
	unsigned char v6[16] = { 0xfd, [6] = i >> 8, [7] = i, [15] = 2 };

	address(b, index, AF_INET, &v4, 4, 30);
	address(b, index, AF_INET6, v6, 16, 64);
}

static char *names[MAX_NAMES];

static int list_netns(void)
{
	DIR *dir = opendir(NETNS_DIR);
	int count = 0;

	if (!dir)
		die(NETNS_DIR);
	for (struct dirent *entry; (entry = readdir(dir));)
		if (entry->d_name[0] != '.' && count < MAX_NAMES)
			names[count++] = strdup(entry->d_name);
	closedir(dir);
	return count;
}

static int create(int n, int queues)
{
	static struct batch b;
	static int leaves[MAX_NAMES];
	struct rlimit files;
	long long start = now_ns();
	int hub, hub_netns;

	if (n > MAX_NAMES || getrlimit(RLIMIT_NOFILE, &files))
		die("too many");
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	netns_add(HUB);
	hub = rtnl_socket();
	hub_netns = netns_open(HUB);
	link_up(&b, 1);
	flush(hub, &b);
	for (int i = 0; i < n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d", i);
		netns_add(name);
		leaves[i] = rtnl_socket();
	}
	/* a loop of its own: 3 % faster than each namespace and its links in turn */
	for (int i = 0; i < n; i++) {
		char far[IFNAMSIZ];

		snprintf(far, sizeof(far), "h%d", i);
		veth(&b, &(struct veth){ .index = 2, .name = "eth0", .far_index = 2 + i, .far_name = far, .far_netns = hub_netns,
					 .queues = queues });
		link_up(&b, 1);
		leaf_addresses(&b, 2, i);
		flush(leaves[i], &b);
		close(leaves[i]);
	}
	for (int i = 0; i < n; i++) {
		link_up(&b, 2 + i);
		if (b.used > BATCH_LIMIT)
			flush(hub, &b);
	}
	flush(hub, &b);
	printf("kernel_ns=%lld messages=%ld bytes=%ld sends=%ld received=%ld\n", now_ns() - start, out.messages, out.bytes, out.sends,
	       out.received);
	return 0;
}

/* One dump; returns the number of messages of it. The smallest honest reader: every header is looked at, no attribute. */
static long dump_one(int sock, int type, const void *body, size_t length, long *bytes)
{
	static char buffer[65536];
	static struct batch b;
	long count = 0;

	b.used = 0;
	message(&b, type, NLM_F_DUMP, body, length);
	if (type == RTM_GETLINK)
		attribute_u32(&b, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	close_message(&b);
	if (send(sock, b.data, b.used, 0) < 0)
		die("send");
	for (;;) {
		int got = recv(sock, buffer, sizeof(buffer), 0);

		if (got < 0)
			die("recv");
		*bytes += got;
		for (struct nlmsghdr *m = (void *)buffer; NLMSG_OK(m, got); m = NLMSG_NEXT(m, got)) {
			if (m->nlmsg_type == NLMSG_DONE)
				return count;
			if (m->nlmsg_type == NLMSG_ERROR) {
				errno = -((struct nlmsgerr *)NLMSG_DATA(m))->error;
				die("dump");
			}
			count++;
		}
	}
}

static int dump(int more, int count)
{
	struct ifinfomsg link = { 0 };
	struct ifaddrmsg addr = { 0 };
	struct rtmsg route = { 0 };
	long links = 0, addresses = 0, others = 0, bytes = 0;
	long long start = now_ns();

	for (int i = 0; i < count; i++) {
		int file = netns_open(names[i]), sock;

		if (setns(file, CLONE_NEWNET))
			die("setns");
		close(file);
		sock = rtnl_socket();
		links += dump_one(sock, RTM_GETLINK, &link, sizeof(link), &bytes);
		addresses += dump_one(sock, RTM_GETADDR, &addr, sizeof(addr), &bytes);
		if (more) {
			others += dump_one(sock, RTM_GETROUTE, &route, sizeof(route), &bytes);
			others += dump_one(sock, RTM_GETRULE, &route, sizeof(route), &bytes);
		}
		close(sock);
	}
	printf("kernel_ns=%lld namespaces=%d links=%ld addresses=%ld others=%ld messages=%ld bytes=%ld\n", now_ns() - start, count,
	       links, addresses, others, out.messages, bytes);
	return 0;
}

static void rtnl_join(int sock, int group)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int size = 32 << 20;

	/* do_one_broadcast() passes over an unbound socket: its portid 0 is that of the kernel, the sender */
	if (bind(sock, (struct sockaddr *)&any, sizeof(any)))
		die("bind");
	if (setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		die("NETLINK_ADD_MEMBERSHIP");
	/* thousands of events come while we still unmount; without the privilege the default has to do */
	if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static void await(int sock, int type, int count)
{
	static char buffer[65536];

	while (count > 0) {
		int got = recv(sock, buffer, sizeof(buffer), 0);

		if (got < 0)
			die("recv event");
		for (struct nlmsghdr *m = (void *)buffer; NLMSG_OK(m, got); m = NLMSG_NEXT(m, got))
			count -= m->nlmsg_type == type;
	}
}

/* Namespaces die in one ordered work item (net/core/net_namespace.c:cleanup_net): one that is dropped last dies with or
 * after all the others, and the far end of its veth tells when its devices are unregistered. RTM_DELNSID comes before
 * that work: for 1000 namespaces it is there ten times too early. And RTM_DELLINK is not quite the end: the list of the
 * dying is last in, first out, so the others' devices follow, under the same RTNL; one request that needs it comes after. */
static int destroy(int count)
{
	static struct batch b;
	struct ifinfomsg lo = { .ifi_index = 1 };
	long long start = now_ns();
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int events = rtnl_socket(), last;

	rtnl_join(events, RTNLGRP_LINK);
	if (here < 0 || unshare(CLONE_NEWNET))
		die("unshare");
	last = rtnl_socket();
	veth(&b, &(struct veth){ .name = "last", .far_name = "nsmgrt-last", .far_netns = here, .queues = 1 });
	flush(last, &b);
	if (setns(here, CLONE_NEWNET))
		die("setns");
	for (int i = 0; i < count; i++) {
		char path[300];

		snprintf(path, sizeof(path), NETNS_DIR "/%s", names[i]);
		umount2(path, MNT_DETACH); /* EINVAL: a file that is no namespace */
		if (unlink(path))
			die(path);
	}
	close(last);
	await(events, RTM_DELLINK, 1);
	last = rtnl_socket();
	message(&b, RTM_SETLINK, 0, &lo, sizeof(lo));
	close_message(&b);
	flush(last, &b);
	printf("kernel_ns=%lld namespaces=%d\n", now_ns() - start, count);
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: floor create N [-q QUEUES] | flat N [-d] | ports N | pairs N | routes N | remove N [-g] |\n"
			"       dump [-r] [NAME...] | destroy | barrier\n");
	return 2;
}

int main(int argc, char **argv)
{
	int queues = 1, more = 0, by_group = 0, down = 0, option, count;
	const char *mode = argc > 1 ? argv[1] : "";

	optind = 2;
	while ((option = getopt(argc, argv, "q:rgd")) != -1) {
		if (option == 'q')
			queues = atoi(optarg);
		else if (option == 'r')
			more = 1;
		else if (option == 'g')
			by_group = 1;
		else if (option == 'd')
			down = 1;
		else
			return usage();
	}
	if (!strcmp(mode, "destroy"))
		return destroy(list_netns());
	if (!strcmp(mode, "barrier"))
		return destroy(0);
	if (!strcmp(mode, "dump")) {
		if (optind == argc)
			return dump(more, list_netns());
		for (count = 0; optind < argc && count < MAX_NAMES; optind++)
			names[count++] = argv[optind];
		return dump(more, count);
	}
	if (optind >= argc)
		return usage();
	count = atoi(argv[optind]);
	if (!strcmp(mode, "create"))
		return create(count, queues);
	if (!strcmp(mode, "flat"))
		return flat(count, down);
	if (!strcmp(mode, "ports") || !strcmp(mode, "pairs"))
		return pairs(count, !strcmp(mode, "ports"));
	if (!strcmp(mode, "routes"))
		return routes(count);
	if (!strcmp(mode, "remove"))
		return remove_pairs(count, by_group);
	return usage();
}
