package library

import (
	"context"
	"errors"
	"fmt"

	"tintype/internal/media"
)

// Import makes the asset that as names of what a URL names, for
// rendition.Config. An asset of that name is returned as it is. NotFound
// where the URL cannot be read, in words that hold nothing of what was found
// there; otherwise as Upload.
func (l *Library) Import(ctx context.Context, acc media.AccountID, as media.Ref, url string) (*media.Asset, error) {
	up, err := l.Upload(ctx, Upload{Account: acc, Kind: as.Kind, Access: as.Access, Name: as.Name, URL: url, remote: true})
	var source *SourceError
	if errors.As(err, &source) {
		return nil, &media.Error{Code: media.NotFound, Op: "import", Message: fmt.Sprintf("Error in loading %s - %s", url, source.Reason), Err: err}
	}
	if err != nil {
		return nil, err
	}
	return up.Asset, nil
}
