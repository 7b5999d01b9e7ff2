// Go's net/http: nethttp PORT
package main

import (
	"log"
	"net/http"
	"os"

	"differential/answer"
)

func read(route string) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		found := answer.New(route)
		found.AddNonempty("segment PathValue", request.PathValue("name"))
		found.AddNetHTTP(answer.Fresh(request))
		found.Write(response)
	}
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", read("login"))
	mux.HandleFunc("POST /login/code", read("code"))
	mux.HandleFunc("GET /account", read("account"))
	mux.HandleFunc("GET /admin", read("admin"))
	mux.HandleFunc("GET /users/{name}/login", read("user"))
	mux.HandleFunc("POST /users/{name}/login", read("user"))
	mux.HandleFunc("/", read(""))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], mux))
}
