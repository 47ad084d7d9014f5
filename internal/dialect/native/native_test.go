package native

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/library"
	"tintype/internal/library/librarytest"
	"tintype/internal/media"
)

// site is the API on a real connection, over a library whose engine knows
// only pictures of text.
type site struct {
	*librarytest.World
	t   *testing.T
	url string
	d   *Dialect
}

func newSite(t *testing.T, change ...func(*library.Config)) *site {
	t.Helper()
	return serveWorld(t, librarytest.New(t, change...))
}

func serveWorld(t *testing.T, w *librarytest.World) *site {
	t.Helper()
	accounts, err := account.Open(context.Background(), account.Config{Catalog: w.Catalog, Cluster: w.Cluster, DefaultDialect: Name})
	if err != nil {
		t.Fatal(err)
	}
	if err := accounts.Put(context.Background(), media.Account{ID: "other", Keys: []media.Key{{ID: "o", Secret: "o"}}, CreatedAt: w.Clock.Now()}); err != nil {
		t.Fatal(err)
	}
	d, err := New(Config{Accounts: accounts, Library: w.Library, Cluster: w.Cluster, Now: w.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	prefixes, h := d.API()
	if !slices.Equal(prefixes, []string{"/api/"}) {
		t.Fatalf("prefixes: %v", prefixes)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &site{World: w, t: t, url: server.URL, d: d}
}

type reply struct {
	code   int
	header http.Header
	body   string
}

// do sends a request of the protocol with the account's key; headers come in
// pairs, and an empty value takes a header away.
func (s *site) do(method, path, body string, headers ...string) reply {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+librarytest.Key.ID+":"+librarytest.Key.Secret)
	r.Header.Set("Tus-Resumable", "1.0.0")
	for i := 0; i+1 < len(headers); i += 2 {
		if r.Header.Del(headers[i]); headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		s.t.Errorf("%s %s: browsers of other origins may not read the answer", method, path)
	}
	return reply{resp.StatusCode, resp.Header, string(b)}
}

func (s *site) patch(path string, offset int, body string, headers ...string) reply {
	s.t.Helper()
	return s.do("PATCH", path, body, append([]string{"Content-Type", "application/offset+octet-stream", "Upload-Offset", strconv.Itoa(offset)}, headers...)...)
}

// create begins an upload and returns its path.
func (s *site) create(length int, meta ...string) string {
	s.t.Helper()
	r := s.do("POST", "/api/demo/uploads/", "", "Upload-Length", strconv.Itoa(length), "Upload-Metadata", metadata(meta...))
	if r.code != 201 || !strings.HasPrefix(r.header.Get("Location"), "/api/demo/uploads/") {
		s.t.Fatalf("create: %d %v %s", r.code, r.header, r.body)
	}
	return r.header.Get("Location")
}

func metadata(pairs ...string) string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
	}
	return strings.Join(out, ",")
}

func (r reply) want(t *testing.T, code int, headers ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("answered %d %s, want %d", r.code, r.body, code)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if got := r.header.Get(headers[i]); got != headers[i+1] {
			t.Errorf("%s is %q, want %q", headers[i], got, headers[i+1])
		}
	}
}

func (r reply) says(t *testing.T, code int, message string) {
	t.Helper()
	var e struct{ Error struct{ Message string } }
	if err := json.Unmarshal([]byte(r.body), &e); err != nil || r.code != code || !strings.Contains(e.Error.Message, message) {
		t.Errorf("answered %d %s, want %d %s", r.code, r.body, code, message)
	}
}

var boot = librarytest.Picture("png", 40, 30, strings.Repeat("boot", 100))

func TestResumableUpload(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := s.create(len(boot), "filename", "Red Boot.png", "folder", "shoes", "tags", "a, b", "colour", "red", "filetype", "image/png")
	s.do("HEAD", path, "").want(t, 200, "Upload-Offset", "0", "Upload-Length", strconv.Itoa(len(boot)), "Cache-Control", "no-store")
	expires := s.Clock.Now().Add(24 * time.Hour).Format(http.TimeFormat)
	s.patch(path, 0, boot[:100]).want(t, 204, "Upload-Offset", "100", "Tus-Resumable", "1.0.0", "Upload-Expires", expires)
	s.patch(path, 50, boot[50:]).want(t, 409)
	s.do("HEAD", path, "").want(t, 200, "Upload-Offset", "100")
	r := s.patch(path, 100, boot[100:])
	r.want(t, 204, "Upload-Offset", strconv.Itoa(len(boot)), "Upload-Expires", "")
	// The end again, as after a lost answer.
	s.patch(path, len(boot), "").want(t, 204, headerAsset, r.header.Get(headerAsset))

	described := s.do("GET", r.header.Get(headerAsset), "")
	described.want(t, 200, "Content-Type", "application/json; charset=utf-8")
	var a asset
	if err := json.Unmarshal([]byte(described.body), &a); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(a.Name, "shoes/Red_Boot_") || a.Folder != "shoes" || !slices.Equal(a.Tags, []string{"a", "b"}) || a.Kind != "image" ||
		a.Format != "png" || a.Width != 40 || a.Height != 30 || a.Bytes != int64(len(boot)) || a.Context["colour"] != "red" || len(a.Context) != 1 ||
		a.Filename != "Red Boot" || a.MD5 != fmt.Sprintf("%x", md5.Sum([]byte(boot))) {
		t.Errorf("it became %s", described.body)
	}
	s.Update(func(tx *catalog.Tx) error {
		events, err := tx.Events(librarytest.Account, 0, 10)
		if len(events) != 1 || events[0].Origin.Key != librarytest.Key.ID {
			t.Errorf("the events are %+v", events)
		}
		return err
	})
	if got, _ := s.Read(s.Originals()[0]); got != boot {
		t.Errorf("it became %q", got)
	}
	var u upload
	shown := s.do("GET", path, "")
	if err := json.Unmarshal([]byte(shown.body), &u); err != nil || !u.Done || u.Asset == nil || u.Asset.ID != a.ID || u.Offset != int64(len(boot)) {
		t.Errorf("the upload is shown as %s", shown.body)
	}
	s.do("DELETE", path, "").want(t, 204)
	s.do("HEAD", path, "").want(t, 404)
	s.do("GET", r.header.Get(headerAsset), "").want(t, 200)
}

func TestUploadInOneRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.do("POST", "/api/demo/uploads", boot, "Upload-Length", strconv.Itoa(len(boot)), "Content-Type", "application/offset+octet-stream",
		"Upload-Metadata", metadata("name", "one", "kind", "image"))
	r.want(t, 201, "Upload-Offset", strconv.Itoa(len(boot)), "Content-Type", "application/json; charset=utf-8")
	var u upload
	if err := json.Unmarshal([]byte(r.body), &u); err != nil || u.Asset == nil || u.Asset.Name != "one" || r.header.Get(headerAsset) != "/api/demo/assets/"+string(u.Asset.ID) {
		t.Errorf("answered %v %s", r.header, r.body)
	}
	// A name that is taken stays what it is, unless told otherwise.
	for _, existing := range []bool{true, false} {
		overwrite := strconv.FormatBool(!existing)
		other := librarytest.Picture("png", 1, 1, "")
		path := s.create(len(other), "name", "one", "overwrite", overwrite)
		r := s.patch(path, 0, other, "Prefer", "return=representation")
		r.want(t, 200, "Upload-Offset", strconv.Itoa(len(other)))
		var again upload
		if err := json.Unmarshal([]byte(r.body), &again); err != nil || again.Existing != existing || again.Asset.ID != u.Asset.ID || (again.Asset.Version == u.Asset.Version) != existing {
			t.Errorf("overwrite=%s: %s", overwrite, r.body)
		}
	}
}

func TestUploadOfUnknownLength(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.do("POST", "/api/demo/uploads/", "", "Upload-Defer-Length", "1")
	path := r.header.Get("Location")
	s.patch(path, 0, boot[:100]).want(t, 204, "Upload-Offset", "100")
	s.do("HEAD", path, "").want(t, 200, "Upload-Defer-Length", "1", "Upload-Length", "", "Upload-Offset", "100")
	r = s.patch(path, 100, boot[100:], "Upload-Length", strconv.Itoa(len(boot)))
	r.want(t, 204)
	if r.header.Get(headerAsset) == "" {
		t.Error("it did not finish")
	}
}

func TestUploadChecksum(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := s.create(len(boot))
	sum := sha1.Sum([]byte(boot[:100]))
	good := "sha1 " + base64.StdEncoding.EncodeToString(sum[:])
	s.patch(path, 0, boot[1:101], "Upload-Checksum", good).want(t, 460)
	s.do("HEAD", path, "").want(t, 200, "Upload-Offset", "0")
	s.patch(path, 0, boot[:100], "Upload-Checksum", good).want(t, 204, "Upload-Offset", "100")
	for _, bad := range []string{"crc32 AAAA", "sha1 !", "sha1 AAAA", "sha1"} {
		s.patch(path, 100, "x", "Upload-Checksum", bad).want(t, 400)
	}
	sum5 := md5.Sum([]byte(boot[100:]))
	s.patch(path, 100, boot[100:], "Upload-Checksum", "md5 "+base64.StdEncoding.EncodeToString(sum5[:])).want(t, 204)
	if left := s.Leftovers(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestWhatUploadsCanDo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	r := s.do("OPTIONS", "/api/demo/uploads/", "", "Authorization", "")
	r.want(t, 200, "Tus-Version", "1.0.0", "Tus-Max-Size", strconv.FormatInt(2<<30, 10), "Tus-Checksum-Algorithm", "sha1,sha256,md5",
		"Tus-Extension", "creation,creation-with-upload,termination,creation-defer-length,expiration,checksum")
	if !strings.Contains(r.header.Get("Access-Control-Allow-Methods"), "PATCH") || !strings.Contains(r.header.Get("Access-Control-Allow-Headers"), "Upload-Checksum") {
		t.Errorf("preflight: %v", r.header)
	}
}

func TestUploadsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(cfg *library.Config) {
		cfg.MaxBytes = library.MaxBytes{Image: 1000, Raw: 500, Video: 2000}
		cfg.Sessions.Open = 2
	})
	create := func(length string, meta ...string) reply {
		return s.do("POST", "/api/demo/uploads/", "", "Upload-Length", length, "Upload-Metadata", metadata(meta...))
	}
	create("10", "kind", "film").says(t, 400, "kind is image, video, raw or auto, not film")
	create("10", "access", "secret").says(t, 400, "access is public")
	create("10", "overwrite", "perhaps").says(t, 400, "overwrite is true or false")
	create("10", "name", "../x").says(t, 400, `The name "../x"`)
	create("10", "folder", "a//b").says(t, 400, `The name "a//b/x"`)
	create("501", "kind", "raw").says(t, 413, "The file has 501 bytes, the most is 500")
	create("2001").want(t, 413)
	create("x").want(t, 400)
	s.do("POST", "/api/demo/uploads/", "").want(t, 400)
	s.do("POST", "/api/demo/uploads/", "", "Upload-Length", "5", "Tus-Resumable", "").want(t, 412, "Tus-Version", "")
	s.do("GET", "/api/demo/uploads/", "").want(t, 405)
	s.do("POST", "/api/demo/uploads/none", "").want(t, 405)
	s.do("PUT", "/api/demo/assets/none", "").want(t, 405, "Allow", "GET, HEAD, OPTIONS")
	for _, path := range []string{"/api/demo/uploads/none", "/api/demo/assets/none", "/api/demo/assets/", "/api/demo", "/api/", "/api/demo/uploads/a/b"} {
		if r := s.do("GET", path, ""); r.code != 404 {
			t.Errorf("%s: %d %s", path, r.code, r.body)
		}
	}
	s.patch("/api/demo/uploads/none", 0, "x").want(t, 404)
	s.do("DELETE", "/api/demo/uploads/none", "").want(t, 404)

	// What is no picture is refused when it is all there, and forgotten.
	path := s.create(4, "kind", "image")
	s.patch(path, 0, "text").says(t, 400, "no image")
	s.do("HEAD", path, "").want(t, 404)
	create("0").says(t, 400, "Empty file")
	create("10").want(t, 201)
	path = s.create(10)
	s.patch(path, 0, "01234567890").want(t, 413)
	s.patch(path, 0, "x", "Content-Type", "text/plain").want(t, 400)
	create("10").says(t, 429, "unfinished uploads")
	if r := create("10"); r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	s.Clock.Add(25 * time.Hour)
	s.do("HEAD", path, "").want(t, 404)
	create("10").want(t, 201)
	if left := s.Leftovers(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestUploadCredentials(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := s.create(10)
	basic := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
	}
	s.do("HEAD", path, "", "Authorization", basic(librarytest.Key.ID, librarytest.Key.Secret)).want(t, 200)
	for _, wrong := range []string{"", "Bearer x", "Basic x", "Token a:b", basic(librarytest.Key.ID, "x"), basic("x", librarytest.Key.Secret), basic("o", "o"), "Bearer " + librarytest.Key.ID + ":"} {
		for _, at := range []string{path, "/api/demo/assets/x", "/api/nobody/uploads/"} {
			if r := s.do("GET", at, "", "Authorization", wrong); r.code != 401 && r.code != 429 || r.code == 401 && r.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %q: %d %s", at, wrong, r.code, r.body)
			}
		}
	}
	// The uploads of one account are none of another's.
	theirs := strings.Replace(path, "demo", "other", 1)
	for _, method := range []string{"HEAD", "GET", "DELETE"} {
		s.do(method, theirs, "", "Authorization", "Bearer o:o").want(t, 404)
	}
	s.patch(theirs, 0, "0123456789", "Authorization", "Bearer o:o").want(t, 404)
	s.do("HEAD", path, "").want(t, 200, "Upload-Offset", "0")
}

func TestWrongCredentialsAreSlowedDown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	last := 0
	for range 12 {
		last = s.do("GET", "/api/demo/assets/x", "", "Authorization", "Bearer x:y").code
	}
	if last != 429 {
		t.Errorf("the twelfth wrong key is answered %d", last)
	}
}

// A client whose connection breaks goes on where it was.
func TestUploadGoesOnAfterBrokenConnection(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := s.create(len(boot))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s:%s\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"+
		"Content-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n\r\n%s", path, librarytest.Key.ID, librarytest.Key.Secret, len(boot), boot[:150])
	conn.Close()
	// Whoever asks takes over; how much was kept is for the server to say.
	offset := 0
	for deadline := time.Now().Add(10 * time.Second); offset == 0 && time.Now().Before(deadline); {
		r := s.do("HEAD", path, "")
		offset, _ = strconv.Atoi(r.header.Get("Upload-Offset"))
	}
	if offset != 150 {
		t.Fatalf("%d bytes are kept", offset)
	}
	s.patch(path, offset, boot[offset:]).want(t, 204)
}

// The server dies after the last byte was kept and before the asset was made:
// the client that asks how far it is finds it made.
func TestUploadIsFinishedForWhoAsks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := s.create(len(boot), "name", "late")
	id := media.SessionID(strings.TrimPrefix(path, "/api/demo/uploads/"))
	_, err := s.Library.Append(context.Background(), librarytest.Account, id, library.Part{Total: media.UnknownTotal, Staged: s.Stage(boot)})
	if err != nil {
		t.Fatal(err)
	}
	again := serveWorld(t, s.Reopen())
	if r := again.do("GET", path, ""); !strings.Contains(r.body, `"done":false`) {
		t.Errorf("shown as %s", r.body)
	}
	r := again.do("HEAD", path, "")
	r.want(t, 200, "Upload-Offset", strconv.Itoa(len(boot)))
	if r := again.do("GET", r.header.Get(headerAsset), ""); r.code != 200 || !strings.Contains(r.body, `"name":"late"`) {
		t.Errorf("it became %d %s", r.code, r.body)
	}
}

// A failure of ours shows nothing of itself.
func TestFailuresShowNoInternals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := s.create(len(boot))
	s.Engine.OnProbe = func(string) error { return fmt.Errorf("secret /path") }
	r := s.patch(path, 0, boot)
	r.says(t, 500, "Internal error")
	if strings.Contains(r.body, "secret") {
		t.Errorf("it says %s", r.body)
	}
	s.Engine.OnProbe = nil
	s.do("HEAD", path, "").want(t, 200, "Upload-Offset", strconv.Itoa(len(boot)))
}

func TestMethodOverride(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	path := s.create(len(boot))
	s.do("POST", path, boot, "X-HTTP-Method-Override", "PATCH", "Content-Type", "application/offset+octet-stream", "Upload-Offset", "0").want(t, 204)
}

func FuzzMetadata(f *testing.F) {
	f.Add("filename", "a.png", "kind", "image")
	f.Add("name", "x/y", "folder", "/a/")
	f.Add("overwrite", "1", "tags", ",a,,")
	f.Fuzz(func(t *testing.T, k1, v1, k2, v2 string) {
		u, err := uploadOf(map[string]string{k1: v1, k2: v2})
		if err != nil {
			if media.CodeOf(err) != media.Invalid {
				t.Fatal(err)
			}
			return
		}
		if u.Name != "" && library.CheckName(u.Name) != nil || u.Kind != "" && u.Kind != media.KindImage && u.Kind != media.KindVideo && u.Kind != media.KindRaw {
			t.Fatalf("%q %q %q %q: %+v", k1, v1, k2, v2, u)
		}
	})
}

func FuzzChecksum(f *testing.F) {
	f.Add("sha1 " + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 20)))
	f.Add("md5 x")
	f.Fuzz(func(t *testing.T, header string) {
		c, err := parseChecksum(header)
		if err == nil && (c == nil) != (header == "") || err != nil && media.CodeOf(err) != media.Invalid {
			t.Fatalf("%q: %v, %v", header, c, err)
		}
	})
}
