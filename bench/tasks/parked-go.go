// n goroutines: each is made, parks itself, is resumed with a number, and ends.
package main

import (
	"sync"
	"sync/atomic"
)

func main() {
	elapsed(func(count int64) int64 {
		waiting := make([]chan int64, 0, count)
		var total int64
		var ended sync.WaitGroup
		ended.Add(int(count))
		for n := int64(0); n < count; n++ {
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
		return total
	})
}
