package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/console/sample"
	"tintype/internal/library"
	"tintype/internal/media"
)

// demoAccount is the account that --demo makes.
const demoAccount = "demo"

// ensureDemo makes the demo account with a key of its own when it is not there.
func ensureDemo(ctx context.Context, dir *account.Directory) (media.Account, error) {
	if a, ok := dir.ByName(demoAccount); ok {
		if len(a.Keys) == 0 {
			return media.Account{}, errors.New("the account demo is there but has no key")
		}
		return a.Account, nil
	}
	key, err := newKey("")
	if err != nil {
		return media.Account{}, err
	}
	a := media.Account{ID: demoAccount, Keys: []media.Key{key}}
	return a, dir.Put(ctx, a)
}

// uploadSamples gives an empty demo account its sample pictures.
func uploadSamples(ctx context.Context, lib *library.Library, out io.Writer) error {
	assets, _, err := lib.List(ctx, demoAccount, catalog.AssetQuery{Limit: 1})
	if err != nil || len(assets) > 0 {
		return err
	}
	fmt.Fprintln(out, "The account demo is empty: painting and uploading sample pictures …")
	pictures, err := sample.All()
	if err != nil {
		return err
	}
	for _, p := range pictures {
		staged, err := lib.Stage(ctx, bytes.NewReader(p.Data), int64(len(p.Data)))
		if err != nil {
			return fmt.Errorf("sample %s: %w", p.File, err)
		}
		_, err = lib.Upload(ctx, library.Upload{
			Account: demoAccount, Kind: media.KindImage, Access: media.Public,
			Name: p.Name, Filename: p.File, Tags: p.Tags, Staged: staged,
		})
		if err != nil {
			return fmt.Errorf("sample %s: %w", p.File, err)
		}
	}
	return nil
}

// printDemo says how to use the demo account from here.
func printDemo(out io.Writer, a media.Account, publicURL *url.URL) {
	fmt.Fprintf(out, `
  See it:      %[1]s/
  A rendition: %[1]s/demo/image/upload/c_fill,g_auto,h_300,w_400/f_auto/samples/balloons
  For an SDK:  export CLOUDINARY_URL='%[2]s'

`, publicURL, sdkURL(demoAccount, a.Keys[0].ID, a.Keys[0].Secret, publicURL))
}
