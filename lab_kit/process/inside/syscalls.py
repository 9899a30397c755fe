"""Name the Linux system calls that Python has no function for, on x86-64 and aarch64."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import signal
import sys

X86 = platform.machine() in ("x86_64", "AMD64")
ARM = platform.machine() in ("aarch64", "arm64")
LINUX = sys.platform == "linux" and (X86 or ARM)

# name: (x86-64, aarch64); -1 where the architecture has no such call
NUMBERS: dict[str, tuple[int, int]] = {
    "clone": (56, 220), "fork": (57, -1), "vfork": (58, -1), "clone3": (435, 435),
    "execve": (59, 221), "execveat": (322, 281),
    "socket": (41, 198), "socketpair": (53, 199), "mmap": (9, 222), "connect": (42, 203),
    "bind": (49, 200),
    "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    "prlimit64": (302, 261), "setrlimit": (160, 164),
    "setpriority": (141, 140), "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119), "sched_setparam": (142, 118), "sched_setattr": (314, 274),
    "ioprio_set": (251, 30), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "kcmp": (312, 272),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "statmount": (457, 457), "listmount": (458, 458),
    "open_tree_attr": (467, 467), "unshare": (272, 97), "setns": (308, 268),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262),
    "shmget": (29, 194), "shmat": (30, 196), "semget": (64, 190), "msgget": (68, 186),
    "mq_open": (240, 180), "syslog": (103, 116), "modify_ldt": (154, -1), "vhangup": (153, 58),
    "inotify_init": (253, -1), "inotify_init1": (294, 26), "io_setup": (206, 0),
    "sync": (162, 81), "syncfs": (306, 267),
    "reboot": (169, 142), "acct": (163, 89), "swapon": (167, 224), "swapoff": (168, 225),
    "iopl": (172, -1), "ioperm": (173, -1), "uselib": (134, -1), "quotactl": (179, 60),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54),
    "utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88),
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "removexattr": (197, 14),
    "lremovexattr": (198, 15), "fremovexattr": (199, 16), "setxattrat": (463, 463),
    "removexattrat": (466, 466), "file_setattr": (469, 469),
    "prctl": (157, 167), "capset": (126, 91), "seccomp": (317, 277),
    "landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}  # fmt: skip

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEWUSER, NEWPID, NEWNET, PIDFD = 0x10000000, 0x20000000, 0x40000000, 0x1000
ALL_NAMESPACES = NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
PDEATHSIG, SUBREAPER, NO_NEW_PRIVS = 1, 36, 38


def number(name: str) -> int:
    """Return the call's number on this machine, or -1 if it has none."""
    return NUMBERS[name][0 if X86 else 1] if X86 or ARM else -1


@functools.cache
def libc() -> ctypes.PyDLL:
    """Return the C library; loaded on first use so that an import stays safe everywhere."""
    return ctypes.PyDLL(None, use_errno=True)


def call(name: str, *args: object) -> int:
    """Make one system call by name; raise OSError with the call's name if it fails."""
    values = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    if (nr := number(name)) < 0:
        raise OSError(38, os.strerror(38), name)
    result: int = libc().syscall(ctypes.c_long(nr), *values)
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), name)
    return result


def prctl(option: int, value: int) -> None:
    """Set one attribute of this process."""
    call("prctl", option, value, 0, 0, 0)


def no_new_privileges() -> None:
    """Give up gaining rights by exec; Landlock and seccomp demand it."""
    prctl(NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Give up every capability that the user namespace granted."""
    call("capset", ctypes.create_string_buffer(b"\x22\x05\x08\x20\0\0\0\0", 8),
         ctypes.create_string_buffer(24))  # fmt: skip


def spawn(flags: int) -> tuple[int, int]:
    """Fork with namespaces and a pidfd in one clone; return (pid, pidfd), pid 0 in the child."""
    pidfd = ctypes.c_int(-1)
    python = ctypes.pythonapi
    python.PyOS_BeforeFork()
    pid = libc().syscall(
        ctypes.c_long(number("clone")), ctypes.c_ulong(flags | PIDFD | signal.SIGCHLD),
        None, ctypes.byref(pidfd), None, None,
    )  # fmt: skip
    if pid == 0:
        python.PyOS_AfterFork_Child()
        return 0, -1
    python.PyOS_AfterFork_Parent()
    if pid < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), "clone")
    return pid, pidfd.value
