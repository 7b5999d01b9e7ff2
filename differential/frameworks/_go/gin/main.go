// Gin: gin PORT
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/gin-gonic/gin"

	"differential/answer"
)

// form is what an application binds, of a form, a query or JSON.
type form struct {
	Email string `form:"email" json:"email"`
	User  struct {
		Email string `form:"user[email]" json:"email"`
	} `json:"user"`
}

func read(route string) gin.HandlerFunc {
	return func(context *gin.Context) {
		found := answer.New(route)
		fresh := answer.Fresh(context.Request)
		// Gin keeps what it has parsed, so that each idiom needs a context of its own.
		idiom := func() *gin.Context {
			copied := context.Copy()
			copied.Request = fresh()
			return copied
		}
		found.AddNonempty("segment Param", context.Param("name"))
		email, is := idiom().GetPostForm("email")
		found.AddFound("form.email PostForm", email, is)
		found.Add("form.email PostFormArray", idiom().PostFormArray("email"))
		email, is = idiom().GetPostForm("user[email]")
		found.AddFound("form.user.email PostForm", email, is)
		email, is = idiom().PostFormMap("user")["email"]
		found.AddFound("form.user.email PostFormMap", email, is)
		email, is = idiom().GetQuery("email")
		found.AddFound("query.email Query", email, is)
		email, is = idiom().QueryMap("user")["email"]
		found.AddFound("query.user.email QueryMap", email, is)
		var bound form
		if idiom().ShouldBind(&bound) == nil {
			found.AddNonempty("any.email ShouldBind", bound.Email)
			found.AddNonempty("any.user.email ShouldBind", bound.User.Email)
		}
		bound = form{}
		if idiom().ShouldBindJSON(&bound) == nil {
			found.AddNonempty("json.email ShouldBindJSON", bound.Email)
			found.AddNonempty("json.user.email ShouldBindJSON", bound.User.Email)
		}
		bound = form{}
		if idiom().ShouldBindQuery(&bound) == nil {
			found.AddNonempty("query.email ShouldBindQuery", bound.Email)
		}
		if sid, err := context.Cookie("sid"); err == nil {
			found.Add("cookie.sid gin.Cookie", sid)
		}
		found.AddNetHTTP(fresh)
		context.JSON(http.StatusOK, found)
	}
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.POST("/login", read("login"))
	router.POST("/login/code", read("code"))
	router.GET("/account", read("account"))
	router.GET("/admin", read("admin"))
	router.GET("/users/:name/login", read("user"))
	router.POST("/users/:name/login", read("user"))
	router.NoRoute(read(""))
	log.Fatal(router.Run("127.0.0.1:" + os.Args[1]))
}
