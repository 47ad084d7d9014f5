package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"tintype/internal/account"
	"tintype/internal/blob"
	"tintype/internal/catalog"
	"tintype/internal/cluster"
	"tintype/internal/delivery"
	"tintype/internal/dialect"
	"tintype/internal/dialect/cloudinary"
	"tintype/internal/dialect/imagekit"
	"tintype/internal/dialect/native"
	"tintype/internal/dialect/uploadcare"
	"tintype/internal/engine"
	"tintype/internal/fetch"
	"tintype/internal/jobs"
	"tintype/internal/library"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/script"
	"tintype/internal/server"
	"tintype/internal/transform"
	"tintype/internal/webhook"
)

func serveCommand() *cobra.Command {
	var c config
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Runs the server until it is told to stop (SIGINT, SIGTERM): uploads and the
management API under /v1_1/<account>/, delivery under /<account>/, the other
dialects under /uc/<account>/ and /ik/<account>/, resumable uploads under
/api/<account>/, a welcome page at /, and /health and /ready for load balancers.

Everything is kept below --data. Every flag has a variable, in brackets; a
flag wins over its variable.`,
		Example: `  tintype serve --demo
  tintype serve --data /var/lib/tintype --listen :8080 --public-url https://media.example.com \
      --account shop:1234567890:a-long-secret
  TINTYPE_ACCOUNTS="shop:123:secret blog:456:secret" tintype serve`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return err
			}
			if err := c.Validate(); err != nil {
				return err
			}
			return serve(cmd.Context(), c, cmd.OutOrStdout())
		},
	}
	c.flags(cmd.Flags())
	describeVariables(cmd.Flags())
	return cmd
}

// serve listens first, so that a taken port is told at once, opens every part,
// and runs until ctx ends.
func serve(ctx context.Context, c config, out io.Writer) error {
	log, err := c.logger()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.data, 0o700); err != nil {
		return fmt.Errorf("the data folder: %w", err)
	}
	unlock, err := lockData(c.data)
	if err != nil {
		return err
	}
	defer unlock()
	listeners, err := listen(c.listen)
	if err != nil {
		return err
	}
	defer func() {
		for _, l := range listeners {
			l.Close()
		}
	}()
	publicURL, err := c.public(listeners)
	if err != nil {
		return err
	}
	s := &service{config: c, log: log, publicURL: publicURL}
	defer s.close()
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.run(ctx, listeners, out)
}

func listen(addresses []string) ([]net.Listener, error) {
	var all []net.Listener
	for _, a := range addresses {
		ls, err := server.Listen(a)
		if err != nil {
			for _, l := range all {
				l.Close()
			}
			return nil, fmt.Errorf("--listen %s: %w", a, err)
		}
		all = append(all, ls...)
	}
	return all, nil
}

// public is the URL that clients are told, and what URLs in answers begin with.
func (c *config) public(listeners []net.Listener) (*url.URL, error) {
	if c.publicURL != "" {
		u, err := url.Parse(c.publicURL)
		if err == nil {
			u.Path = ""
		}
		return u, err
	}
	host, _, err := net.SplitHostPort(c.listen[0])
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", c.listen[0], err)
	}
	_, port, err := net.SplitHostPort(listeners[0].Addr().String())
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}, nil
}

// service is everything that a running server is made of.
type service struct {
	config    config
	log       *slog.Logger
	publicURL *url.URL

	db         *catalog.DB
	blobs      blob.Store
	cluster    cluster.Cluster
	engine     *engine.Pool
	accounts   *account.Directory
	renditions *rendition.Store
	library    *library.Library
	fetch      *fetch.Client
	delivery   *delivery.Delivery
	webhooks   *webhook.Deliverer
	jobs       *jobs.Runner
	server     *server.Server
	demo       *media.Account
}

// open builds every part and hands each to the next.
func (s *service) open(ctx context.Context) (err error) {
	if s.db, err = openCatalog(ctx, s.config.database(), s.log); err != nil {
		return fmt.Errorf("the database: %w", err)
	}
	if s.blobs, err = openBlobs(ctx, s.config.storage()); err != nil {
		return fmt.Errorf("the storage: %w", err)
	}
	s.cluster = cluster.NewLocal()
	s.engine, err = engine.New(engine.Config{
		Workers: s.config.workers, Queue: s.config.queue, Memory: uint64(s.config.workerMemory), Logger: s.log,
	})
	if err != nil {
		return fmt.Errorf("the engine: %w", err)
	}
	hosts, err := s.config.hosts()
	if err != nil {
		return err
	}
	s.accounts, err = account.Open(ctx, account.Config{
		Catalog: s.db, Cluster: s.cluster, DefaultDialect: cloudinary.Name, Mounts: mounts, Hosts: hosts,
		Reserved: reserved, Logger: s.log,
	})
	if err != nil {
		return fmt.Errorf("the accounts: %w", err)
	}
	renditions := rendition.Config{
		Catalog: s.db, Blobs: s.blobs, Engine: s.engine, Cluster: s.cluster, Logger: s.log,
		Named: s.named, RemoteHosts: s.config.remoteHosts,
	}
	if !slices.Equal(s.config.remoteHosts, []string{"none"}) {
		renditions.Import = s.importRemote
	}
	s.renditions, err = rendition.New(renditions)
	if err != nil {
		return err
	}
	if err := s.openLibrary(); err != nil {
		return err
	}
	s.delivery, err = delivery.New(delivery.Config{
		Catalog: s.db, Blobs: s.blobs, Renditions: s.renditions, Cluster: s.cluster,
		CacheBytes: int64(s.config.cache), TokenParams: []string{cloudinary.TokenParam, uploadcare.TokenParam},
		QueryParams:   append(imagekit.QueryParams(), uploadcare.QueryParams()...),
		ExposeHeaders: []string{cloudinary.ErrorHeader, "Server-Timing", "X-Image-Width", "X-Image-Height"}, Logger: s.log,
	})
	if err != nil {
		return err
	}
	if err := s.makeAccounts(ctx); err != nil {
		return err
	}
	return s.openServer()
}

// named finds a named transformation of an account.
func (s *service) named(acc media.AccountID, name string) (transform.Transformation, bool) {
	a, ok := s.accounts.ByName(acc)
	if !ok {
		return transform.Transformation{}, false
	}
	return a.Named(name)
}

// dynamic reports whether an account's folders are apart from names.
func (s *service) dynamic(acc media.AccountID) bool {
	a, ok := s.accounts.ByName(acc)
	return ok && a.Options().DynamicFolders
}

// moderator finds a service that says whether assets of an account may be shown.
func (s *service) moderator(acc media.AccountID, kind string) (library.Moderator, bool) {
	a, ok := s.accounts.ByName(acc)
	if !ok {
		return library.Moderator{}, false
	}
	m, ok := a.Moderator(kind)
	key, _ := a.FirstKey()
	return library.Moderator{
		URL: m.URL, Secret: m.Secret,
		Original: func(a *media.Asset) string { return cloudinary.OriginalURL(s.publicURL.String(), a, key.Secret) },
	}, ok
}

// importRemote closes the circle of two parts: the library, which stands on
// the renditions, makes the assets that these need from elsewhere.
func (s *service) importRemote(ctx context.Context, acc media.AccountID, as media.Ref, url string) (*media.Asset, error) {
	return s.library.Import(ctx, acc, as, url)
}

func (s *service) openLibrary() error {
	networks, err := s.config.networks()
	if err != nil {
		return err
	}
	ports, err := s.config.ports()
	if err != nil {
		return err
	}
	hosts, err := s.config.mappedHosts()
	if err != nil {
		return err
	}
	client, err := fetch.New(fetch.Config{Allow: networks, AllowPorts: ports, Hosts: hosts, Logger: s.log})
	if err != nil {
		return err
	}
	s.library, err = library.New(library.Config{
		Catalog: s.db, Blobs: s.blobs, Engine: s.engine, Renditions: s.renditions, Cluster: s.cluster, Fetch: client, Logger: s.log,
		MaxBytes:   library.MaxBytes{Image: int64(s.config.maxImage), Raw: int64(s.config.maxRaw), Video: int64(s.config.maxVideo)},
		MaxArchive: int64(s.config.maxArchive),
		Fault:      fault,
		Dynamic:    s.dynamic,
		Moderator:  s.moderator,
	})
	if err != nil {
		return err
	}
	s.fetch = client
	return nil
}

// openJobs prepares the work in the background.
func (s *service) openJobs(dialects []dialect.Dialect) (err error) {
	s.webhooks, err = openWebhooks(s, dialects)
	if err != nil {
		return err
	}
	s.jobs, err = jobs.New(s.db, jobs.Config{
		Logger: s.log,
		// The folder of data is locked: nobody else works a queue that lies in it.
		Alone:  strings.HasPrefix(s.config.database(), "sqlite:"),
		Queues: map[string]int{webhook.Queue: deliveries, library.QueueLater: laterJobs},
	}, map[string]jobs.Handler{
		library.JobDeleteBlobs:    s.library.DeleteBlobs,
		library.JobKeep:           s.library.Keep,
		library.JobModerate:       s.library.Moderate,
		webhook.JobDeliver:        s.webhooks.Deliver,
		library.JobMakeRenditions: s.library.MakeRenditions,
		library.JobForgetField:    s.library.ForgetField,
	})
	return err
}

func (s *service) openServer() error {
	dialects, err := s.dialects()
	if err != nil {
		return err
	}
	if err := s.openJobs(dialects); err != nil {
		return err
	}
	proxies, err := s.config.trustedProxies()
	if err != nil {
		return err
	}
	page, err := welcome(s.accounts, s.publicURL)
	if err != nil {
		return err
	}
	s.server, err = server.New(server.Config{
		Directory: s.accounts, Delivery: s.delivery, Dialects: dialects,
		Default: cloudinary.Name, TrustedProxies: proxies,
		Extra: map[string]http.Handler{"/": page}, Ready: s.db.Ping, Logger: s.log,
	})
	return err
}

// dialects are all that endpoints may name.
func (s *service) dialects() ([]dialect.Dialect, error) {
	scripts, err := script.New(script.Config{})
	if err != nil {
		return nil, err
	}
	first, err := cloudinary.New(cloudinary.Config{
		Accounts: s.accounts, Library: s.library, Cluster: s.cluster, Delivery: s.delivery, Catalog: s.db, Lists: s.config.tagLists, PublicURL: s.publicURL.String(), Logger: s.log,
		SignatureV2Only: s.config.v2Only, SignatureSHA256: s.config.sha256Only, Scripts: scripts,
	})
	if err != nil {
		return nil, err
	}
	public := strings.TrimSuffix(s.publicURL.String(), "/")
	second, err := uploadcare.New(uploadcare.Config{
		Accounts: s.accounts, Library: s.library, PublicURL: public, Logger: s.log,
		CDN: func(acc media.AccountID) string { return public + "/uc/" + string(acc) },
	})
	if err != nil {
		return nil, err
	}
	own, err := native.New(native.Config{Accounts: s.accounts, Library: s.library, Cluster: s.cluster, Logger: s.log})
	if err != nil {
		return nil, err
	}
	return []dialect.Dialect{first, second, imagekit.New(imagekit.Config{}), own}, nil
}

// makeAccounts makes the accounts of --account, and adds the keys that those
// there lack; a key that is there with another secret takes the given one.
func (s *service) makeAccounts(ctx context.Context) error {
	wanted, err := s.config.parseAccounts()
	if err != nil {
		return err
	}
	for _, w := range wanted {
		a, changed := w, true
		if known, ok := s.accounts.ByName(w.ID); ok {
			a, changed = mergeKeys(known.Account, w.Keys)
		}
		if !changed {
			continue
		}
		if err := s.accounts.Put(ctx, a); err != nil {
			return fmt.Errorf("the account %s: %w", w.ID, err)
		}
	}
	if s.config.demo {
		a, err := ensureDemo(ctx, s.accounts)
		if err != nil {
			return err
		}
		s.demo = &a
	}
	return nil
}

func mergeKeys(a media.Account, keys []media.Key) (media.Account, bool) {
	merged, changed := append([]media.Key(nil), a.Keys...), false
next:
	for _, k := range keys {
		for i := range merged {
			if merged[i].ID == k.ID {
				if merged[i].Secret != k.Secret {
					merged[i].Secret, changed = k.Secret, true
				}
				continue next
			}
		}
		merged, changed = append(merged, k), true
	}
	a.Keys = merged
	return a, changed
}

// run serves until ctx ends or a part fails, and then lets what is under way end.
func (s *service) run(ctx context.Context, listeners []net.Listener, out io.Writer) error {
	if s.demo != nil {
		if err := uploadSamples(ctx, s.library, out); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.accounts.Run(ctx) })
	group.Go(func() error { return s.delivery.Run(ctx) })
	group.Go(func() error { return s.jobs.Run(ctx) })
	group.Go(func() error { return s.webhooks.Run(ctx) })
	group.Go(func() error { return s.sweep(ctx) })
	group.Go(func() error { return s.server.Run(ctx, listeners...) })
	fmt.Fprintf(out, "Tintype %s is ready on %s\n", version, s.publicURL)
	if s.demo != nil {
		printDemo(out, *s.demo, s.publicURL)
	}
	err := group.Wait()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// sweep removes, every hour, what requests that died have left half-written
// in the storage more than an hour ago, and uploads in parts that have expired.
func (s *service) sweep(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		s.sweepOnce(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (s *service) sweepOnce(ctx context.Context) {
	sweeper, ok := blob.As[interface {
		Sweep(age time.Duration) (int, error)
	}](s.blobs)
	if ok {
		switch n, err := sweeper.Sweep(time.Hour); {
		case err != nil:
			s.log.Warn("leftovers in the storage cannot be swept", "err", err)
		case n > 0:
			s.log.Info("leftovers in the storage swept", "files", n)
		}
	}
	switch sessions, parts, err := s.library.SweepSessions(ctx); {
	case ctx.Err() != nil:
	case err != nil:
		s.log.Warn("expired uploads in parts cannot be swept", "err", err)
	case sessions+parts > 0:
		s.log.Info("expired uploads in parts swept", "uploads", sessions, "orphans", parts)
	}
}

func (s *service) close() {
	if s.delivery != nil {
		s.delivery.Close()
	}
	if s.engine != nil {
		s.engine.Close()
	}
	if s.cluster != nil {
		s.cluster.Close()
	}
	if s.blobs != nil {
		s.blobs.Close()
	}
	if s.db != nil {
		s.db.Close()
	}
}
