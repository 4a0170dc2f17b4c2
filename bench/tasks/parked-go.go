// A million goroutines: each is made, parks itself, is resumed with a number, and ends.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	const count = 1000000
	started := time.Now()
	waiting := make([]chan int64, 0, count)
	var total int64
	var ended sync.WaitGroup
	ended.Add(count)
	for n := 0; n < count; n++ {
		resume := make(chan int64, 1)
		waiting = append(waiting, resume)
		go func() {
			atomic.AddInt64(&total, <-resume)
			ended.Done()
		}()
	}
	for _, resume := range waiting {
		resume <- 1
	}
	ended.Wait()
	took := time.Since(started)
	fmt.Printf("operations %d\n%d\nelapsed-us %d\n", count, total, took.Microseconds())
}
