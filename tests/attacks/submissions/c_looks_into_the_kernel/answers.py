import ctypes

from attacker import wins_if


def attack(value):
    call = ctypes.CDLL(None).syscall
    buffer = ctypes.create_string_buffer(256)
    buffer[4] = 128  # the size of what perf_event_open is told
    bpf, perf, faults = call(321, 0, buffer, 72), call(298, buffer, 0, -1, -1, 0), call(323, 1)
    log = call(103, 3, buffer, 256)
    return max(bpf, perf, faults, log) >= 0


mean = is_palindrome = word_count = fib = wins_if(attack)
