/*
 * The floor: the reference network made, read and removed by batched rtnetlink messages and nothing else.
 *
 * Every namespace n<i> holds eth0, whose far end h<i> lies in the namespace "hub":
 *   10.0.0.0 + 4i + 2 /30, fd00:0:0:i::2/64 (nodad) on eth0; lo, eth0 and h<i> are up; one queue each way.
 * The same network is described by gen.py for nsmgr and ip(8).
 *
 *   floor create N [-q QUEUES]    make it; -q 0 leaves the queue count to the kernel (one per CPU)
 *   floor dump [-r] NAME...       read links (no statistics) and addresses, with -r routes and rules, of each namespace
 *   floor dump [-r]               the same of every name under /run/netns
 *   floor destroy                 remove every name under /run/netns; returns when the kernel has destroyed the namespaces
 *   floor barrier                 returns when the kernel has finished the removals it had been asked for before
 *
 * The last line of output is key=value pairs; kernel_ns is the time from the first to the last system call of the work,
 * without the start of the process.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NETNS_DIR "/run/netns"
#define HUB "hub"
#define MAX_NAMES 20000
#define BATCH_LIMIT 60000 /* bytes in one send: under the default send buffer */

static struct { long messages, bytes, sends; } out;

static void die(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* ---------------------------------------------------------------------------------------------------------- messages */

struct batch {
	char data[65536];
	size_t used;
	struct nlmsghdr *last;
};

static unsigned int sequence;

static void *put(struct batch *b, const void *data, size_t length)
{
	char *at = b->data + b->used;

	memcpy(at, data, length);
	memset(at + length, 0, NLMSG_ALIGN(length) - length);
	b->used += NLMSG_ALIGN(length);
	return at;
}

static void message(struct batch *b, int type, int flags, const void *body, size_t length)
{
	struct nlmsghdr header = { .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags, .nlmsg_seq = ++sequence };

	b->last = put(b, &header, sizeof(header));
	put(b, body, length);
}

static struct rtattr *attribute(struct batch *b, int type, const void *data, size_t length)
{
	struct rtattr header = { .rta_type = type, .rta_len = RTA_LENGTH(length) };
	struct rtattr *at = put(b, &header, sizeof(header));

	if (length)
		put(b, data, length);
	return at;
}

static void attribute_u32(struct batch *b, int type, unsigned int value) { attribute(b, type, &value, sizeof(value)); }
static void attribute_text(struct batch *b, int type, const char *text) { attribute(b, type, text, strlen(text) + 1); }
static void close_nest(struct batch *b, struct rtattr *nest) { nest->rta_len = b->data + b->used - (char *)nest; }

static void close_message(struct batch *b)
{
	b->last->nlmsg_len = b->data + b->used - (char *)b->last;
	out.messages++;
}

/* Send everything; only the last message asks for an answer: the kernel works in order and reports an error anyway. */
static void flush(int sock, struct batch *b)
{
	static char answer[65536];
	unsigned int wanted = sequence;

	if (!b->used)
		return;
	b->last->nlmsg_flags |= NLM_F_ACK;
	if (send(sock, b->data, b->used, 0) != (ssize_t)b->used)
		die("send");
	out.sends++;
	out.bytes += b->used;
	b->used = 0;
	for (;;) {
		int length = recv(sock, answer, sizeof(answer), 0);

		if (length < 0)
			die("recv");
		for (struct nlmsghdr *m = (void *)answer; NLMSG_OK(m, length); m = NLMSG_NEXT(m, length)) {
			if (m->nlmsg_type != NLMSG_ERROR)
				continue;
			errno = -((struct nlmsgerr *)NLMSG_DATA(m))->error;
			if (errno)
				die("kernel refused");
			if (m->nlmsg_seq == wanted)
				return;
		}
	}
}

static int rtnl_socket(void)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (sock < 0)
		die("socket");
	return sock;
}

static void link_up(struct batch *b, int index)
{
	struct ifinfomsg link = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	message(b, RTM_SETLINK, 0, &link, sizeof(link));
	close_message(b);
}

/* One message makes both ends: the near one in the sender's namespace, the far one in far_netns. near is born up; the
 * kernel refuses IFF_UP inside the peer nest. queues 0: not said. */
static void veth(struct batch *b, int index, const char *name, int far_index, const char *far_name, int far_netns, int queues)
{
	struct ifinfomsg near = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct ifinfomsg far = { .ifi_index = far_index };
	struct rtattr *info, *data, *peer;

	message(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &near, sizeof(near));
	attribute_text(b, IFLA_IFNAME, name);
	if (queues) {
		attribute_u32(b, IFLA_NUM_TX_QUEUES, queues);
		attribute_u32(b, IFLA_NUM_RX_QUEUES, queues);
	}
	info = attribute(b, IFLA_LINKINFO | NLA_F_NESTED, NULL, 0);
	attribute_text(b, IFLA_INFO_KIND, "veth");
	data = attribute(b, IFLA_INFO_DATA | NLA_F_NESTED, NULL, 0);
	peer = attribute(b, VETH_INFO_PEER | NLA_F_NESTED, NULL, 0);
	put(b, &far, sizeof(far));
	attribute_text(b, IFLA_IFNAME, far_name);
	attribute_u32(b, IFLA_NET_NS_FD, far_netns);
	if (queues) {
		attribute_u32(b, IFLA_NUM_TX_QUEUES, queues);
		attribute_u32(b, IFLA_NUM_RX_QUEUES, queues);
	}
	close_nest(b, peer);
	close_nest(b, data);
	close_nest(b, info);
	close_message(b);
}

static void address(struct batch *b, int index, int family, const void *bytes, int length, int prefix)
{
	struct ifaddrmsg a = { .ifa_family = family, .ifa_prefixlen = prefix, .ifa_index = index };
	unsigned char proto = 78; /* nsmgr's mark, IFA_PROTO */

	message(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &a, sizeof(a));
	attribute(b, IFA_LOCAL, bytes, length);
	attribute(b, IFA_ADDRESS, bytes, length);
	if (family == AF_INET6)
		attribute_u32(b, IFA_FLAGS, IFA_F_NODAD);
	attribute(b, IFA_PROTO, &proto, sizeof(proto));
	close_message(b);
}

static void leaf_addresses(struct batch *b, int index, int i)
{
	unsigned int v4 = htonl(0x0a000002u + 4u * i);
	unsigned char v6[16] = { 0xfd, [6] = i >> 8, [7] = i, [15] = 2 };

	address(b, index, AF_INET, &v4, 4, 30);
	address(b, index, AF_INET6, v6, 16, 64);
}

/* -------------------------------------------------------------------------------------------------------- namespaces */

/* Make a namespace, name it as ip-netns(8) does, and stay in it. */
static void netns_add(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	if (mknod(path, S_IFREG, 0)) /* exclusive, as open(O_CREAT | O_EXCL), and nothing to close */
		die(path);
	if (unshare(CLONE_NEWNET))
		die("unshare");
	if (mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL))
		die("mount");
}

static int netns_open(const char *name)
{
	char path[300];
	int file;

	snprintf(path, sizeof(path), NETNS_DIR "/%s", name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		die(path);
	return file;
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

/* ------------------------------------------------------------------------------------------------------------- modes */

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
		veth(&b, 2, "eth0", 2 + i, far, hub_netns, queues);
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
	printf("kernel_ns=%lld messages=%ld bytes=%ld sends=%ld\n", now_ns() - start, out.messages, out.bytes, out.sends);
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

static int dump(int routes, int count)
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
		if (routes) {
			others += dump_one(sock, RTM_GETROUTE, &route, sizeof(route), &bytes);
			others += dump_one(sock, RTM_GETRULE, &route, sizeof(route), &bytes);
		}
		close(sock);
	}
	printf("kernel_ns=%lld namespaces=%d links=%ld addresses=%ld others=%ld bytes=%ld\n", now_ns() - start, count, links,
	       addresses, others, bytes);
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
 * after all the others, and the far end of its veth tells when its devices, hence theirs, are unregistered. RTM_DELNSID
 * comes before that work: for 1000 namespaces it is there ten times too early. */
static int destroy(int count)
{
	static struct batch b;
	long long start = now_ns();
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int events = rtnl_socket(), last;

	rtnl_join(events, RTNLGRP_LINK);
	if (here < 0 || unshare(CLONE_NEWNET))
		die("unshare");
	last = rtnl_socket();
	veth(&b, 0, "last", 0, "nsmgrt-last", here, 1);
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
	printf("kernel_ns=%lld namespaces=%d\n", now_ns() - start, count);
	return 0;
}

int main(int argc, char **argv)
{
	int queues = 1, routes = 0, option, count;
	const char *mode = argc > 1 ? argv[1] : "";

	optind = 2;
	while ((option = getopt(argc, argv, "q:r")) != -1) {
		if (option == 'q')
			queues = atoi(optarg);
		else if (option == 'r')
			routes = 1;
		else
			return 2;
	}
	if (!strcmp(mode, "create") && optind < argc)
		return create(atoi(argv[optind]), queues);
	if (!strcmp(mode, "destroy"))
		return destroy(list_netns());
	if (!strcmp(mode, "barrier"))
		return destroy(0);
	if (strcmp(mode, "dump")) {
		fprintf(stderr, "usage: floor create N [-q QUEUES] | dump [-r] [NAME...] | destroy | barrier\n");
		return 2;
	}
	if (optind == argc)
		return dump(routes, list_netns());
	for (count = 0; optind < argc && count < MAX_NAMES; optind++)
		names[count++] = argv[optind];
	return dump(routes, count);
}
