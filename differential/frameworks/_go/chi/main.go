// chi: chi PORT
package main

import (
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/go-chi/chi/v5"

	"differential/answer"
)

func read(route string) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		found := answer.New(route)
		// chi gives it as it was written where that is unusual, and decoded where not; whoever knows that decodes it (again).
		if segment, err := url.PathUnescape(chi.URLParam(request, "name")); err == nil {
			found.AddNonempty("segment url.PathUnescape(URLParam)", segment)
		}
		found.AddNetHTTP(answer.Fresh(request))
		found.Write(response)
	}
}

func main() {
	router := chi.NewRouter()
	router.Post("/login", read("login"))
	router.Post("/login/code", read("code"))
	router.Get("/account", read("account"))
	router.Get("/admin", read("admin"))
	router.Get("/users/{name}/login", read("user"))
	router.Post("/users/{name}/login", read("user"))
	router.NotFound(read(""))
	router.MethodNotAllowed(read(""))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], router))
}
