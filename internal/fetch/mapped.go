package fetch

import (
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Mapping is what answers in place of a host: exactly one of its fields is set.
type Mapping struct {
	// Dir is a folder. The path of a URL names a file in it, exactly and
	// without its query; nothing outside, symbolic links included, is read,
	// and the network is not touched.
	Dir string
	// Base is a URL of http or https that the paths of URLs are appended to.
	// Its address may be private: whoever maps a host there allows that.
	// Redirects from there are followed like any other.
	Base *url.URL
}

// ParseMapping reads HOST=DIR or HOST=URL. The host is in the form that
// Config.Hosts wants.
func ParseMapping(text string) (host string, m Mapping, err error) {
	host, target, ok := strings.Cut(text, "=")
	if !ok || host == "" || target == "" || strings.ContainsAny(host, "/:?#@ ") {
		return "", Mapping{}, fmt.Errorf("%q is no HOST=FOLDER or HOST=URL such as pictures.example.com=/srv/pictures", text)
	}
	host = mappedHost(host)
	if !strings.Contains(target, "://") {
		return host, Mapping{Dir: target}, nil
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", Mapping{}, fmt.Errorf("%q is no URL of http or https without user name, query and fragment", target)
	}
	return host, Mapping{Base: u}, nil
}

func (m Mapping) validate(host string) error {
	if host != mappedHost(host) || (m.Dir == "") == (m.Base == nil) {
		return fmt.Errorf("fetch: the mapping of %q makes no sense", host)
	}
	if m.Dir == "" {
		return nil
	}
	info, err := os.Stat(m.Dir)
	if err != nil {
		return fmt.Errorf("fetch: the folder for %s: %w", host, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("fetch: %s, meant for %s, is no folder", m.Dir, host)
	}
	return nil
}

func mappedHost(host string) string {
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// mapper sends requests to mapped hosts to what stands in for them.
type mapper struct {
	hosts map[string]Mapping
	// network reaches everything else, guarded; trusted the bases of mappings.
	network, trusted http.RoundTripper
}

func newMapper(hosts map[string]Mapping, network *http.Transport) *mapper {
	trusted := network.Clone()
	trusted.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	return &mapper{hosts: hosts, network: network, trusted: trusted}
}

func (m *mapper) RoundTrip(req *http.Request) (*http.Response, error) {
	to, ok := m.hosts[mappedHost(req.URL.Hostname())]
	switch {
	case !ok:
		return m.network.RoundTrip(req)
	case to.Base == nil:
		return to.file(req), nil
	}
	if slices.Contains(strings.Split(req.URL.Path, "/"), "..") {
		closeBody(req)
		return status(req, http.StatusNotFound), nil // what would leave the base's path
	}
	there := req.Clone(req.Context())
	there.URL = to.Base.JoinPath(req.URL.EscapedPath())
	there.URL.RawQuery = req.URL.RawQuery
	there.Host = to.Base.Host
	res, err := m.trusted.RoundTrip(there)
	if res != nil {
		res.Request = req // redirects are relative to what was asked for
	}
	return res, err
}

// file answers from the folder. It closes the body of the request, as a
// RoundTripper has to.
func (m Mapping) file(req *http.Request) *http.Response {
	closeBody(req)
	if req.Method != http.MethodGet {
		return status(req, http.StatusMethodNotAllowed)
	}
	f, info, err := openIn(m.Dir, strings.TrimPrefix(path.Clean("/"+req.URL.Path), "/"))
	if err != nil {
		return status(req, http.StatusNotFound)
	}
	res := status(req, http.StatusOK)
	res.Body, res.ContentLength = f, info.Size()
	if t := mime.TypeByExtension(path.Ext(info.Name())); t != "" {
		res.Header.Set("Content-Type", t)
	}
	return res
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// openIn opens a regular file of a folder.
func openIn(dir, name string) (*os.File, os.FileInfo, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	info, err := root.Stat(name) // before the opening, which would wait for the writer of a pipe
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is no file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return f, info, nil
}

func status(req *http.Request, code int) *http.Response {
	return &http.Response{
		StatusCode: code, Status: fmt.Sprintf("%d %s", code, http.StatusText(code)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader("")), Request: req,
	}
}
