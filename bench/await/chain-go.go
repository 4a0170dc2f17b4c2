// A chain of nested awaits: each of 100 levels is a goroutine, whose value comes back through a channel.
package main

func descend(level int64) chan int64 {
	result := make(chan int64, 1)
	go func() {
		if level == 0 {
			result <- 1
			return
		}
		result <- 1 + <-descend(level-1)
	}()
	return result
}

func main() {
	elapsed(func(count int64) int64 {
		var total int64
		for n := count; n > 0; n-- {
			total += <-descend(100)
		}
		return total / count
	})
}
