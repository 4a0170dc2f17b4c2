// Ping-pong over two channels without a buffer: four sends and receives for each round.
package main

import (
	"fmt"
	"time"
)

func main() {
	const count = 500000
	there, back := make(chan int), make(chan int)
	started := time.Now()
	go func() {
		for n := count; n > 0; n-- {
			got := <-there
			back <- got - n + 1
		}
	}()
	total := 0
	for n := count; n > 0; n-- {
		there <- n
		total += <-back
	}
	took := time.Since(started)
	fmt.Printf("operations %d\n%d\nelapsed-us %d\n", 4*count, total, took.Microseconds())
}
