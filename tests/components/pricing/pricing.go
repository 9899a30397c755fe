package main

import (
	"strconv"
	"strings"
	"unsafe"
)

// The collector must not free what only the host points to.
var kept = map[uint32][]byte{}

func keep(data []byte) uint32 {
	pointer := uint32(uintptr(unsafe.Pointer(unsafe.SliceData(data))))
	kept[pointer] = data
	return pointer
}

func field(text, name string) uint64 {
	_, rest, _ := strings.Cut(text, name)
	if end := strings.IndexAny(rest, ",}"); end >= 0 {
		rest = rest[:end]
	}
	number, _ := strconv.ParseUint(rest, 10, 64)
	return number
}

//go:wasmexport alloc
func alloc(length uint32) uint32 { return keep(make([]byte, length, length+1)) }

//go:wasmexport handle
func handle(pointer, length uint32) int64 {
	text := string(kept[pointer][:length])
	delete(kept, pointer)
	quantity := field(text, `"quantity": `)
	total := field(text, `"cents": `) * quantity
	if quantity >= 10 {
		total = total * 90 / 100
	}
	answer := strconv.AppendUint([]byte(`{"total":`), total, 10)
	answer = append(answer, '}')
	return int64(keep(answer))<<32 | int64(len(answer))
}

func main() {}
