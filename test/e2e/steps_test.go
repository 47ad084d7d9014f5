package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tintype/internal/console/sample"
	"tintype/test/harness"
)

// operation is something that a server may die in the middle of. Each round
// of it works on assets of its own.
type operation struct {
	// before makes what the operation works on; may be nil.
	before func(r *round)
	// do is the operation; the server may be gone before it answers.
	do func(r *round) (status int, err error)
	// after looks at what is left: acknowledged or not, all or nothing.
	after func(r *round, acknowledged bool)
	// finally looks, in the end, at an acknowledged round; may be nil.
	finally func(t *testing.T, name string, told *hooks)
}

type round struct {
	t      *testing.T
	s      *harness.Server
	name   string // of the round's asset
	hook   string // takes notifications
	old    []byte
	new    []byte
	picked string // the point of the death
}

// post calls the API and answers the status.
func (r *round) post(path string, params ...string) (int, error) {
	form := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		form.Add(params[i], params[i+1])
	}
	q, err := http.NewRequest(http.MethodPost, r.s.URL+"/v1_1/"+harness.Account+"/"+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	q.SetBasicAuth(harness.Key, harness.Secret)
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, err
}

func (r *round) upload(file []byte, params map[string]string) (int, error) {
	params["public_id"] = r.name
	status, _, err := r.s.Upload("image", "a.png", file, params)
	return status, err
}

// original reads an asset's bytes; nil where there is none.
func (r *round) original(name string) []byte {
	r.t.Helper()
	switch status, _, body := r.s.Get(r.t, "/"+harness.Account+"/image/upload/"+name+".png"); status {
	case http.StatusOK:
		return body
	case http.StatusNotFound:
		return nil
	default:
		r.t.Fatalf("%s after a death at %q: %d", name, r.picked, status)
		return nil
	}
}

func (r *round) record(name string) map[string]any {
	r.t.Helper()
	q, err := http.NewRequest(http.MethodGet, r.s.URL+"/v1_1/"+harness.Account+"/resources/image/upload/"+name, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	q.SetBasicAuth(harness.Key, harness.Secret)
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		r.t.Fatal(err)
	}
	return out
}

func (r *round) fail(format string, args ...any) {
	r.t.Helper()
	r.t.Errorf("%s, death at %q: %s", r.name, r.picked, fmt.Sprintf(format, args...))
}

var operations = map[string]operation{
	"upload": {
		do: func(r *round) (int, error) { return r.upload(r.new, map[string]string{}) },
		after: func(r *round, acknowledged bool) {
			if got := r.original(r.name); got == nil && acknowledged || got != nil && !bytes.Equal(got, r.new) {
				r.fail("acknowledged %v, %d bytes are there", acknowledged, len(got))
			}
		},
	},
	"overwrite": {
		before: func(r *round) { r.must(r.upload(r.old, map[string]string{})) },
		do:     func(r *round) (int, error) { return r.upload(r.new, map[string]string{}) },
		after: func(r *round, acknowledged bool) {
			got := r.original(r.name)
			if !bytes.Equal(got, r.new) && (acknowledged || !bytes.Equal(got, r.old)) {
				r.fail("acknowledged %v, %d bytes are there", acknowledged, len(got))
			}
		},
	},
	"explicit": {
		before: func(r *round) { r.must(r.upload(r.old, map[string]string{"tags": "old"})) },
		do: func(r *round) (int, error) {
			return r.post("image/explicit", "public_id", r.name, "type", "upload", "tags", "new", "eager", "w_10")
		},
		after: func(r *round, acknowledged bool) {
			if tags := fmt.Sprint(r.record(r.name)["tags"]); tags != "[new]" && (acknowledged || tags != "[old]") {
				r.fail("acknowledged %v, tags %s", acknowledged, tags)
			}
			if status, _, _ := r.s.Get(r.t, "/"+harness.Account+"/image/upload/w_10/"+r.name+".png"); status != 200 {
				r.fail("the rendition answers %d", status)
			}
		},
	},
	"rename": {
		before: func(r *round) { r.must(r.upload(r.old, map[string]string{})) },
		do: func(r *round) (int, error) {
			return r.post("image/rename", "from_public_id", r.name, "to_public_id", "to-"+r.name)
		},
		after: func(r *round, acknowledged bool) {
			from, to := r.original(r.name), r.original("to-"+r.name)
			if (from == nil) == (to == nil) || acknowledged && to == nil || !bytes.Equal(append(from, to...), r.old) {
				r.fail("acknowledged %v, %d bytes under the old name and %d under the new one", acknowledged, len(from), len(to))
			}
		},
	},
	"delete": {
		before: func(r *round) { r.must(r.upload(r.old, map[string]string{"eager": "w_10"})) },
		do:     func(r *round) (int, error) { return r.post("image/destroy", "public_id", r.name) },
		after: func(r *round, acknowledged bool) {
			if got := r.original(r.name); got != nil && (acknowledged || !bytes.Equal(got, r.old)) {
				r.fail("acknowledged %v, %d bytes are there", acknowledged, len(got))
			}
		},
	},
	"notified": {
		do: func(r *round) (int, error) {
			return r.upload(r.new, map[string]string{"eager": "w_10", "eager_async": "true", "notification_url": r.hook})
		},
		after: func(r *round, acknowledged bool) {
			if got := r.original(r.name); got == nil && acknowledged || got != nil && !bytes.Equal(got, r.new) {
				r.fail("acknowledged %v, %d bytes are there", acknowledged, len(got))
			}
		},
		finally: func(t *testing.T, name string, told *hooks) {
			for _, what := range []string{"upload ", "eager "} {
				waitFor(t, what+name+" to be told", func() bool { return told.has(what + name) })
			}
		},
	},
}

func (r *round) must(status int, err error) {
	r.t.Helper()
	if err != nil || status != 200 {
		r.t.Fatalf("%s: %d %v", r.name, status, err)
	}
}

// hooks notes which assets it was told of, and of what.
type hooks struct {
	mu   sync.Mutex
	told map[string]bool // "upload NAME", "eager NAME"
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var event struct {
		Type     string `json:"notification_type"`
		PublicID string `json:"public_id"`
	}
	if json.NewDecoder(r.Body).Decode(&event) == nil {
		h.mu.Lock()
		h.told[event.Type+" "+event.PublicID] = true
		h.mu.Unlock()
	}
}

func (h *hooks) has(what string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.told[what]
}

// The server is killed between every two durable steps of every operation,
// those of the storage, the database and the library. Afterwards nothing
// acknowledged is lost, nothing is half done, and records and files agree.
func TestKillBetweenAllSteps(t *testing.T) {
	t.Parallel()
	pictures := make([][]byte, 2)
	for i := range pictures {
		var err error
		if pictures[i], err = sample.PNG(sample.Balloons(40+i, 30)); err != nil {
			t.Fatal(err)
		}
	}
	for name, op := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killAtEachStep(t, op, pictures[0], pictures[1])
		})
	}
}

// maxSteps bounds the steps of one operation; none has nearly as many.
const maxSteps = 120

func killAtEachStep(t *testing.T, op operation, old, new []byte) {
	h := &hooks{told: map[string]bool{}}
	receiver := httptest.NewServer(h)
	defer receiver.Close()
	u, err := url.Parse(receiver.URL)
	if err != nil {
		t.Fatal(err)
	}
	data, die := t.TempDir(), filepath.Join(t.TempDir(), "die")
	options := harness.Options{
		Data: data, Binary: harness.Faulty(t), Env: []string{"TINTYPE_DIE_FILE=" + die},
		Args: []string{"--fetch-allow", "127.0.0.0/8", "--fetch-allow-port", u.Port()},
	}
	server := harness.Start(t, options)
	deaths := map[string]int{}
	var acknowledged []string
	for n := 1; ; n++ {
		if n > maxSteps {
			t.Fatalf("the operation has more than %d steps", maxSteps)
		}
		r := &round{t: t, s: server, name: fmt.Sprintf("round%d", n), hook: receiver.URL, old: distinct(old, n), new: distinct(new, n)}
		if op.before != nil {
			op.before(r)
		}
		if err := os.WriteFile(die, []byte(strconv.Itoa(n)), 0o600); err != nil {
			t.Fatal(err)
		}
		status, err := op.do(r)
		done := err == nil && status == 200
		died := err != nil // the connection broke, so the process is ending
		if !died {
			if err := os.Remove(die); err != nil {
				t.Fatal(err)
			}
		}
		if died || ended(server) {
			<-server.Ended()
			point, _ := os.ReadFile(die + ".point")
			r.picked = string(point)
			deaths[r.picked]++
			_ = os.Remove(die)
			server = harness.Start(t, options)
			r.s = server
			died = true
		}
		if !done && !died {
			t.Fatalf("round %d is answered with %d", n, status)
		}
		if done {
			acknowledged = append(acknowledged, r.name)
		}
		op.after(r, done)
		if !died {
			break
		}
	}
	if len(deaths) < 3 {
		t.Errorf("the server died at %v only", deaths)
	}
	t.Logf("deaths: %v", deaths)
	for _, name := range acknowledged {
		if op.finally != nil {
			op.finally(t, name, h)
		}
	}
	if err := server.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	out, err := exec.Command(harness.Binary(t), "verify", "--data", data, "--read-data").CombinedOutput()
	if err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
}

func ended(s *harness.Server) bool {
	select {
	case <-s.Ended():
		return true
	default:
		return false
	}
}

// distinct makes a PNG's bytes those of one round, so that no round finds the
// bytes of another in the storage: behind the end of the picture, where
// decoders do not look.
func distinct(picture []byte, n int) []byte {
	return append(bytes.Clone(picture), fmt.Sprintf("%09d", n)...)
}
