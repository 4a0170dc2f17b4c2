// Ping-pong over two channels without a buffer: four sends and receives for each round.
package main

func main() {
	elapsed(func(count int64) int64 {
		there, back := make(chan int64), make(chan int64)
		go func() {
			for n := count; n > 0; n-- {
				got := <-there
				back <- got - n + 1
			}
		}()
		var total int64
		for n := count; n > 0; n-- {
			there <- n
			total += <-back
		}
		return total
	})
}
