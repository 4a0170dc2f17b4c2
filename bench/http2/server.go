// server PORT KEY CERT: the same answers from Go's standard library, which speaks HTTP/2 over TLS only.
package main

import (
	"bytes"
	"net/http"
	"os"
	"runtime"
)

func main() {
	runtime.GOMAXPROCS(1)
	small := []byte("hello, world\n")
	large := bytes.Repeat([]byte("x"), 1<<20)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			w.Write(large)
			return
		}
		w.Write(small)
	})
	panic(http.ListenAndServeTLS("127.0.0.1:"+os.Args[1], os.Args[3], os.Args[2], nil))
}
