#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t field(const char *text, const char *name) {
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

void *alloc(uint32_t length) { return malloc(length ? length : 1); }

int64_t handle(const char *request, uint32_t length) {
    char *text = malloc(length + 1), *answer = malloc(64);
    memcpy(text, request, length);
    text[length] = 0;
    uint64_t quantity = field(text, "\"quantity\": ");
    uint64_t total = field(text, "\"cents\": ") * quantity;
    if (quantity >= 10) total = total * 90 / 100;
    free(text);
    int size = snprintf(answer, 64, "{\"total\":%llu}", (unsigned long long)total);
    return (int64_t)(uintptr_t)answer << 32 | size;
}
