// Echo: echo PORT
package main

import (
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"differential/answer"
)

// form is what an application binds, of a form, a query or JSON.
type form struct {
	Email string `form:"email" query:"email" json:"email"`
	Flat  string `form:"user[email]" query:"user[email]"`
	User  struct {
		Email string `json:"email"`
	} `json:"user"`
}

func read(route string) echo.HandlerFunc {
	return func(context echo.Context) error {
		found := answer.New(route)
		fresh := answer.Fresh(context.Request())
		// A context for each idiom, since a body is read once.
		idiom := func() echo.Context {
			copied := context.Echo().NewContext(fresh(), context.Response().Writer)
			copied.SetParamNames(context.ParamNames()...)
			copied.SetParamValues(context.ParamValues()...)
			return copied
		}
		// The user or token that a middleware lets through.
		through := func(guard echo.MiddlewareFunc) {
			_ = guard(func(echo.Context) error { return nil })(idiom())
		}
		if route == "user" {
			// Echo gives it as it was written where that is unusual, and decoded where not; whoever knows decodes it again.
			if segment, err := url.PathUnescape(context.Param("name")); err == nil {
				found.AddNonempty("segment url.PathUnescape(Param)", segment)
			}
		}
		found.AddNonempty("any.email echo.FormValue", idiom().FormValue("email"))
		found.AddNonempty("any.user.email echo.FormValue", idiom().FormValue("user[email]"))
		found.AddNonempty("query.email QueryParam", idiom().QueryParam("email"))
		var bound form
		if idiom().Bind(&bound) == nil {
			found.AddNonempty("any.email Bind", bound.Email)
			found.AddNonempty("any.user.email Bind", bound.User.Email)
			found.AddNonempty("any.user.email Bind", bound.Flat)
		}
		if sid, err := context.Cookie("sid"); err == nil {
			found.Add("cookie.sid echo.Cookie", sid.Value)
		}
		through(middleware.BasicAuth(func(user, _ string, _ echo.Context) (bool, error) {
			found.Add("basic middleware.BasicAuth", user)
			return false, nil
		}))
		tokens := []string{}
		through(middleware.KeyAuth(func(token string, _ echo.Context) (bool, error) {
			tokens = append(tokens, token)
			return false, nil
		}))
		found.Add("bearer middleware.KeyAuth", tokens)
		found.AddNetHTTP(fresh)
		return context.JSON(http.StatusOK, found)
	}
}

func main() {
	server := echo.New()
	server.HideBanner = true
	server.POST("/login", read("login"))
	server.POST("/login/code", read("code"))
	server.GET("/account", read("account"))
	server.GET("/admin", read("admin"))
	server.GET("/users/:name/login", read("user"))
	server.POST("/users/:name/login", read("user"))
	server.RouteNotFound("/*", read(""))
	log.Fatal(server.Start("127.0.0.1:" + os.Args[1]))
}
