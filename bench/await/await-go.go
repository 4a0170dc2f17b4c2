// One await in Go: an operation that the compiler cannot see gives its result by a channel, from a
// goroutine that is there for all of them.
package main

type request struct {
	value  int64
	result chan int64
}

func main() {
	elapsed(func(count int64) int64 {
		requests := make(chan request)
		go func() {
			for r := range requests {
				r.result <- r.value
			}
		}()
		operations := []func(chan int64){
			func(k chan int64) { requests <- request{1, k} },
			func(k chan int64) { requests <- request{2, k} },
		}
		result := make(chan int64)
		var total int64
		for n := count; n > 0; n-- {
			operations[n%2](result)
			total += <-result
		}
		close(requests)
		return 2 * total / count
	})
}
