// Two goroutines hand a number to and fro: each sends it to the other and waits for the answer.
package main

func player(in, out chan int64, got, count int64) int64 {
	for got < count {
		out <- got + 1
		got = <-in
	}
	return got
}

func main() {
	elapsed(func(count int64) int64 {
		there, back := make(chan int64), make(chan int64)
		go func() {
			got := player(there, back, <-there, count)
			back <- got
		}()
		got := player(back, there, 0, count)
		return got - count
	})
}
