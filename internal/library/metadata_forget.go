package library

import (
	"context"
	"encoding/json"
	"fmt"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/schema"
	"tintype/internal/search"
)

// JobForgetField is the kind of job that ForgetField handles.
const JobForgetField = "forget-field"

// fieldJob is the arguments of JobForgetField.
type fieldJob struct {
	Account media.AccountID `json:"account"`
	Field   string          `json:"field"`
}

// ForgettingField is the job that takes the values of a deleted field away
// from all assets, to be enqueued where the field is deleted. Until it is done
// nobody is shown them, but searches find them.
func ForgettingField(acc media.AccountID, field string) catalog.Job {
	return catalog.Job{Kind: JobForgetField, Args: fieldJob{acc, field}, Queue: QueueLater}
}

// ForgetField is the handler of JobForgetField. It may run any number of times.
func (l *Library) ForgetField(ctx context.Context, args json.RawMessage) error {
	var job fieldJob
	if err := json.Unmarshal(args, &job); err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	where := search.And{search.Present{Field: "metadata." + job.Field}, Living}
	for {
		found, err := l.Search(ctx, job.Account, search.Query{Where: where, Sort: []search.Key{{Field: "id"}}, Limit: bulkStep})
		if err != nil {
			return fmt.Errorf("forget field %s: %w", job.Field, err)
		}
		if len(found.Assets) == 0 {
			return nil
		}
		refs := make([]media.Ref, len(found.Assets))
		for i, a := range found.Assets {
			refs[i] = media.Ref{ID: a.ID}
		}
		// A change of nothing leaves out what has no field.
		assets, err := l.SetMetadata(ctx, job.Account, refs, schema.Change{})
		if err != nil {
			return fmt.Errorf("forget field %s: %w", job.Field, err)
		}
		for _, a := range assets {
			if _, still := a.Metadata[job.Field]; still {
				return fmt.Errorf("forget field %s: asset %s keeps its value", job.Field, a.ID)
			}
		}
	}
}
