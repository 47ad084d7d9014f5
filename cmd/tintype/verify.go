package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tintype/internal/library"
)

func verifyCommand() *cobra.Command {
	var c config
	var readData, remove, quiet bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare records and files, in both directions",
		Long: `Compares what the database says with the files that are there, beside a running
server or without one: every file that a record needs has to be there in its
size, and every file has to belong to a record. With --read-data all bytes are
read and their digests compared.

Each fault is named on a line of its own:

  missing     a record needs the file, and it is not there
  damaged     the file has another size or digest than the record says
  unreadable  the storage does not give the file
  foreign     no record needs the file; a crash in the middle of an upload can
              leave one behind. They do no harm but take room: --remove-foreign
              deletes them. Files younger than 24 hours are let be, because an
              upload may be about to record them.

The exit status is 1 where there is a fault.`,
		Example: `  tintype verify --data /var/lib/tintype
  tintype verify --data /var/lib/tintype --read-data
  tintype verify --data /var/lib/tintype --remove-foreign`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd); err != nil {
				return err
			}
			out := &report{out: cmd.OutOrStdout(), bar: cmd.ErrOrStderr(), live: !quiet && terminal(cmd.ErrOrStderr()), began: time.Now()}
			return verify(cmd.Context(), c, readData, remove, out)
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.data, "data", "data", "`folder` of the installation")
	f.StringVar(&c.logLevel, "log-level", "warn", "least `level` to log: debug, info, warn or error")
	f.StringVar(&c.logFormat, "log-format", "text", "`format` of the log: text or json")
	f.BoolVar(&readData, "read-data", false, "read every file and compare its digest")
	f.BoolVar(&remove, "remove-foreign", false, "delete files that no record needs")
	f.BoolVar(&quiet, "quiet", false, "show no progress")
	describeVariables(f)
	return cmd
}

// verify compares, and fails with status 1 where it finds a fault.
func verify(ctx context.Context, c config, readData, remove bool, out *report) error {
	log, err := c.logger()
	if err != nil {
		return err
	}
	db, err := openExisting(ctx, c, log)
	if err != nil {
		return err
	}
	defer db.Close()
	blobs, err := openBlobs(ctx, c.storage())
	if err != nil {
		return fmt.Errorf("the storage: %w", err)
	}
	defer blobs.Close()
	sum, err := library.Verify(ctx, library.VerifyConfig{
		Catalog: db, Blobs: blobs, ReadData: readData, Remove: remove, Found: out.found, Progress: out.progress,
	})
	out.clear()
	if err != nil {
		return err
	}
	out.sum(sum, readData)
	if !sum.OK() {
		return exitCode(1)
	}
	return nil
}

// report tells people what a verification finds and how far it is.
type report struct {
	out, bar io.Writer
	live     bool // bar is a terminal
	began    time.Time
	shown    time.Time
	width    int // of the line that stands on the terminal
}

func (r *report) found(f library.Finding) {
	r.clear()
	line := fmt.Sprintf("%-10s  %s", f.Fault, f.Key)
	if f.Of != "" {
		line += ", " + f.Of
	}
	if f.Detail != "" {
		line += ": " + f.Detail
	}
	fmt.Fprintln(r.out, line)
}

// progress writes over the line before, a few times a second.
func (r *report) progress(v library.Verified) {
	if !r.live || time.Since(r.shown) < 200*time.Millisecond {
		return
	}
	r.shown = time.Now()
	line := fmt.Sprintf("%d records, %d files", v.Records, v.Blobs)
	if v.Read > 0 {
		line += fmt.Sprintf(", %s read, %s/s", bytesText(v.Read), bytesText(int64(float64(v.Read)/time.Since(r.began).Seconds())))
	}
	fmt.Fprintf(r.bar, "\r%s%s", line, strings.Repeat(" ", max(0, r.width-len(line))))
	r.width = len(line)
}

func (r *report) clear() {
	if r.width > 0 {
		fmt.Fprintf(r.bar, "\r%s\r", strings.Repeat(" ", r.width))
		r.width = 0
	}
}

func (r *report) sum(v library.Verified, readData bool) {
	fmt.Fprintf(r.out, "%d records and %d files (%s) compared", v.Records, v.Blobs, bytesText(v.Bytes))
	if readData {
		fmt.Fprintf(r.out, ", %s read", bytesText(v.Read))
	}
	fmt.Fprintln(r.out)
	if v.Young > 0 {
		fmt.Fprintf(r.out, "%d files belong to no record yet or are waiting to be deleted\n", v.Young)
	}
	if v.Removed > 0 {
		fmt.Fprintf(r.out, "%d foreign files were deleted\n", v.Removed)
	}
	if v.OK() {
		fmt.Fprintln(r.out, "no fault was found")
		return
	}
	for _, f := range []library.Fault{library.Missing, library.Damaged, library.Unreadable, library.Foreign} {
		if n := v.Faults[f]; n > 0 {
			fmt.Fprintf(r.out, "%d %s\n", n, f)
		}
	}
}

func bytesText(n int64) string {
	const units = "KMGTPE"
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/1024, 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return fmt.Sprintf("%.1f %ciB", v, units[i])
}

// terminal reports whether a writer is a screen.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
