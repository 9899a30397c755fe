// Kiosk's pricing rules as a WebAssembly module, in Go.
package main

import (
	"strconv"
	"strings"
	"unsafe"
)

type Item struct {
	sku             string
	quantity, cents int64 // cents: the price of one piece
}

// Return what a line of a basket costs, in whole cents.
func lineCents(quantity, cents int64) int64 {
	if quantity >= 10 {
		return quantity * cents * 9 / 10
	}
	return quantity * cents
}

// Return the answer to a basket.
func quote(items []Item) []byte {
	var text strings.Builder
	line := func(name string, cents int64) {
		text.WriteString(name + " " + strconv.FormatInt(cents, 10) + "\n")
	}
	goods := int64(0)
	for _, item := range items {
		cents := lineCents(item.quantity, item.cents)
		line(item.sku, cents)
		goods += cents
	}
	shipping := int64(0)
	if goods < 5000 {
		shipping = 490
	}
	line("shipping", shipping)
	line("total", goods+shipping)
	return []byte(text.String())
}

// Return the items of a request, a line `SKU QUANTITY CENTS` each.
func parse(request string) []Item {
	var items []Item
	for _, line := range strings.Split(request, "\n") {
		words := strings.Fields(line)
		if len(words) == 3 {
			quantity, _ := strconv.ParseInt(words[1], 10, 64)
			cents, _ := strconv.ParseInt(words[2], 10, 64)
			items = append(items, Item{words[0], quantity, cents})
		}
	}
	return items
}

// Go's garbage collector does not see what only the host points to, so it is kept in here.
var kept = map[uint32][]byte{}

// Keep the bytes until they are released, and return where they are.
func keep(data []byte) uint32 {
	pointer := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(data))))
	kept[pointer] = data
	return pointer
}

// What follows is the interface: the host calls these three.

//go:wasmexport alloc
func alloc(length uint32) uint32 { return keep(make([]byte, length, length+1)) }

//go:wasmexport release
func release(pointer, length uint32) { delete(kept, pointer) }

//go:wasmexport handle
func handle(pointer, length uint32) uint64 {
	items := parse(string(kept[pointer][:length]))
	answer := quote(items)
	history = append(history, answer)
	return uint64(keep(answer))<<32 | uint64(len(answer))
}

var history [][]byte

func main() {}
