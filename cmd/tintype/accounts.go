package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tintype/internal/account"
	"tintype/internal/catalog"
	"tintype/internal/dialect/native"
	"tintype/internal/media"
)

// reserved are first segments of paths that lead elsewhere than to accounts.
var reserved = []string{"v1_1", "v2", "group", native.Reserved, "health", "ready"}

const beside = `It changes the records themselves, so it works beside a running server, which
sees the change within five seconds.`

// accountCommand looks after accounts.
func accountCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "account", Short: "List, add and change accounts", Long: "Looks after accounts. " + beside}
	var data, folders, strict string
	var moderators []string
	list := &cobra.Command{
		Use: "list", Short: "List accounts", Args: cobra.NoArgs,
		RunE: withCatalog(&data, false, func(ctx context.Context, db *catalog.DB, _ []string, out io.Writer) error {
			return listAccounts(ctx, db, out)
		}),
	}
	add := &cobra.Command{
		Use: "add NAME", Short: "Add an account with a first key", Args: cobra.ExactArgs(1),
		Long: "Adds an account with a first key, and prints its secret: this once and never again.",
		RunE: withCatalog(&data, true, func(ctx context.Context, db *catalog.DB, args []string, out io.Writer) error {
			return addAccount(ctx, db, media.AccountID(args[0]), out)
		}),
	}
	set := &cobra.Command{
		Use: "set NAME", Short: "Change how an account is served", Args: cobra.ExactArgs(1),
		Example: `  tintype account set shop --folders dynamic
  tintype account set shop --strict on
  tintype account set shop --moderator nudity=https://moderator.example.com/   # "nudity=" removes it`,
		RunE: withCatalog(&data, false, func(ctx context.Context, db *catalog.DB, args []string, out io.Writer) error {
			return setAccount(ctx, db, media.AccountID(args[0]), folders, strict, moderators, out)
		}),
	}
	set.Flags().StringVar(&folders, "folders", "", "fixed: parts of names; dynamic: apart from names")
	set.Flags().StringVar(&strict, "strict", "", "on: without a signature only allowed transformations are carried out; off")
	set.Flags().StringArrayVar(&moderators, "moderator", nil, "service that says what may be shown, NAME=URL; repeatable")
	return withData(cmd, &data, list, add, set)
}

// keyCommand looks after the keys of accounts.
func keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "key", Short: "List, add, disable and remove keys of accounts",
		Long: `Looks after the keys of accounts. ` + beside + `

To rotate a key: add another one, give it to everybody who has the old one,
disable the old one, and remove it when nobody has missed it.`,
	}
	var data, name string
	list := &cobra.Command{
		Use: "list ACCOUNT", Short: "List keys, without secrets", Args: cobra.ExactArgs(1),
		RunE: withCatalog(&data, false, func(ctx context.Context, db *catalog.DB, args []string, out io.Writer) error {
			return listKeys(ctx, db, media.AccountID(args[0]), out)
		}),
	}
	add := &cobra.Command{
		Use: "add ACCOUNT", Short: "Add a key and print its secret, this once", Args: cobra.ExactArgs(1),
		RunE: withCatalog(&data, false, func(ctx context.Context, db *catalog.DB, args []string, out io.Writer) error {
			return editKeys(ctx, db, media.AccountID(args[0]), func(keys []media.Key) ([]media.Key, error) {
				k, err := newKey(name)
				if err != nil {
					return nil, err
				}
				printKey(out, k)
				return append(keys, k), nil
			})
		}),
	}
	add.Flags().StringVar(&name, "name", "", "what people call the key")
	all := []*cobra.Command{list, add}
	for _, verb := range []struct {
		name, short string
		do          func(keys []media.Key, i int) []media.Key
	}{
		{"disable", "Refuse what is signed with a key", func(keys []media.Key, i int) []media.Key { keys[i].Disabled = true; return keys }},
		{"enable", "Take what is signed with a key again", func(keys []media.Key, i int) []media.Key { keys[i].Disabled = false; return keys }},
		{"remove", "Remove a key for good", func(keys []media.Key, i int) []media.Key { return slices.Delete(keys, i, i+1) }},
	} {
		all = append(all, &cobra.Command{
			Use: verb.name + " ACCOUNT KEY", Short: verb.short, Args: cobra.ExactArgs(2),
			RunE: withCatalog(&data, false, func(ctx context.Context, db *catalog.DB, args []string, _ io.Writer) error {
				return editKeys(ctx, db, media.AccountID(args[0]), func(keys []media.Key) ([]media.Key, error) {
					i := slices.IndexFunc(keys, func(k media.Key) bool { return k.ID == args[1] })
					if i < 0 {
						return nil, fmt.Errorf("the account %s has no key %s", args[0], args[1])
					}
					return verb.do(keys, i), nil
				})
			}),
		})
	}
	return withData(cmd, &data, all...)
}

// withData adds subcommands that have the folder of data as a flag.
func withData(cmd *cobra.Command, data *string, subs ...*cobra.Command) *cobra.Command {
	for _, sub := range subs {
		sub.Flags().StringVar(data, "data", "data", "folder that the server keeps everything in")
		describeVariables(sub.Flags())
	}
	cmd.AddCommand(subs...)
	return cmd
}

// withCatalog runs a command on the records; fresh makes them where there are
// none yet.
func withCatalog(data *string, fresh bool, do func(ctx context.Context, db *catalog.DB, args []string, out io.Writer) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := fromEnvironment(cmd); err != nil {
			return err
		}
		c := config{data: *data}
		if fresh {
			if err := os.MkdirAll(c.data, 0o700); err != nil {
				return err
			}
		} else if _, err := os.Stat(filepath.Join(c.data, "tintype.db")); err != nil {
			return fmt.Errorf("--data %s holds no data of a server: %w", c.data, err)
		}
		db, err := openCatalog(cmd.Context(), c.database(), slog.New(slog.DiscardHandler))
		if err != nil {
			return err
		}
		return errors.Join(do(cmd.Context(), db, args, cmd.OutOrStdout()), db.Close())
	}
}

// record finds an account in a transaction.
func record(tx *catalog.Tx, id media.AccountID) (media.Account, bool, error) {
	all, err := tx.Accounts()
	i := slices.IndexFunc(all, func(a media.Account) bool { return a.ID == id })
	if err != nil || i < 0 {
		return media.Account{}, false, err
	}
	return all[i], true, nil
}

func noAccount(id media.AccountID) error { return fmt.Errorf("there is no account %s", id) }

func listAccounts(ctx context.Context, db *catalog.DB, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	err := db.View(ctx, func(tx *catalog.Tx) error {
		all, err := tx.Accounts()
		if err != nil {
			return err
		}
		settings, err := tx.Settings()
		if err != nil {
			return err
		}
		fmt.Fprintln(w, "ACCOUNT\tKEYS\tASSETS\tFOLDERS\tSTRICT\tMADE")
		for _, rec := range all {
			var own []media.Setting
			for _, s := range settings {
				if s.Account == rec.ID {
					own = append(own, s)
				}
			}
			a, err := account.New(rec, own...)
			if err != nil {
				return err
			}
			n, err := tx.CountAssets(rec.ID)
			if err != nil {
				return err
			}
			folders, strict := "fixed", "off"
			if a.Options().DynamicFolders {
				folders = "dynamic"
			}
			if a.Options().Strict {
				strict = "on"
			}
			fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", rec.ID, len(rec.Keys), n, folders, strict, rec.CreatedAt.Format("2006-01-02"))
		}
		return nil
	})
	return errors.Join(err, w.Flush())
}

func addAccount(ctx context.Context, db *catalog.DB, id media.AccountID, out io.Writer) error {
	taken := slices.Contains(reserved, string(id)) || slices.ContainsFunc(mounts, func(m account.Mount) bool { return m.First == string(id) })
	if !media.ValidAccount(string(id)) || taken {
		return fmt.Errorf("%q cannot be an account's name: use a-z, 0-9, - and _, at most 64 characters, and no word that the server uses itself", id)
	}
	key, err := newKey("")
	if err != nil {
		return err
	}
	err = db.Update(ctx, func(tx *catalog.Tx) error {
		switch _, there, err := record(tx, id); {
		case err != nil:
			return err
		case there:
			return fmt.Errorf("there is an account %s already", id)
		}
		return tx.PutAccount(media.Account{ID: id, Keys: []media.Key{key}})
	})
	if err == nil {
		printKey(out, key)
	}
	return err
}

// setAccount changes what is given and leaves the rest.
func setAccount(ctx context.Context, db *catalog.DB, id media.AccountID, folders, strict string, moderators []string, out io.Writer) error {
	if !slices.Contains([]string{"", "fixed", "dynamic"}, folders) || !slices.Contains([]string{"", "on", "off"}, strict) {
		return errors.New("--folders is fixed or dynamic, and --strict is on or off")
	}
	if folders == "" && strict == "" && len(moderators) == 0 {
		return errors.New("nothing to set: give --folders, --strict or --moderator")
	}
	return db.Update(ctx, func(tx *catalog.Tx) error {
		if _, there, err := record(tx, id); err != nil || !there {
			return cmp.Or(err, noAccount(id))
		}
		var o account.Options
		s, err := tx.Setting(id, account.KindOptions, account.OptionsName)
		switch {
		case err == nil:
			err = json.Unmarshal(s.Body, &o)
		case media.CodeOf(err) == media.NotFound:
			err = nil
		}
		if err != nil {
			return err
		}
		if folders != "" {
			o.DynamicFolders = folders == "dynamic"
		}
		if strict != "" {
			o.Strict = strict == "on"
		}
		if err := putSetting(tx, id, account.KindOptions, account.OptionsName, o); err != nil {
			return err
		}
		for _, text := range moderators {
			if err := setModerator(tx, id, text, out); err != nil {
				return err
			}
		}
		return nil
	})
}

func putSetting(tx *catalog.Tx, id media.AccountID, kind media.SettingKind, name string, body any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return tx.PutSetting(media.Setting{Account: id, Kind: kind, Name: name, Body: raw})
}

// setModerator reads "NAME=URL", or "NAME=" to remove one.
func setModerator(tx *catalog.Tx, id media.AccountID, text string, out io.Writer) error {
	name, to, ok := strings.Cut(text, "=")
	if !ok || name == "" || name == media.Manual || strings.ContainsAny(name, "|=/ ") {
		return fmt.Errorf("--moderator takes NAME=URL, such as nudity=https://moderator.example.com/, not %q", text)
	}
	if to == "" {
		return tx.DeleteSetting(id, account.KindModerator, name)
	}
	if u, err := url.Parse(to); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("--moderator %s: %q is no http or https URL", name, to)
	}
	secret, err := newSecret()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "The moderator %s is asked with the secret %s, which is not shown again.\n", name, secret)
	return putSetting(tx, id, account.KindModerator, name, account.Moderator{URL: to, Secret: secret})
}

func listKeys(ctx context.Context, db *catalog.DB, id media.AccountID, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	err := db.View(ctx, func(tx *catalog.Tx) error {
		a, there, err := record(tx, id)
		if err != nil || !there {
			return cmp.Or(err, noAccount(id))
		}
		fmt.Fprintln(w, "KEY\tSTATE\tNAME")
		for _, k := range a.Keys {
			state := "enabled"
			if k.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", k.ID, state, k.Name)
		}
		return nil
	})
	return errors.Join(err, w.Flush())
}

// editKeys replaces an account's keys by what edit makes of them.
func editKeys(ctx context.Context, db *catalog.DB, id media.AccountID, edit func([]media.Key) ([]media.Key, error)) error {
	return db.Update(ctx, func(tx *catalog.Tx) error {
		a, there, err := record(tx, id)
		if err != nil || !there {
			return cmp.Or(err, noAccount(id))
		}
		if a.Keys, err = edit(a.Keys); err != nil {
			return err
		}
		return tx.PutAccount(a)
	})
}

// newKey makes a key of random numbers.
func newKey(name string) (media.Key, error) {
	id, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000_000))
	if err != nil {
		return media.Key{}, err
	}
	secret, err := newSecret()
	return media.Key{ID: id.Add(id, big.NewInt(100_000_000_000_000)).String(), Secret: secret, Name: name}, err
}

func newSecret() (string, error) {
	b := make([]byte, 20)
	_, err := rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b), err
}

func printKey(out io.Writer, k media.Key) {
	fmt.Fprintf(out, "key     %s\nsecret  %s\nThe secret is not shown again.\n", k.ID, k.Secret)
}
