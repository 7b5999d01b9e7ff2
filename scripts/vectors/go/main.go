// What the HTTP client of Go writes.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"net/url"
	"os"
	"runtime"
	"strings"
)

type field struct {
	Name, Value, Filename, Type string
	Base64                      *string
}

type scenario struct {
	Name, Place, Target, Text, User, Password, Token string
	Core                                             bool
	Fields                                           []field
	JSON                                             json.RawMessage `json:"json"`
	Cookies                                          [][2]string
}

var base = os.Args[1]

func (s scenario) url(way string) string {
	return fmt.Sprintf("%s/c/go@%s~%s/%s%s", base, strings.TrimPrefix(runtime.Version(), "go"), way, s.Name, s.Target)
}

func (s scenario) values() url.Values {
	values := url.Values{}
	for _, field := range s.Fields {
		values.Add(field.Name, field.Value)
	}
	return values
}

// Writes the parts, with files by `file`.
func (s scenario) multipart(file func(*multipart.Writer, field) (io.Writer, error)) (string, *bytes.Buffer) {
	body := &bytes.Buffer{}
	writer := multipart.NewWriter(body)
	for _, field := range s.Fields {
		if field.Base64 == nil {
			check(writer.WriteField(field.Name, field.Value))
			continue
		}
		content, err := base64.StdEncoding.DecodeString(*field.Base64)
		check(err)
		part, err := file(writer, field)
		check(err)
		_, err = part.Write(content)
		check(err)
	}
	check(writer.Close())
	return writer.FormDataContentType(), body
}

func created(writer *multipart.Writer, field field) (io.Writer, error) {
	return writer.CreateFormFile(field.Name, field.Filename)
}

func typed(writer *multipart.Writer, field field) (io.Writer, error) {
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", multipart.FileContentDisposition(field.Name, field.Filename))
	header.Set("Content-Type", field.Type)
	return writer.CreatePart(header)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func get(client *http.Client, url string, change func(*http.Request)) {
	request, err := http.NewRequest("GET", url, nil)
	check(err)
	change(request)
	_, err = client.Do(request)
	check(err)
}

func (s scenario) write() {
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	switch s.Place {
	case "form":
		_, err := client.PostForm(s.url("postform"), s.values())
		check(err)
	case "multipart":
		ways := map[string]func(*multipart.Writer, field) (io.Writer, error){"createformfile": created, "createpart": typed}
		for way, file := range ways {
			kind, body := s.multipart(file)
			_, err := client.Post(s.url(way), kind, body)
			check(err)
		}
	case "json":
		text := []byte(s.Text)
		if s.JSON != nil {
			var document any
			check(json.Unmarshal(s.JSON, &document))
			// Its own spelling: sorted, `<`, `>` and `&` escaped.
			text, _ = json.Marshal(document)
		}
		_, err := client.Post(s.url("json"), "application/json", bytes.NewReader(text))
		check(err)
	case "query":
		_, err := client.Get(s.url("values") + "?" + s.values().Encode())
		check(err)
	case "basic":
		get(client, s.url("setbasicauth"), func(request *http.Request) { request.SetBasicAuth(s.User, s.Password) })
	case "bearer":
		get(client, s.url("header"), func(request *http.Request) { request.Header.Set("Authorization", "Bearer "+s.Token) })
	case "path":
		_, err := client.PostForm(s.url("path"), s.values())
		check(err)
	case "cookie":
		_, err := client.Get(strings.TrimSuffix(s.url("jar"), s.Target) + "/set")
		check(err)
		_, err = client.Get(s.url("jar"))
		check(err)
		get(client, s.url("addcookie"), func(request *http.Request) {
			for _, cookie := range s.Cookies {
				request.AddCookie(&http.Cookie{Name: cookie[0], Value: cookie[1]})
			}
		})
	}
}

func main() {
	text, err := os.ReadFile(os.Args[2])
	check(err)
	var scenarios []scenario
	check(json.Unmarshal(text, &scenarios))
	for _, scenario := range scenarios {
		if scenario.Core {
			scenario.write()
		}
	}
}
