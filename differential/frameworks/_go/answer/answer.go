// Package answer has what every server of this folder says: lists of texts, by the idiom with which an application
// would read them.
package answer

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Answer is what a server says of one request.
type Answer map[string]any

// New is the answer of a route; of no route when it is empty.
func New(route string) Answer {
	if route == "" {
		return Answer{"route": nil}
	}
	return Answer{"route": route}
}

// Add is what an idiom gives: texts, numbers, booleans, and lists and maps of them. Nothing if it gives no text.
func (answer Answer) Add(idiom string, values ...any) {
	texts := collect([]any{}, values)
	if len(texts) > 0 {
		answer[idiom] = texts
	}
}

// AddFound is Add for an idiom that says whether there was something.
func (answer Answer) AddFound(idiom string, value string, found bool) {
	if found {
		answer.Add(idiom, value)
	}
}

// AddNonempty is Add for an idiom that gives an empty text for nothing.
func (answer Answer) AddNonempty(idiom string, value string) {
	answer.AddFound(idiom, value, value != "")
}

func collect(texts []any, value any) []any {
	switch value := value.(type) {
	case nil:
	case string:
		if utf8.ValidString(value) {
			return append(texts, value)
		}
		return append(texts, map[string]string{"hex": hex.EncodeToString([]byte(value))})
	case []string:
		for _, each := range value {
			texts = collect(texts, each)
		}
	case []any:
		for _, each := range value {
			texts = collect(texts, each)
		}
	case map[string]any:
		for _, each := range value {
			texts = collect(texts, each)
		}
	case map[string]string:
		for _, each := range value {
			texts = collect(texts, each)
		}
	default:
		texts = append(texts, fmt.Sprint(value))
	}
	return texts
}

// Write sends the answer.
func (answer Answer) Write(response http.ResponseWriter) {
	response.Header().Set("content-type", "application/json")
	_ = json.NewEncoder(response).Encode(answer)
}

// Fresh gives a request whose body can be read once more, for each call.
func Fresh(request *http.Request) func() *http.Request {
	body, _ := io.ReadAll(request.Body)
	return func() *http.Request {
		fresh := request.Clone(request.Context())
		fresh.Body = io.NopCloser(bytes.NewReader(body))
		return fresh
	}
}

// Files are the contents of the files of a field.
func Files(form *multipart.Form, name string) []string {
	contents := []string{}
	if form == nil {
		return contents
	}
	for _, header := range form.File[name] {
		file, err := header.Open()
		if err != nil {
			continue
		}
		content, _ := io.ReadAll(file)
		contents = append(contents, string(content))
	}
	return contents
}

// AddAuthorization is what people write to read an authorization.
func (answer Answer) AddAuthorization(authorization string) {
	if token, found := strings.CutPrefix(authorization, "Bearer "); found {
		answer.Add("bearer strings.TrimPrefix", token)
	}
	if parts := strings.Split(authorization, " "); len(parts) > 1 && strings.EqualFold(parts[0], "bearer") {
		answer.Add("bearer strings.Split", parts[1])
	}
	if parts := strings.Fields(authorization); len(parts) > 1 && strings.EqualFold(parts[0], "bearer") {
		answer.Add("bearer strings.Fields", parts[1])
	}
}

// AddJSON is what encoding/json makes of a body, whatever its type says: many handlers never look at the type.
func (answer Answer) AddJSON(body []byte) {
	var structure struct {
		Email any `json:"email"`
		User  struct {
			Email any `json:"email"`
		} `json:"user"`
	}
	if json.NewDecoder(bytes.NewReader(body)).Decode(&structure) == nil {
		answer.Add("json.email json.Decoder struct", structure.Email)
		answer.Add("json.user.email json.Decoder struct", structure.User.Email)
	}
	var fields map[string]any
	if json.NewDecoder(bytes.NewReader(body)).Decode(&fields) == nil {
		answer.Add("json.email json.Decoder map", fields["email"])
		if user, is := fields["user"].(map[string]any); is {
			answer.Add("json.user.email json.Decoder map", user["email"])
		}
	}
}

// AddNetHTTP is what net/http reads in a request.
func (answer Answer) AddNetHTTP(fresh func() *http.Request) {
	for field, name := range map[string]string{"email": "email", "user.email": "user[email]"} {
		request := fresh()
		answer.AddNonempty("any."+field+" FormValue", request.FormValue(name))
		answer.Add("any."+field+" Form", request.Form[name])
		request = fresh()
		answer.AddNonempty("form."+field+" PostFormValue", request.PostFormValue(name))
		answer.Add("form."+field+" PostForm", request.PostForm[name])
		request = fresh()
		if request.ParseMultipartForm(1<<20) == nil {
			answer.Add("multipart."+field+" MultipartForm.Value", request.MultipartForm.Value[name])
			answer.Add("multipart."+field+" MultipartForm.File", Files(request.MultipartForm, name))
		}
		answer.Add("query."+field+" URL.Query", request.URL.Query()[name])
	}
	request := fresh()
	if reader, err := request.MultipartReader(); err == nil {
		for part, err := reader.NextPart(); err == nil; part, err = reader.NextPart() {
			if part.FormName() == "email" {
				content, _ := io.ReadAll(part)
				answer.Add("multipart.email MultipartReader", string(content))
			}
		}
	}
	for _, cookie := range request.CookiesNamed("sid") {
		answer.Add("cookie.sid Cookie", cookie.Value)
		break
	}
	sids := []string{}
	for _, cookie := range request.CookiesNamed("sid") {
		sids = append(sids, cookie.Value)
	}
	answer.Add("cookie.sid CookiesNamed", sids)
	user, _, found := request.BasicAuth()
	answer.AddFound("basic BasicAuth", user, found)
	answer.AddAuthorization(request.Header.Get("authorization"))
	body, _ := io.ReadAll(fresh().Body)
	answer.AddJSON(body)
}
