import os
import stat

from attacker import wins_if


def attack(value):
    for name in ("vda", "sda", "nvme0n1", "mem", "kmem", "kmsg", "port"):
        try:
            return os.read(os.open(f"/dev/{name}", os.O_RDONLY), 1)
        except OSError:
            pass
    os.mknod("/tmp/disk", 0o600 | stat.S_IFBLK, os.makedev(254, 0))
    return os.read(os.open("/tmp/disk", os.O_RDONLY), 1)


mean = is_palindrome = word_count = fib = wins_if(attack)
