package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tintype/internal/account"
	"tintype/internal/dialect/cloudinary"
	"tintype/internal/dialect/imagekit"
	"tintype/internal/dialect/uploadcare"
	"tintype/internal/fetch"
	"tintype/internal/media"
)

// config gathers what `tintype serve` can be told. Every flag has a variable
// TINTYPE_<NAME>; a flag given on the command line wins over it.
type config struct {
	data      string
	listen    []string
	accounts  []string
	endpoints []string
	publicURL string
	demo      bool

	workers      int
	workerMemory size
	queue        int
	cache        size
	maxImage     size
	maxVideo     size
	maxRaw       size
	maxArchive   size
	tagLists     bool
	fetchAllow   []string
	fetchPorts   []string
	fetchMap     []string
	notifyRetry  string
	remoteHosts  []string
	proxies      []string
	v2Only       bool
	sha256Only   bool
	logLevel     string
	logFormat    string
}

func (c *config) flags(f *pflag.FlagSet) {
	c.cache, c.workerMemory = 256<<20, 1<<30
	c.maxImage, c.maxRaw, c.maxVideo, c.maxArchive = 64<<20, 64<<20, 2<<30, 2<<30
	f.StringVar(&c.data, "data", "data", "`folder` for everything that is kept: database and files")
	f.StringArrayVar(&c.listen, "listen", []string{"localhost:8080"}, "`address` to listen on; repeatable")
	f.StringArrayVar(&c.accounts, "account", nil, "account `NAME:KEY:SECRET`, made when it is not there; repeatable")
	f.StringArrayVar(&c.endpoints, "endpoint", nil, "host of its own for an account in a dialect, `HOST=DIALECT:ACCOUNT`; repeatable")
	f.StringVar(&c.publicURL, "public-url", "", "`URL` under which clients reach this server (default: the first listening address)")
	f.BoolVar(&c.demo, "demo", false, "make the account demo, give it sample pictures when it is empty, and print how to use it")
	f.IntVar(&c.workers, "workers", 0, "processes that render pictures (default: one per core)")
	f.Var(&c.workerMemory, "worker-memory", "most memory that one worker may take")
	f.IntVar(&c.queue, "queue", 0, "jobs that may wait for a worker before clients are told to come back (default: 64 per worker)")
	f.Var(&c.cache, "cache", "memory for renditions that are asked for often")
	f.Var(&c.maxImage, "max-image", "largest image to upload")
	f.Var(&c.maxVideo, "max-video", "largest video to upload")
	f.Var(&c.maxRaw, "max-raw", "largest other file to upload")
	f.Var(&c.maxArchive, "max-archive", "most bytes that the files of one archive may have together")
	f.BoolVar(&c.tagLists, "tag-lists", false, "let anybody list the public files of a tag, below image/list/ and the like")
	f.StringArrayVar(&c.fetchAllow, "fetch-allow", nil, "private network `CIDR` from which remote files may be fetched after all; repeatable")
	f.StringArrayVar(&c.fetchPorts, "fetch-allow-port", nil, "`port` or range of ports, beside 80 and 443, that may be fetched from; repeatable")
	f.StringArrayVar(&c.fetchMap, "fetch-map", nil, "what answers in place of a remote host, `HOST=FOLDER` or HOST=URL; repeatable")
	f.StringArrayVar(&c.remoteHosts, "remote-host", nil, "`host`, or *.DOMAIN, whose pictures URLs may name without a signature, \"none\" for no remote pictures at all; repeatable (default: every public host)")
	f.StringVar(&c.notifyRetry, "notify-retry", "3m,6m,9m", "`times` to wait after each failed delivery of a notification before the next one")
	f.StringArrayVar(&c.proxies, "trusted-proxy", nil, "network `CIDR` of proxies whose X-Forwarded-For tells the client's address; repeatable")
	f.BoolVar(&c.v2Only, "signature-v2-only", false, "refuse signatures of API calls in version 1, which do not tell an & in a value from the next parameter")
	f.BoolVar(&c.sha256Only, "signature-sha256", false, "refuse signatures of API calls by SHA-1")
	f.StringVar(&c.logLevel, "log-level", "info", "least `level` to log: debug, info, warn or error")
	f.StringVar(&c.logFormat, "log-format", "text", "`format` of the log: text or json")
}

// listVariables are the variables whose name is the plural of their flag; they hold several values, parted by white space.
var listVariables = map[string]string{"account": "TINTYPE_ACCOUNTS", "endpoint": "TINTYPE_ENDPOINTS", "remote-host": "TINTYPE_REMOTE_HOSTS", "trusted-proxy": "TINTYPE_TRUSTED_PROXIES"}

func variableOf(f *pflag.Flag) string {
	if name, several := listVariables[f.Name]; several {
		return name
	}
	return "TINTYPE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// fromEnvironment sets every flag that was not given from its variable.
func fromEnvironment(cmd *cobra.Command) error {
	var wrong error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := variableOf(f)
		text, set := os.LookupEnv(name)
		if !set || text == "" || f.Changed || wrong != nil {
			return
		}
		values := []string{text}
		if _, list := f.Value.(pflag.SliceValue); list {
			values = strings.Fields(text)
		}
		for _, v := range values {
			if err := cmd.Flags().Set(f.Name, v); err != nil {
				wrong = fmt.Errorf("the variable %s: %w", name, err)
			}
		}
	})
	return wrong
}

// describeVariables adds each flag's variable to its help.
func describeVariables(f *pflag.FlagSet) {
	f.VisitAll(func(f *pflag.Flag) { f.Usage += " [" + variableOf(f) + "]" })
}

// Validate reports the first setting that cannot work, by the name of its flag.
func (c *config) Validate() error {
	if c.data == "" {
		return errors.New("--data is empty: name a folder")
	}
	if len(c.listen) == 0 {
		return errors.New("--listen is empty: name an address such as localhost:8080")
	}
	if c.workers < 0 || c.queue < 0 {
		return errors.New("--workers and --queue cannot be negative")
	}
	if _, err := c.parseAccounts(); err != nil {
		return err
	}
	if _, err := c.hosts(); err != nil {
		return err
	}
	if c.publicURL != "" {
		u, err := url.Parse(c.publicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
			return fmt.Errorf("--public-url %q is no URL of scheme, host and port, such as https://media.example.com", c.publicURL)
		}
	}
	if _, err := c.networks(); err != nil {
		return err
	}
	if _, err := c.trustedProxies(); err != nil {
		return err
	}
	if _, err := c.retries(); err != nil {
		return err
	}
	if _, err := c.ports(); err != nil {
		return err
	}
	if _, err := c.mappedHosts(); err != nil {
		return err
	}
	_, err := c.logger()
	return err
}

// parseAccounts reads --account; the same account may come with several keys.
func (c *config) parseAccounts() ([]media.Account, error) {
	var accounts []media.Account
	at := map[media.AccountID]int{}
	for _, text := range c.accounts {
		parts := strings.SplitN(text, ":", 3)
		if len(parts) != 3 || parts[1] == "" || len(parts[2]) == 0 {
			return nil, errors.New("--account takes NAME:KEY:SECRET, such as shop:1234567890:a-long-secret")
		}
		id := media.AccountID(parts[0])
		if !media.ValidAccount(parts[0]) {
			return nil, fmt.Errorf("--account: %q cannot be an account's name: use a-z, 0-9, - and _, at most 64 characters", parts[0])
		}
		i, seen := at[id]
		if !seen {
			i = len(accounts)
			at[id] = i
			accounts = append(accounts, media.Account{ID: id})
		}
		accounts[i].Keys = append(accounts[i].Keys, media.Key{ID: parts[1], Secret: parts[2]})
	}
	return accounts, nil
}

// mounts are the places, beside /<account>/, where every account answers.
var mounts = []account.Mount{
	{First: "uc", Dialect: uploadcare.Name},
	{First: "ik", Dialect: imagekit.Name},
}

// hosts reads --endpoint.
func (c *config) hosts() ([]account.HostEndpoint, error) {
	known := []string{cloudinary.Name}
	for _, m := range mounts {
		known = append(known, m.Dialect)
	}
	var hosts []account.HostEndpoint
	for _, text := range c.endpoints {
		host, rest, ok1 := strings.Cut(text, "=")
		name, id, ok2 := strings.Cut(rest, ":")
		if !ok1 || !ok2 || host == "" || strings.ContainsAny(host, "/ ") || !media.ValidAccount(id) {
			return nil, fmt.Errorf("--endpoint takes HOST=DIALECT:ACCOUNT, such as media.example.com=%s:shop, not %q", known[0], text)
		}
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("--endpoint %s: there is no dialect %q; use one of %s", text, name, strings.Join(known, ", "))
		}
		hosts = append(hosts, account.HostEndpoint{Host: host, Dialect: name, Account: media.AccountID(id)})
	}
	return hosts, nil
}

func (c *config) networks() ([]netip.Prefix, error) {
	return parseNetworks("--fetch-allow", c.fetchAllow)
}

func (c *config) trustedProxies() ([]netip.Prefix, error) {
	return parseNetworks("--trusted-proxy", c.proxies)
}

func parseNetworks(flag string, texts []string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %q is no network such as 10.1.0.0/16", flag, text)
		}
		networks = append(networks, p.Masked())
	}
	return networks, nil
}

func (c *config) ports() ([]uint16, error) {
	var ports []uint16
	for _, text := range c.fetchPorts {
		low, high, isRange := strings.Cut(text, "-")
		if !isRange {
			high = low
		}
		from, err1 := strconv.ParseUint(low, 10, 16)
		to, err2 := strconv.ParseUint(high, 10, 16)
		if err1 != nil || err2 != nil || from == 0 || from > to {
			return nil, fmt.Errorf("--fetch-allow-port: %q is no port or range of ports such as 8080 or 8000-8999", text)
		}
		for p := from; p <= to; p++ {
			ports = append(ports, uint16(p))
		}
	}
	return ports, nil
}

// mappedHosts reads --fetch-map.
func (c *config) mappedHosts() (map[string]fetch.Mapping, error) {
	hosts := map[string]fetch.Mapping{}
	for _, text := range c.fetchMap {
		host, m, err := fetch.ParseMapping(text)
		if err != nil {
			return nil, fmt.Errorf("--fetch-map: %w", err)
		}
		if _, twice := hosts[host]; twice {
			return nil, fmt.Errorf("--fetch-map: %s is mapped twice", host)
		}
		hosts[host] = m
	}
	return hosts, nil
}

func (c *config) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.logLevel)); err != nil {
		return nil, fmt.Errorf("--log-level %q: use debug, info, warn or error", c.logLevel)
	}
	options := &slog.HandlerOptions{Level: level}
	switch c.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(os.Stderr, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(os.Stderr, options)), nil
	default:
		return nil, fmt.Errorf("--log-format %q: use text or json", c.logFormat)
	}
}

// databaseFile is the name of the database in the folder of data.
const databaseFile = "tintype.db"

// database is the URL of the catalog.
func (c *config) database() string { return "sqlite:" + filepath.Join(c.data, databaseFile) }

// storage is the URL of the blob store.
func (c *config) storage() string { return "file:" + filepath.Join(c.data, "blobs") }

// size is a number of bytes that is written like 64MiB.
type size int64

var sizeUnits = []struct {
	suffix string
	factor int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1000}, {"MB", 1000_000}, {"GB", 1000_000_000}, {"B", 1}, {"", 1}}

func (s *size) String() string {
	n := int64(*s)
	for _, u := range []int{2, 1, 0} {
		if f := sizeUnits[u].factor; n >= f && n%f == 0 {
			return strconv.FormatInt(n/f, 10) + sizeUnits[u].suffix
		}
	}
	return strconv.FormatInt(n, 10)
}

func (s *size) Type() string { return "SIZE" }

func (s *size) Set(text string) error {
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n <= 0 || n > (1<<62)/u.factor {
			return fmt.Errorf("%q is no size such as 500MB or 64MiB", text)
		}
		*s = size(n * u.factor)
		return nil
	}
	return fmt.Errorf("%q is no size such as 500MB or 64MiB", text)
}
