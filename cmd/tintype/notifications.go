package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tintype/internal/catalog"
	"tintype/internal/media"
	"tintype/internal/webhook"
)

// notificationsCommand lists what subscribers were told, or were not.
func notificationsCommand() *cobra.Command {
	var o notificationsOptions
	cmd := &cobra.Command{
		Use:   "notifications ACCOUNT",
		Short: "List notifications and the attempts to deliver them",
		Long: `Lists an account's notifications, the newest first: by default those that were
given up after the last attempt failed. It may run beside the server.`,
		Example: `  tintype notifications demo
  tintype notifications demo --state all --limit 20
  tintype notifications demo --again 0123456789abcdef0123456789abcdef`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return err
			}
			o.account = media.AccountID(args[0])
			return listNotifications(cmd.Context(), o, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&o.data, "data", "data", "`folder` that the server keeps everything in")
	cmd.Flags().StringVar(&o.state, "state", string(catalog.NotificationDead), "only of this `state`: dead, pending, waiting, delivered or all")
	cmd.Flags().IntVar(&o.limit, "limit", 100, "most to list, up to 1000")
	cmd.Flags().StringVar(&o.again, "again", "", "`ID` of a dead notification to deliver once more, instead of listing")
	describeVariables(cmd.Flags())
	return cmd
}

type notificationsOptions struct {
	data, state, again string
	limit              int
	account            media.AccountID
}

func (o notificationsOptions) query() (catalog.NotificationQuery, error) {
	q := catalog.NotificationQuery{Limit: o.limit}
	if o.limit < 1 || o.limit > 1000 {
		return q, fmt.Errorf("--limit %d is not between 1 and 1000", o.limit)
	}
	switch state := catalog.NotificationState(o.state); state {
	case catalog.NotificationDead, catalog.NotificationPending, catalog.NotificationWaiting, catalog.NotificationDelivered:
		q.State = state
	case "all":
	default:
		return q, fmt.Errorf("--state %q is none of dead, pending, waiting, delivered and all", o.state)
	}
	return q, nil
}

func listNotifications(ctx context.Context, o notificationsOptions, out io.Writer) error {
	q, err := o.query()
	if err != nil {
		return err
	}
	db, err := openExisting(ctx, config{data: o.data}, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer db.Close()
	if o.again != "" {
		return webhook.Again(ctx, db, o.account, o.again)
	}
	return db.View(ctx, func(tx *catalog.Tx) error {
		list, _, err := tx.Notifications(o.account, q)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, n := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", n.CreatedAt.UTC().Format(time.RFC3339), n.State, n.Name, n.Target, n.ID)
			attempts, err := tx.Attempts(o.account, n.ID)
			if err != nil {
				return err
			}
			for _, a := range attempts {
				outcome := a.Error
				if outcome == "" {
					outcome = fmt.Sprintf("status %d", a.Status)
				}
				fmt.Fprintf(w, "  %s\tattempt %d\t%s\t%s\t\n", a.At.UTC().Format(time.RFC3339), a.Number, a.Took.Round(time.Millisecond), outcome)
			}
		}
		return w.Flush()
	})
}
