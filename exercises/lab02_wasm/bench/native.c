
// Put behind pricing.c and bench.c: the same as a program of this machine. Prints nanoseconds.
#include <time.h>

int main(int argc, char **argv) {
    struct timespec from, to;
    uint32_t times = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    clock_gettime(CLOCK_MONOTONIC, &from);
    uint32_t bytes = times ? bench(argv[1], strlen(argv[1]), times) : 0;
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%lld %u\n", (to.tv_sec - from.tv_sec) * 1000000000LL + to.tv_nsec - from.tv_nsec, bytes);
}
