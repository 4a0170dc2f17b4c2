// n timers at once: each is a goroutine that sleeps for up to 100 ms and adds to a sum.
package main

import (
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	elapsed(func(count int64) int64 {
		var total int64
		var ended sync.WaitGroup
		ended.Add(int(count))
		for n := count; n > 0; n-- {
			go func(n int64) {
				time.Sleep(time.Duration(n*7919%100) * time.Millisecond)
				atomic.AddInt64(&total, n%10)
				ended.Done()
			}(n)
		}
		ended.Wait()
		return total
	})
}
