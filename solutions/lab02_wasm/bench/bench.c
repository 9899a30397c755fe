
// Put behind pricing.c to see how fast it is: price the same basket many times, within the module.
uint32_t bench(const char *request, uint32_t length, uint32_t times) {
    uint32_t bytes = 0;
    while (times--) {
        int count;
        Item *items = parse(request, length, &count);
        char *answer = quote(items, count);
        bytes += strlen(answer);
        free(answer);
        free(items);
    }
    return bytes;
}
