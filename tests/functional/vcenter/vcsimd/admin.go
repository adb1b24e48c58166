package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// strict decodes JSON and refuses words it does not know.
func strict(text []byte, into interface{}) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// admin answers JSON to JSON. What it does not understand it refuses, so
// that a test with a mistake does not pass.
func (s *server) admin(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	if _, err := body.ReadFrom(r.Body); err != nil {
		return
	}
	answer, err := s.command(r.URL.Path, body.Bytes())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *server) command(name string, body []byte) (interface{}, error) {
	switch name {
	case "/stats":
		return s.stats(), nil
	case "/reset":
		s.reset()
		return nil, s.restore()
	case "/fault":
		f := &fault{Count: 1}
		if err := strict(body, f); err != nil {
			return nil, err
		}
		if f.Method == "" {
			return nil, fmt.Errorf("a fault needs a method")
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.faults = append(s.faults, f)
		return nil, nil
	case "/delay":
		var wanted struct {
			Method       string `json:"method"`
			Milliseconds int64  `json:"milliseconds"`
		}
		if err := strict(body, &wanted); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.delays[wanted.Method] = milliseconds(wanted.Milliseconds)
		return nil, nil
	case "/rate":
		return nil, s.setNumber(body, func(n int64) { s.rate = n })
	case "/page":
		return nil, s.setNumber(body, func(n int64) { s.pageSize = int(n) })
	case "/expire":
		return s.expire(), nil
	case "/ds":
		return s.change(body)
	}
	return nil, fmt.Errorf("there is no command %s", name)
}

func (s *server) setNumber(body []byte, set func(int64)) error {
	var n int64
	if err := strict(body, &n); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set(n)
	return nil
}

func (s *server) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.soap, s.http, s.mostPuts = map[string]int{}, map[string]int{}, 0
	s.faults, s.delays = nil, map[string]time.Duration{}
	s.rate, s.pageSize = 0, 0
}

// restore makes datastores what they were at the start, but for their files.
func (s *server) restore() error {
	s.mu.Lock()
	all := append([]*datastore{}, s.datastores...)
	s.mu.Unlock()
	for _, d := range all {
		s.mu.Lock()
		d.spec, d.room = d.first, d.first.Free
		gone := d.gone
		s.mu.Unlock()
		if gone {
			if err := s.mount(context.Background(), d); err != nil {
				return err
			}
		} else {
			s.show(d)
		}
	}
	return nil
}

func (s *server) stats() interface{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := 0
	soap, requests := map[string]int{}, map[string]int{}
	for name, n := range s.soap {
		calls += n
		soap[name] = n
	}
	for name, n := range s.http {
		requests[name] = n
	}
	return map[string]interface{}{
		"calls": calls, "soap": soap, "http": requests,
		"most_puts": s.mostPuts, "puts": s.puts,
		"sessions": len(s.sessions)}
}

// expire ends every session, and tells how many there were.
func (s *server) expire() int {
	s.mu.Lock()
	sessions := s.sessions
	s.sessions = map[string]string{}
	s.mu.Unlock()
	ended := 0
	for id := range sessions {
		if s.terminate(id) == nil {
			ended++
		}
	}
	return ended
}

// change changes a datastore, or none, and returns what all of them are.
func (s *server) change(body []byte) (interface{}, error) {
	var wanted struct {
		Name        string  `json:"name"`
		Datacenter  string  `json:"datacenter"` // "" is any
		Free        *int64  `json:"free"`
		Capacity    *int64  `json:"capacity"`
		Accessible  *bool   `json:"accessible"`
		Maintenance *string `json:"maintenance"`
		Gone        *bool   `json:"gone"`
	}
	if len(body) > 0 {
		if err := strict(body, &wanted); err != nil {
			return nil, err
		}
		d := s.lookUp(wanted.Datacenter, wanted.Name)
		if d == nil {
			return nil, fmt.Errorf("there is no datastore %q", wanted.Name)
		}
		s.mu.Lock()
		if wanted.Free != nil {
			d.room = *wanted.Free + size(d.dir)
		}
		if wanted.Capacity != nil {
			d.Capacity = *wanted.Capacity
		}
		if wanted.Accessible != nil {
			d.Accessible = *wanted.Accessible
		}
		if wanted.Maintenance != nil {
			d.Maintenance = *wanted.Maintenance
		}
		gone := d.gone
		s.mu.Unlock()
		var err error
		if wanted.Gone != nil && *wanted.Gone != gone {
			if gone {
				err = s.mount(context.Background(), d)
			} else {
				err = s.unmount(context.Background(), d)
			}
		} else if !gone {
			s.show(d)
		}
		if err != nil {
			return nil, err
		}
	}
	return s.list(), nil
}

// lookUp returns a datastore, also one that is gone.
func (s *server) lookUp(datacenter, name string) *datastore {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.datastores {
		if d.Name == name &&
			(datacenter == "" || samePath(datacenter, d.Datacenter)) {
			return d
		}
	}
	return nil
}

func (s *server) list() interface{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []interface{}{}
	for _, d := range s.datastores {
		all = append(all, map[string]interface{}{
			"name": d.Name, "datacenter": d.Datacenter, "pod": d.Pod,
			"capacity": d.Capacity, "free": max(d.room-size(d.dir), 0),
			"accessible": d.Accessible, "maintenance": d.Maintenance,
			"gone": d.gone, "directory": d.dir, "ref": d.ref.Value})
	}
	return all
}
