package main

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
)

var (
	maxRe = regexp.MustCompile(`<(?:[\w-]+:)?maxObjects[^>]*>(\d+)<`)
	tokRe = regexp.MustCompile(`<(?:[\w-]+:)?token[^>]*>([^<]*)<`)
	objRe = regexp.MustCompile(`(?s)<objects>.*?</objects>`)
)

// page gives the answer to RetrievePropertiesEx in pages: the simulator has
// no maxObjects, and no tokens. A server may answer less than is asked for.
func (s *server) page(w http.ResponseWriter, r *http.Request, method string,
	body []byte) {
	if method == "RetrievePropertiesEx" {
		answer := newBuffered(w.Header())
		s.inner.ServeHTTP(answer, r)
		objects := objRe.FindAll(answer.body.Bytes(), -1)
		most := 0
		if m := maxRe.FindSubmatch(body); m != nil {
			most, _ = strconv.Atoi(string(m[1]))
		}
		s.mu.Lock()
		if s.pageSize > 0 && (most == 0 || s.pageSize < most) {
			most = s.pageSize
		}
		s.mu.Unlock()
		if answer.code != http.StatusOK || most == 0 || len(objects) <= most {
			w.WriteHeader(answer.code)
			_, _ = w.Write(answer.body.Bytes())
			return
		}
		s.sendPage(w, method, objects, most)
		return
	}
	if !s.signedIn(r) {
		soapFault(w, "NotAuthenticated")
		return
	}
	token := ""
	if m := tokRe.FindSubmatch(body); m != nil {
		token = string(m[1])
	}
	s.mu.Lock()
	objects, known := s.pages[token]
	delete(s.pages, token)
	s.mu.Unlock()
	if !known {
		soapFault(w, "InvalidProperty")
		return
	}
	if method == "CancelRetrievePropertiesEx" {
		respond(w, method, "")
		return
	}
	most := 0
	_, _ = fmt.Sscanf(token[bytes.IndexByte([]byte(token), ':')+1:], "%d", &most)
	s.sendPage(w, method, objects, most)
}

func (s *server) sendPage(w http.ResponseWriter, method string,
	objects [][]byte, most int) {
	mark := ""
	if len(objects) > most {
		s.mu.Lock()
		s.nextToken++
		token := fmt.Sprintf("%d:%d", s.nextToken, most)
		s.pages[token] = objects[most:]
		s.mu.Unlock()
		mark, objects = "<token>"+token+"</token>", objects[:most]
	}
	respond(w, method,
		"<returnval>"+mark+string(bytes.Join(objects, nil))+"</returnval>")
}

func respond(w http.ResponseWriter, method, inside string) {
	fmt.Fprintf(w, envelope, fmt.Sprintf(
		`<%sResponse xmlns="urn:vim25">%s</%sResponse>`, method, inside, method))
}
