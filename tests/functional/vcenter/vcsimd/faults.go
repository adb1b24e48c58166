package main

import (
	"net/http"
	"time"
)

// fault is what a test wants to go wrong.
type fault struct {
	// A SOAP method, a verb of /folder (PUT, GET, HEAD), WSDL, or * for all.
	Method string `json:"method"`
	// Of /folder: only this datastore.
	Datastore string `json:"datastore"`
	// How many times still; below 0 is always.
	Count int `json:"count"`
	// Let so many through first.
	Skip int `json:"skip"`
	// Wait so long first, in milliseconds.
	Wait int64 `json:"wait"`

	// How it fails. With none of them it is slow, and that is all.
	Status int    `json:"status"` // an HTTP status without a body
	Fault  string `json:"fault"`  // a SOAP fault's type: NotAuthenticated
	Drop   bool   `json:"drop"`   // the connection is closed

	// Of SOAP: do what is asked, and then fail: the answer is lost.
	Done bool `json:"done"`
	// Of methods that answer a task: the call succeeds; its task runs for
	// wait milliseconds, and fails with fault when there is one.
	Task bool `json:"task"`

	// Of PUT and GET: fail after so many bytes of the file.
	After int64 `json:"after"`
	// Of PUT: store no more than these bytes, and say all is well.
	Keep *int64 `json:"keep"`
	// Of PUT: the file appears so many milliseconds after the end of the
	// request, however that ended.
	Late int64 `json:"late"`
}

func (f *fault) fails() bool {
	return f.Status != 0 || f.Fault != "" || f.Drop
}

// takeFault returns a copy of the fault that is due now, or nil.
func (s *server) takeFault(method, datastore string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Method != method && f.Method != "*" ||
			f.Datastore != "" && f.Datastore != datastore || f.Count == 0 {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Count > 0 {
			f.Count--
		}
		due := *f
		return &due
	}
	return nil
}

// slow waits as long as every call of a method is to take.
func (s *server) slow(method string) {
	s.mu.Lock()
	wait := s.delays["*"] + s.delays[method]
	s.mu.Unlock()
	time.Sleep(wait)
}

func milliseconds(n int64) time.Duration {
	return time.Duration(n) * time.Millisecond
}

func closeConnection(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if c, _, err := h.Hijack(); err == nil {
			c.Close()
			return
		}
	}
	// HTTP/2 and answers that have begun: net/http closes those itself.
	panic(http.ErrAbortHandler)
}
