package main

import (
	"bytes"
	"io"
	"net/http"
)

// findAll answers FindAllByUuid, of which the simulator knows only the one
// that finds one. No two machines here have the same.
func (s *server) findAll(w http.ResponseWriter, r *http.Request, body []byte) {
	all, one := []byte("FindAllByUuid"), []byte("FindByUuid")
	r.Body = io.NopCloser(bytes.NewReader(bytes.ReplaceAll(body, all, one)))
	answer := newBuffered(w.Header())
	s.inner.ServeHTTP(answer, r)
	w.WriteHeader(answer.code)
	_, _ = w.Write(bytes.ReplaceAll(answer.body.Bytes(), one, all))
}
