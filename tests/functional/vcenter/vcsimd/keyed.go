package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
)

// The simulator has no properties by key; Nova reads
// config.extraConfig["nvp.vm-uuid"].
var (
	keyedRe = regexp.MustCompile(
		`config\.extraConfig\[(?:&quot;|")([^"&\]]+)(?:&quot;|")\]`)
	extraRe = regexp.MustCompile(
		`(?s)<propSet>\s*<name>config\.extraConfig</name>.*?</propSet>`)
	optionRe = regexp.MustCompile(
		`(?s)<key>([^<]*)</key>\s*(<value[^>]*>.*?</value>)`)
)

func (s *server) keyed(w http.ResponseWriter, r *http.Request, body []byte) {
	key := string(keyedRe.FindSubmatch(body)[1])
	r.Body = io.NopCloser(bytes.NewReader(
		keyedRe.ReplaceAll(body, []byte("config.extraConfig"))))
	answer := newBuffered(w.Header())
	s.inner.ServeHTTP(answer, r)
	out := extraRe.ReplaceAllFunc(answer.body.Bytes(), func(b []byte) []byte {
		for _, m := range optionRe.FindAllSubmatch(b, -1) {
			if string(m[1]) == key {
				return []byte(fmt.Sprintf(
					`<propSet><name>config.extraConfig[%s]</name>`+
						`<val xmlns:x="http://www.w3.org/2001/XMLSchema-instance"`+
						` x:type="OptionValue"><key>%s</key>%s</val></propSet>`,
					html.EscapeString(`"`+key+`"`), key, m[2]))
			}
		}
		return nil
	})
	w.WriteHeader(answer.code)
	_, _ = w.Write(out)
}
