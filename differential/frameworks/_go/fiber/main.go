// Fiber: fiber PORT
package main

import (
	"log"
	"net/url"
	"os"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/basicauth"
	"github.com/gofiber/fiber/v2/middleware/keyauth"

	"differential/answer"
)

// form is what an application binds, of a form or JSON.
type form struct {
	Email string `form:"email" json:"email" query:"email"`
	User  struct {
		Email string `form:"email" json:"email" query:"email"`
	} `form:"user" json:"user" query:"user"`
}

func read(route string) fiber.Handler {
	return func(context *fiber.Ctx) error {
		found := answer.New(route)
		// Fiber leaves the segment as it was written; whoever compares it with names decodes it.
		if segment, err := url.PathUnescape(context.Params("name")); err == nil {
			found.AddNonempty("segment url.PathUnescape(Params)", segment)
		}
		for field, name := range map[string]string{"email": "email", "user.email": "user[email]"} {
			found.AddNonempty("any."+field+" FormValue", strings.Clone(context.FormValue(name)))
			found.AddNonempty("form."+field+" PostArgs", string(context.Request().PostArgs().Peek(name)))
			found.AddNonempty("query."+field+" Query", strings.Clone(context.Query(name)))
		}
		kind := strings.ToLower(context.Get("content-type"))
		place := "any"
		if strings.Contains(kind, "json") {
			place = "json"
		}
		var bound form
		if context.BodyParser(&bound) == nil {
			found.AddNonempty(place+".email BodyParser", strings.Clone(bound.Email))
			found.AddNonempty(place+".user.email BodyParser", strings.Clone(bound.User.Email))
		}
		bound = form{}
		if context.QueryParser(&bound) == nil {
			found.AddNonempty("query.email QueryParser", strings.Clone(bound.Email))
			found.AddNonempty("query.user.email QueryParser", strings.Clone(bound.User.Email))
		}
		if multipart, err := context.MultipartForm(); err == nil {
			found.Add("multipart.email MultipartForm", multipart.Value["email"])
			found.Add("multipart.email MultipartForm.File", answer.Files(multipart, "email"))
			found.Add("multipart.user.email MultipartForm", multipart.Value["user[email]"])
		}
		found.AddNonempty("cookie.sid Cookies", strings.Clone(context.Cookies("sid")))
		found.Add("basic basicauth", context.Locals("username"))
		found.Add("bearer keyauth", context.Locals("token"))
		found.AddAuthorization(strings.Clone(context.Get("authorization")))
		found.AddJSON(context.Body())
		return context.JSON(found)
	}
}

func main() {
	server := fiber.New(fiber.Config{DisableStartupMessage: true, BodyLimit: 1 << 20})
	// Authentication that lets everybody through, and remembers whom.
	next := func(context *fiber.Ctx) error { return context.Next() }
	server.Use(basicauth.New(basicauth.Config{
		Authorizer:   func(string, string) bool { return true },
		Unauthorized: next,
	}))
	server.Use(keyauth.New(keyauth.Config{
		Validator:    func(*fiber.Ctx, string) (bool, error) { return true, nil },
		ErrorHandler: func(context *fiber.Ctx, _ error) error { return context.Next() },
	}))
	server.Post("/login", read("login"))
	server.Post("/login/code", read("code"))
	server.Get("/account", read("account"))
	server.Get("/admin", read("admin"))
	server.Get("/users/:name/login", read("user"))
	server.Post("/users/:name/login", read("user"))
	server.Use(read(""))
	log.Fatal(server.Listen("127.0.0.1:" + os.Args[1]))
}
