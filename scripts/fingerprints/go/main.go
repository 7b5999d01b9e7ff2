// Says hello to the URL that it is called with.
package main

import (
	"net/http"
	"os"
)

func main() {
	// The certificate is not trusted: the hello is all that is wanted.
	_, _ = http.Get(os.Args[1])
}
