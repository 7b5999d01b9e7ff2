// An unlock token: PALISADE_KEY=... go run unlock.go ACCOUNT SECONDS_VALID
package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"
)

func unlockToken(key, account string, expiry int64, nonce string) string {
	body := fmt.Sprintf("v1.%s.%d.%s", base64.RawURLEncoding.EncodeToString([]byte(account)), expiry, nonce)
	mac := hmac.New(sha256.New, []byte(strings.TrimRight(key, "\r\n")))
	mac.Write([]byte("palisade.unlock." + body))
	return body + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func main() {
	key := os.Getenv("PALISADE_KEY")
	if key == "" || len(os.Args) != 3 {
		log.Fatal("usage: PALISADE_KEY=... go run unlock.go ACCOUNT SECONDS_VALID")
	}
	valid, err := strconv.ParseInt(os.Args[2], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	expiry := time.Now().Unix() + valid
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		log.Fatal(err)
	}
	nonce := base64.RawURLEncoding.EncodeToString(random)
	// For tests.
	if fixed := os.Getenv("PALISADE_EXPIRY"); fixed != "" {
		if expiry, err = strconv.ParseInt(fixed, 10, 64); err != nil {
			log.Fatal(err)
		}
	}
	if fixed := os.Getenv("PALISADE_NONCE"); fixed != "" {
		nonce = fixed
	}
	fmt.Println(unlockToken(key, os.Args[1], expiry, nonce))
}
