"""Refuse system calls that no submission needs (seccomp BPF, x86-64 and aarch64)."""

from __future__ import annotations

import ctypes
import functools
import struct

from .syscalls import ALL_NAMESPACES, PDEATHSIG, X86, call, no_new_privileges, number

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand
ALLOW, KILL, EPERM, ENOSYS, PRETEND = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026, 0x00050000
ARCH = 0xC000003E if X86 else 0xC00000B7
EQUAL, AT_LEAST, ANY_BIT, MASK, LOAD, RETURN = 0x15, 0x35, 0x45, 0x54, 0x20, 0x06

NEVER = """ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd
mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr
statmount listmount open_tree_attr unshare setns bpf perf_event_open userfaultfd add_key
request_key keyctl io_setup io_uring_setup io_uring_enter io_uring_register memfd_secret kexec_load
kexec_file_load init_module finit_module delete_module open_by_handle_at name_to_handle_at
fanotify_init setpriority sched_setscheduler sched_setparam sched_setattr ioprio_set migrate_pages
move_pages shmget shmat semget msgget mq_open syslog modify_ldt vhangup reboot acct swapon
swapoff iopl ioperm uselib quotactl sethostname setdomainname settimeofday clock_settime""".split()
# Landlock is not asked when sending opens a connection (TCP fast open). Urgent bytes between
# Unix sockets (MSG_OOB) were a way out of other sandboxes, and nobody needs them.
CORE = 4  # RLIMIT_CORE
FAST_OPEN, URGENT, SENDING = 0x20000000, 1, (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3))
SIGNALS = """kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open
pidfd_send_signal""".split()
# Landlock lets a folder be watched that may not be read: the names of what others open come out.
WATCHING = ("inotify_init", "inotify_init1")
# These wait for all that the machine has still to write, and no signal ends them meanwhile.
FOR_ALL = ("sync", "syncfs")
# Landlock does not look at these, so a process with our uid could change the mode of any file.
METADATA = """chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes futimesat
utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr setxattrat
removexattrat file_setattr""".split()


def _return(value: int) -> Instruction:
    return (RETURN, 0, 0, value)


def _argument(index: int) -> Instruction:
    return (LOAD, 0, 0, 16 + 8 * index)  # the low half: both architectures are little-endian


def _clone(fork: bool) -> list[Instruction]:
    refuse_namespaces = [_argument(0), (ANY_BIT, 0, 1, ALL_NAMESPACES), _return(EPERM)]
    if fork:
        return [*refuse_namespaces, _return(ALLOW)]
    return [*refuse_namespaces, (ANY_BIT, 0, 1, 0x10000), _return(ALLOW), _return(EPERM)]


def _refuse_flag(index: int, flag: int) -> list[Instruction]:
    return [_argument(index), (ANY_BIT, 0, 1, flag), _return(EPERM), _return(ALLOW)]


def _only(index: int, *values: int) -> list[Instruction]:
    """Allow the call if one argument is one of `values`."""
    last = len(values)
    tests = [(EQUAL, last - i, 0, v) for i, v in enumerate(values)]
    return [_argument(index), *tests, _return(EPERM), _return(ALLOW)]


def _refuse(index: int, value: int) -> list[Instruction]:
    """Refuse the call if one argument is `value`."""
    return [_argument(index), (EQUAL, 0, 1, value), _return(EPERM), _return(ALLOW)]


def _own_limits() -> list[Instruction]:
    """Allow a process its own limits, but for the one that keeps memory dumps away."""
    return [_argument(0), (EQUAL, 1, 0, 0), _return(EPERM), *_refuse(1, CORE)]


def _tcp() -> list[Instruction]:
    """Allow TCP over IPv4 or IPv6 only: MPTCP would slip past Landlock's port rules."""
    return [
        _argument(0),
        (EQUAL, 1, 0, 2),
        (EQUAL, 0, 7, 10),
        _argument(1),
        (MASK, 0, 0, 15),
        (EQUAL, 0, 4, 1),
        _argument(2),
        (EQUAL, 1, 0, 0),
        (EQUAL, 0, 1, 6),
        _return(ALLOW),
        _return(EPERM),
    ]


def _pair() -> list[Instruction]:
    """Allow connected pairs only: a datagram socket could be sent on to any address."""
    return [
        _argument(1),
        (MASK, 0, 0, 15),
        (EQUAL, 2, 0, 1),
        (EQUAL, 1, 0, 5),
        _return(EPERM),
        _return(ALLOW),
    ]


@functools.cache
def program(
    *, fork: bool, run: bool, tcp: bool, connect: bool, signals: bool, metadata: bool, shared: bool
) -> bytes:
    """Build the filter; the zygote builds each once so that a child only installs it.

    `fork`: may start processes. `run`: may become another program. `tcp`: may
    open TCP sockets; never others. `connect`: may connect sockets, inherited ones too. `signals`:
    may signal. `metadata`: chmod and the like happen; otherwise they answer success and do
    nothing. `shared`: shared anonymous memory, which RLIMIT_DATA does not count.
    """
    rules: list[tuple[str, list[Instruction]]] = [(n, [_return(EPERM)]) for n in NEVER]
    rules.append(("clone3", [_return(ENOSYS)]))  # glibc then uses clone, whose flags we can read
    rules.append(("socket", _tcp() if tcp else [_return(EPERM)]))
    rules.append(("socketpair", _pair()))  # asyncio cannot do without
    rules += [] if run else [(name, [_return(EPERM)]) for name in WATCHING]
    rules += [] if run else [(name, [_return(PRETEND)]) for name in FOR_ALL]
    rules += [] if connect else [("connect", [_return(EPERM)])]
    rules += [(n, _refuse_flag(i, FAST_OPEN | URGENT)) for n, i in SENDING]
    rules += [("prlimit64", _own_limits()), ("setrlimit", _refuse(0, CORE))]
    rules.append(("sched_setaffinity", _only(0, 0)))  # 0: oneself
    rules.append(("prctl", _refuse(0, PDEATHSIG)))
    rules.append(("clone", _clone(fork)))
    refused = [] if fork else ["fork", "vfork"]
    refused += [] if run else ["execve", "execveat", "bind"]
    refused += [] if signals else SIGNALS
    rules += [(name, [_return(EPERM)]) for name in refused]
    if not metadata:
        rules += [(name, [_return(PRETEND)]) for name in METADATA]
    if not shared:
        rules.append(("memfd_create", [_return(EPERM)]))
        rules.append(("mmap", [_argument(3), (MASK, 0, 0, 0x21), (EQUAL, 0, 1, 0x21),
                               _return(EPERM), _return(ALLOW)]))  # fmt: skip
    code: list[Instruction] = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, ARCH), _return(KILL), (LOAD, 0, 0, 0)]
    if X86:
        code += [(AT_LEAST, 0, 1, 0x40000000), _return(KILL)]  # the x32 numbering
    for name, body in rules:
        if (nr := number(name)) >= 0:
            code += [(EQUAL, 0, len(body), nr), *body]
    code.append(_return(ALLOW))
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


def strictest() -> bytes:
    """Return the filter that refuses most."""
    return program(
        fork=False, run=False, tcp=False, connect=False, signals=False, metadata=False, shared=False
    )


def install(filter: bytes) -> None:
    """Put the filter on this process and all that it starts; there is no way back."""
    code = ctypes.create_string_buffer(filter, len(filter))
    no_new_privileges()
    header = struct.pack("HxxxxxxQ", len(filter) // 8, ctypes.addressof(code))
    call("seccomp", 1, 0, header)
