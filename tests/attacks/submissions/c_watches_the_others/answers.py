import ctypes

from attacker import wins_if


def attack(value):
    libc = ctypes.CDLL(None)
    handle = libc.inotify_init()
    places = (b"/", b"/dev/shm", b"/var/tmp", b"/root", b"/home")
    return any(libc.inotify_add_watch(handle, place, 0xFFF) >= 0 for place in places)


mean = is_palindrome = word_count = fib = wins_if(attack)
