// How a Go benchmark reports: compiled together with each, since it is no package of its own.
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// cpuMicros gives the CPU time that this process has used, user and system, of all threads.
func cpuMicros() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano()/1000 + usage.Stime.Nano()/1000
}

// elapsed calls body with the size that is the program's argument; prints what it gives and the
// microseconds that it took, of the CPU and on the wall.
func elapsed(body func(size int64) int64) {
	size, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		panic(err)
	}
	cpu, wall := cpuMicros(), time.Now()
	result := body(size)
	fmt.Printf("%d\ncpu-us %d\nwall-us %d\n", result, cpuMicros()-cpu, time.Since(wall).Microseconds())
}
