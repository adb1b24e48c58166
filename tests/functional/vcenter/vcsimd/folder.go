package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// serveFolder reads and writes files of datastores, as a vCenter does it at
// /folder/PATH?dcPath=DATACENTER&dsName=DATASTORE.
//
// What a real one answers when a datastore is full or not accessible is not
// documented; 507 and 503 are our choice.
func (s *server) serveFolder(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("dsName")
	s.slow(r.Method)
	f := s.takeFault(r.Method, name)
	if f == nil {
		f = &fault{}
	}
	time.Sleep(milliseconds(f.Wait))
	if f.Status == http.StatusUnauthorized {
		defer s.endSession(r)
	}
	if f.fails() && f.After == 0 && f.Late == 0 {
		s.countHTTP(r.Method + " /folder injected")
		fail(w, f)
		return
	}
	code := s.folder(w, r, f)
	s.countHTTP(fmt.Sprintf("%s /folder %d", r.Method, code))
	if code < 0 {
		closeConnection(w)
	}
}

// folder returns the status it answered, or -1 to close the connection.
func (s *server) folder(w http.ResponseWriter, r *http.Request, f *fault) int {
	answer := func(code int) int {
		w.WriteHeader(code)
		return code
	}
	if !s.signedIn(r) {
		return answer(http.StatusUnauthorized)
	}
	query := r.URL.Query()
	d := s.find(query.Get("dcPath"), query.Get("dsName"))
	if d == nil {
		return answer(http.StatusNotFound)
	}
	if !d.isAccessible() {
		return answer(http.StatusServiceUnavailable)
	}
	file := filepath.Join(
		d.dir, path.Clean("/"+strings.TrimPrefix(r.URL.Path, "/folder")))
	switch r.Method {
	case http.MethodPut:
		code := s.put(r, d, file, f)
		if code >= 0 {
			answer(code)
		}
		return code
	case http.MethodGet, http.MethodHead:
		st, err := os.Stat(file)
		if err != nil || st.IsDir() {
			return answer(http.StatusNotFound)
		}
		if f.fails() {
			w = &cut{w, f.After}
		}
		http.ServeFile(w, r, file)
		if f.fails() {
			return -1
		}
		return http.StatusOK
	}
	return answer(http.StatusMethodNotAllowed)
}

// put writes a request's body to a file and returns the status to answer.
// The file is there from the first moment, and what came of it stays when the
// client has gone: as a vCenter does it.
func (s *server) put(r *http.Request, d *datastore, file string,
	f *fault) int {
	s.mu.Lock()
	s.puts++
	if s.puts > s.mostPuts {
		s.mostPuts = s.puts
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.puts--
		s.mu.Unlock()
		s.recount(d.Name)
	}()
	_, missing := os.Stat(file)
	_ = os.MkdirAll(filepath.Dir(file), 0o755)
	target := file
	if f.Late > 0 {
		target = s.spool()
		defer func() {
			go func() {
				time.Sleep(milliseconds(f.Late))
				_ = os.Rename(target, file)
				s.recount(d.Name)
			}()
		}()
	}
	out, err := os.Create(target)
	if err != nil {
		return http.StatusInternalServerError
	}
	defer out.Close()
	s.beginPut(d)
	defer s.endPut(d)
	var n int64
	buf := make([]byte, 64<<10)
	for {
		k, err := r.Body.Read(buf)
		if f.fails() && n+int64(k) >= f.After {
			_, _ = out.Write(buf[:f.After-n])
			if f.Drop {
				return -1
			}
			return f.Status
		}
		if k > 0 {
			if !s.take(d, int64(k)) {
				return http.StatusInsufficientStorage
			}
			keep := int64(k)
			if f.Keep != nil && n+keep > *f.Keep {
				keep = max(*f.Keep-n, 0)
			}
			if _, err := out.Write(buf[:keep]); err != nil {
				return http.StatusInsufficientStorage
			}
			n += int64(k)
			s.throttle(k)
		}
		if err == io.EOF {
			break
		}
		if err != nil { // the client has gone
			return http.StatusInternalServerError
		}
	}
	if missing == nil {
		return http.StatusOK
	}
	return http.StatusCreated
}

func (s *server) throttle(n int) {
	s.mu.Lock()
	rate := s.rate
	s.mu.Unlock()
	if rate > 0 {
		time.Sleep(time.Duration(float64(n) / float64(rate) * 1e9))
	}
}

// spool returns the path of a file that is on no datastore yet.
func (s *server) spool() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextToken++
	return filepath.Join(s.dataDir, fmt.Sprintf("late-%d", s.nextToken))
}

// cut passes on so many bytes of an answer's body, and no more.
type cut struct {
	http.ResponseWriter
	left int64
}

func (c *cut) Write(p []byte) (int, error) {
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.ResponseWriter.Write(p)
	c.left -= int64(n)
	if err == nil && c.left == 0 {
		if f, ok := c.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		err = io.ErrShortWrite
	}
	return n, err
}

func max(a, b int64) int64 {
	if a > b {
		return a
	}
	return b
}
