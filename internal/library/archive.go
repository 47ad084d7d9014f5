package library

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/engine"
	"tintype/internal/media"
	"tintype/internal/rendition"
	"tintype/internal/transform"
)

// ArchiveFormat is how an archive is written; its value is the extension.
type ArchiveFormat string

// The formats of archives.
const (
	ArchiveZip ArchiveFormat = "zip"
	ArchiveTGZ ArchiveFormat = "tgz"
)

const (
	// maxArchived bounds the assets of an archive, and maxEntries its files.
	maxArchived = 1000
	maxEntries  = 5000
	// archivesAtOnce and archivesEach bound the archives that are being made,
	// of everybody and of one account.
	archivesAtOnce = 16
	archivesEach   = 4
)

// Selection says which assets are meant: the union of what it names.
type Selection struct {
	// Refs are assets by Kind, Access and Name, or by ID; a Kind of "" is any.
	Refs     []media.Ref
	Tags     []string
	Prefixes []string
	// Kind and Access narrow Tags and Prefixes; "" is any.
	Kind   media.Kind
	Access media.Access
}

// Variant is one of the forms in which an archive has each asset.
type Variant struct {
	Chain transform.Transformation
	// Label stands in the names of the files.
	Label string
}

// Archive describes a file made of many.
type Archive struct {
	Account media.AccountID
	Selection
	Format ArchiveFormat // default ArchiveZip
	// Variants, when given, are made of each asset in place of the original.
	// What is neither image nor video is taken as it is, once.
	Variants []Variant
	// AllowMissing goes on without the assets of Refs that are not there.
	AllowMissing bool
	// FlattenFolders drops the folders that names of assets have,
	// FlattenVariants those that several variants have.
	FlattenFolders, FlattenVariants bool
	// Unlabelled leaves the labels of variants out of names.
	Unlabelled bool
	// OriginalNames calls files as they were called when they were uploaded.
	OriginalNames bool
	// KeepDerived keeps the renditions that had to be made for it.
	KeepDerived bool
}

// Packing is an archive that is ready to be written: every file of it exists
// and their sizes are known. Close it.
type Packing struct {
	// Assets counts the assets, and Files the files made of them.
	Assets, Files int
	// Bytes is what the files have together.
	Bytes int64
	// Missing are the names of Refs that are not there; Tags and Prefixes are
	// those that nothing has.
	Missing, EmptyTags, EmptyPrefixes []string
	Format                            ArchiveFormat

	library *Library
	account media.AccountID
	entries []entry
	derived map[media.AssetID][]string // keys of renditions to forget
	slot    func()
}

// entry is one file of an archive.
type entry struct {
	name  string
	asset *media.Asset
	// chain is what made it; original tells that nothing did.
	chain    transform.Transformation
	variant  int // whose chain it is
	original bool
	rendition.Result
}

// Pack finds the assets of an archive and makes the renditions that it takes,
// so that nothing is left to do but to write bytes. Errors: NotFound for an
// asset that is missing; Invalid when nothing is selected or too much; those
// of rendition.Store.Get; TooLarge, with a *media.LimitError, for more bytes
// than Config.MaxArchive; Limited when too many archives are being made.
func (l *Library) Pack(ctx context.Context, a Archive) (_ *Packing, err error) {
	if a.Format == "" {
		a.Format = ArchiveZip
	}
	slot, err := l.archives.enter(a.Account)
	if err != nil {
		return nil, err
	}
	p := &Packing{library: l, account: a.Account, Format: a.Format, derived: map[media.AssetID][]string{}, slot: slot}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	s, err := l.selected(ctx, a.Account, a.Selection)
	if err != nil {
		return nil, err
	}
	p.Missing, p.EmptyTags, p.EmptyPrefixes = s.missing, s.emptyTags, s.emptyPrefixes
	if len(s.missing) > 0 && !a.AllowMissing {
		return nil, media.Errorf(media.NotFound, "Resource not found - %s", listed(s.missing))
	}
	if len(s.assets) == 0 {
		return nil, media.Errorf(media.Invalid, "No resources to archive")
	}
	p.Assets = len(s.assets)
	if p.entries, err = planned(a, s.assets); err != nil {
		return nil, err
	}
	if err := p.make(ctx, a.KeepDerived); err != nil {
		return nil, err
	}
	p.Files = len(p.entries)
	p.name(a)
	return p, nil
}

// planned are the files of an archive, which are not made yet.
func planned(a Archive, assets []*media.Asset) ([]entry, error) {
	var entries []entry
	for _, asset := range assets {
		if len(a.Variants) == 0 || asset.Kind == media.KindRaw {
			entries = append(entries, entry{asset: asset, original: true})
			continue
		}
		for i, v := range a.Variants {
			entries = append(entries, entry{asset: asset, chain: v.Chain, variant: i})
		}
	}
	if len(entries) > maxEntries {
		return nil, &media.Error{
			Code: media.Invalid, Op: "pack", Message: fmt.Sprintf("The archive would have %d files, the maximum is %d", len(entries), maxEntries),
			Err: &media.LimitError{What: "files", Max: maxEntries, Got: int64(len(entries))},
		}
	}
	return entries, nil
}

// packPatience is how long each rendition of an archive waits for a worker.
const packPatience = time.Minute

// make makes what is not there yet, some at a time, and adds up the bytes. It
// stops at the first that cannot be made, and as soon as there are too many bytes.
func (p *Packing) make(ctx context.Context, keep bool) error {
	ctx, cancel := context.WithCancelCause(engine.Patient(ctx, packPatience))
	defer cancel(nil)
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, 4)
	for i := range p.entries {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			e := &p.entries[i]
			made := p.library.eager(ctx, e.asset, e.chain)
			if made.Err != nil {
				cancel(fmt.Errorf("pack %s: %w", e.asset.Name, made.Err))
				return
			}
			mu.Lock()
			defer mu.Unlock()
			e.Result = *made.Result
			e.Body = nil // however many there are, memory holds none
			if e.Fresh && e.Stored && !keep {
				p.derived[e.asset.ID] = append(p.derived[e.asset.ID], e.Key)
			}
			if p.Bytes += e.Info.Bytes; p.Bytes > p.library.cfg.MaxArchive {
				cancel(tooMuch(p.library.cfg.MaxArchive, p.Bytes))
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func tooMuch(limit, got int64) error {
	return &media.Error{
		Code: media.TooLarge, Op: "pack", Message: fmt.Sprintf("The files of the archive have more than %d bytes together", limit),
		Err: &media.LimitError{What: "archive", Max: limit, Got: got},
	}
}

// Close forgets the renditions that were made for the archive alone.
func (p *Packing) Close() {
	if p.slot == nil {
		return
	}
	p.slot()
	p.slot = nil
	for id, keys := range p.derived {
		if err := p.library.forgetDerived(p.account, id, keys); err != nil {
			p.library.cfg.Logger.Warn("renditions made for an archive stay", "account", p.account, "asset", id, "error", err)
		}
	}
}

// forgetDerived removes some renditions of an asset.
func (l *Library) forgetDerived(acc media.AccountID, id media.AssetID, keys []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	err := l.cfg.Catalog.Reclaim(ctx, func(tx *catalog.Tx) error {
		gone, err := tx.DeleteRenditionsOf(acc, id, keys)
		if err != nil {
			return err
		}
		return l.deleteLater(tx, acc, blobs(gone))
	})
	l.cfg.Renditions.Announce(ctx, acc, id)
	return err
}

// StoreArchive writes an archive into the store, as a raw asset by the name
// of u, of which Tags, Access, Name and Overwrite count.
func (l *Library) StoreArchive(ctx context.Context, p *Packing, u Upload) (*media.Asset, error) {
	w, err := l.newStager(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.Write(ctx, w); err != nil {
		w.discard()
		return nil, err
	}
	u.Account, u.Kind, u.Staged, u.largest = p.account, media.KindRaw, w.finish(), l.cfg.MaxArchive+archiveOverhead(p.Files)
	u.Filename, u.NoOriginalName = "archive."+string(p.Format), true
	up, err := l.Upload(ctx, u)
	if err != nil {
		return nil, err
	}
	return up.Asset, nil
}

// archiveOverhead is more than what the headers of so many files take.
func archiveOverhead(files int) int64 { return int64(files)*2048 + 1<<20 }

// archiveGate counts the archives that are being made.
type archiveGate struct {
	mu   sync.Mutex
	all  int
	each map[media.AccountID]int
}

// enter lets one more archive of an account begin; leave ends it.
func (g *archiveGate) enter(acc media.AccountID) (leave func(), err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all >= archivesAtOnce || g.each[acc] >= archivesEach {
		return nil, &media.Error{Code: media.Limited, Op: "pack", Message: "Too many archives are being made, try again later"}
	}
	if g.each == nil {
		g.each = map[media.AccountID]int{}
	}
	g.all++
	g.each[acc]++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.all--
		if g.each[acc]--; g.each[acc] == 0 {
			delete(g.each, acc)
		}
	}, nil
}
