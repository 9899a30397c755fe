// Kiosk's pricing rules as a WebAssembly module, in C.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char sku[24];
    long quantity, cents; // cents: the price of one piece
} Item;

// Return what a line of a basket costs, in whole cents.
static long line_cents(long quantity, long cents) {
    const long tenths = quantity / 10 > 0 ? 9 : 10;
    return quantity * cents * tenths / 10;
}

// Return the answer to a basket: a text on the heap.
static char *quote(const Item *items, int count) {
    char *text = malloc(48 * (count + 2)), *end = text;
    long goods = 0;
    for (const Item *item = items; item < items + count; item++)
        goods += line_cents(item->quantity, item->cents);
    for (const Item *item = items; item < items + count; item++) {
        snprintf(end, 47, "%s %ld\n", item->sku, line_cents(item->quantity, item->cents));
        end = strchr(end, 0);
    }
    if (goods >= 5000)
        sprintf(end, "shipping 0\ntotal %ld\n", goods);
    else
        sprintf(end, "shipping 490\ntotal %ld\n", goods + 490);
    return text;
}

// Return the items of a request, a line `SKU QUANTITY CENTS` each: a list on the heap.
static Item *parse(const char *request, uint32_t length, int *count) {
    char *text = malloc(length + 1), *rest = text;
    memcpy(text, request, length);
    text[length] = 0;
    Item *items = malloc((length / 4 + 1) * sizeof(Item));
    *count = 0;
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
        Item *item = &items[*count];
        *count += sscanf(line, "%23s %ld %ld", item->sku, &item->quantity, &item->cents) == 3;
    }
    free(text);
    return items;
}

// What follows is the interface: the host calls these three.

void *alloc(uint32_t length) { return malloc(length ? length : 1); }

void release(void *pointer, uint32_t length) { free(pointer); }

uint64_t handle(const char *request, uint32_t length) {
    int count;
    Item *items = parse(request, length, &count);
    char *answer = quote(items, count);
    uint64_t place = (uint32_t)answer, size = 0;
    while (answer[size]) size++;
    free(items);
    return place * 0x100000000 + size;
}
